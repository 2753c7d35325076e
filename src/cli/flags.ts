import { Args, Errors, Flags } from '@oclif/core';
import { KeywrightError } from '../core/model/errors.js';

const API_KEY_ID = "the key's id, or the id of its client if that has one key";

/** The argument that names an API key. */
export const apiKeyIdArg = () =>
  Args.string({
    required: true,
    ignoreStdin: true,
    description: API_KEY_ID,
  });

/** The same, where `--from` may stand in its place. */
export const someApiKeyIdArg = () =>
  Args.string({
    ignoreStdin: true,
    description: API_KEY_ID,
  });

/** The argument that names a user. */
export const userArg = () =>
  Args.string({ required: true, ignoreStdin: true, description: "the user's name; becomes lower-case" });

/** Makes a flag that may be given several times, with one value each. */
export const repeated = (helpValue: string, description: string) =>
  Flags.string({ helpValue, multiple: true, multipleNonGreedy: true, description });

/** The flag by which a command is given a file that names many things. */
export const fromFlag = (what: string) =>
  Flags.string({
    helpValue: 'FILE',
    description: `${what} that the lines of a file name: one id a line, or a CSV file with the column id; - reads standard input`,
  });

/** Takes the id of an API key where `--from` does not stand in its place. */
export function requiredApiKeyId(id: string | undefined): string {
  return required(id, 'id', API_KEY_ID);
}

/** @throws KeywrightError `invalid-input` if both an argument and a file name what is changed */
export function refuseBoth(from: string, argument: string | undefined): string {
  if (argument === undefined) return from;
  throw new KeywrightError('invalid-input', 'the command takes either an id or --from');
}

/** Takes the argument that a command needs unless `--from` stands in its place. @throws as oclif does where one is missing */
export function required(value: string | undefined, name: string, description: string | undefined): string {
  if (value !== undefined) return value;
  throw Object.assign(new Errors.CLIError('Missing 1 required arg'), { args: [{ name, description }] });
}
