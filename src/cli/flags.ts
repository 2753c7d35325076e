import { Args, Errors, Flags } from '@oclif/core';

/** The argument that names an API key. */
export const apiKeyIdArg = () =>
  Args.string({
    required: true,
    ignoreStdin: true,
    description: "the key's id, or the id of its client if that has one key",
  });

/** The argument that names a user. */
export const userArg = () =>
  Args.string({ required: true, ignoreStdin: true, description: "the user's name; becomes lower-case" });

/** Makes a flag that may be given several times, with one value each. */
export const repeated = (helpValue: string, description: string) =>
  Flags.string({ helpValue, multiple: true, multipleNonGreedy: true, description });

/** Takes the argument that a command needs unless `--from` stands in its place. @throws as oclif does where one is missing */
export function required(value: string | undefined, name: string, description: string | undefined): string {
  if (value !== undefined) return value;
  throw Object.assign(new Errors.CLIError('Missing 1 required arg'), { args: [{ name, description }] });
}
