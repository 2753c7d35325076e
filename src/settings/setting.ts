import { KeywrightError } from '../core/model/errors.js';
import { Expected, type Kind } from './kind.js';

/** The texts that one source gives for a setting. */
interface Given {
  /** The source's name in error messages: `--http`, `KEYWRIGHT_HTTP` or `http in …/keywright.yaml`. */
  readonly source: string;
  /** The same for people who do not see paths: `--http`, `KEYWRIGHT_HTTP` or `keywright.yaml`; left out for a default. */
  readonly from?: string;
  readonly texts: readonly string[];
}

interface Described {
  readonly description: string;
  /** The text for a setting that no source gives. */
  readonly default?: string;
  /** Describes a setting that no source gives and that has no default text. */
  readonly otherwise?: string;
  /** `file` keeps a setting out of the command line, `environment` also out of the file. */
  readonly only?: 'file' | 'environment';
  /** True if nobody is shown its value: a secret, or where one lies. */
  readonly isHidden?: boolean;
}

export interface Setting<Value> extends Described {
  /** The word for its value in help texts. */
  readonly takes: string;
  readonly isList: boolean;
  /** Reads the value. @throws KeywrightError `invalid-input` that names the source */
  read(given: Given | undefined): Value;
}

/** Settings by name. Their flags and their keys in `keywright.yaml` have the same names. */
type Table = Readonly<Record<string, Setting<unknown>>>;

/** The values of a table's settings, by their names in camel case. */
export type ValuesOf<T extends Table> = {
  readonly [Name in keyof T & string as CamelCase<Name>]: T[Name] extends Setting<infer Value>
    ? Value
    : never;
};

type CamelCase<Name extends string> = Name extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name;

/** Finds the texts for a setting, in the first source that has it. */
export type Find = (name: string, setting: Setting<unknown>) => Given | undefined;

/** Reads all settings of a table. @throws KeywrightError `invalid-input` that names the source of a bad value */
export function readTable<T extends Table>(table: T, find: Find): ValuesOf<T> {
  const camelCase = (name: string) => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  const values = Object.entries(table).map(([name, each]) => [camelCase(name), each.read(find(name, each))]);
  // The table's own entry reads each value, so the types fit.
  return Object.fromEntries(values) as ValuesOf<T>;
}

/** Names the variable of a setting. A secret's name is already its variable. */
export function variableOf(name: string, { only }: Pick<Described, 'only'>): string {
  return only === 'environment' ? name : `KEYWRIGHT_${name.replaceAll('-', '_').toUpperCase()}`;
}

type Entry<Value> = Described & { readonly kind: Kind<Value> };

/** Makes a setting that always has one value. */
export function one<Value>({
  kind,
  ...described
}: Entry<Value> & { readonly default: string }): Setting<Value> {
  const read = (given: Given | undefined) => {
    for (const value of atMostOne(given, kind)) return value;
    throw takesOneValue(given);
  };
  return { ...described, takes: kind.takes, isList: false, read };
}

/** Makes a setting that has one value, or none. */
export function optional<Value>({ kind, ...described }: Entry<Value>): Setting<Value | undefined> {
  return { ...described, takes: kind.takes, isList: false, read: (given) => atMostOne(given, kind)[0] };
}

/** Makes a setting that has any number of values. */
export function list<Value>({ kind, ...described }: Entry<Value>): Setting<Value[]> {
  return { ...described, takes: kind.takes, isList: true, read: (given) => readAll(given, kind) };
}

function atMostOne<Value>(given: Given | undefined, kind: Kind<Value>): Value[] {
  if (given && given.texts.length > 1) throw takesOneValue(given);
  return readAll(given, kind);
}

function readAll<Value>(given: Given | undefined, { read }: Kind<Value>): Value[] {
  const { source = '', texts = [] } = given ?? {};
  return texts.map((text) => {
    try {
      return read(text);
    } catch (error) {
      if (!(error instanceof Expected)) throw error;
      throw new KeywrightError('invalid-input', `${source}: ${JSON.stringify(text)} is not ${error.message}`);
    }
  });
}

function takesOneValue(given: Given | undefined): KeywrightError {
  return new KeywrightError('invalid-input', `${given?.source ?? 'a setting'} takes one value`);
}
