import { types } from 'node:util';
import { KeywrightError } from '../core/model/errors.js';
import { checkTime, NEVER, type Timestamp } from '../core/model/time.js';

/** Reads one value that a program gave. @throws KeywrightError `invalid-input` */
export type Reader<T> = (value: unknown) => T;

type Readers = Readonly<Record<string, Reader<unknown>>>;

/** The members that were given, as they were read. */
type Given<Read extends Readers> = {
  readonly [Name in keyof Read]: ReturnType<Read[Name]> | undefined;
};

/**
 * Reads an object of a program, each member once. A member that is undefined counts as left out.
 * @throws KeywrightError `invalid-input` that names the member if there is no such one, or its value has another form
 */
export function readObject<Read extends Readers>(value: unknown, what: string, readers: Read): Given<Read> {
  const members = within(what, () => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong('is not an object');
    const unknown = Object.keys(value).find((name) => !Object.hasOwn(readers, name));
    if (unknown !== undefined) throw wrong(`has no field ${JSON.stringify(unknown.slice(0, 80))}`);
    return value as Readonly<Record<string, unknown>>;
  });
  const read = Object.entries(readers).map(([name, reader]) => [
    name,
    within(`the field "${name}"`, () => {
      const given = members[name];
      return given === undefined ? undefined : reader(given);
    }),
  ]);
  return Object.fromEntries(read);
}

/** Reads a value that must be given. */
export function readOne<T>(value: unknown, name: string, reader: Reader<T>): T {
  return within(`the field "${name}"`, () => {
    if (value === undefined) throw wrong('is missing');
    return reader(value);
  });
}

/** Reads a text, whose form somebody else checks. */
export const text: Reader<string> = (value) => {
  if (typeof value !== 'string') throw wrong('is not a text');
  return value;
};

/** Reads a number, whose range somebody else checks. */
export const number: Reader<number> = (value) => {
  if (typeof value !== 'number') throw wrong('is not a number');
  return value;
};

/** Reads a text in one of our forms. */
export function textOf<T>(parse: (text: string) => T): Reader<T> {
  return (value) => parse(text(value));
}

export const texts: Reader<string[]> = (value) => {
  if (!Array.isArray(value)) throw wrong('is not a list of texts');
  return Array.from(value, text);
};

/** Reads a moment. */
export const moment: Reader<Timestamp> = (value) => {
  // A Date of another realm is one, too.
  if (!types.isDate(value)) throw wrong('is not a Date');
  return checkTime(Date.prototype.getTime.call(value));
};

/** Reads an end; null for never. */
export const end: Reader<Timestamp> = (value) => (value === null ? NEVER : moment(value));

/** Reads the variables of a process. */
export const variables: Reader<Readonly<Record<string, string | undefined>>> = (value) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong('is not an object');
  for (const [name, each] of Object.entries(value))
    if (typeof each !== 'string' && each !== undefined) throw wrong(`has no text for ${name.slice(0, 80)}`);
  return value as Readonly<Record<string, string | undefined>>;
};

/** Names a field in what is wrong with its value. Whatever else fails while a value is looked at is wrong, too. */
function within<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw named(what, error);
  }
}

/** Names a field in what is found wrong with its value later. */
export async function naming<T>(name: string, work: Promise<T>): Promise<T> {
  return work.catch((error) => {
    const isInput = error instanceof KeywrightError && error.code === 'invalid-input';
    throw isInput ? named(`the field "${name}"`, error) : error;
  });
}

class Wrong extends Error {}

function wrong(how: string): Wrong {
  return new Wrong(how);
}

function named(what: string, error: unknown): KeywrightError {
  if (error instanceof KeywrightError) {
    const { hint } = error;
    return new KeywrightError('invalid-input', `${what}: ${error.message}`, {
      ...(hint !== undefined && { hint }),
      cause: error,
    });
  }
  const how = error instanceof Wrong ? error.message : 'cannot be read';
  return new KeywrightError('invalid-input', `${what} ${how}`, { cause: error });
}
