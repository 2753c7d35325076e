import { Args, Flags } from '@oclif/core';

/** An API key, as it is named on the command line. */
export const apiKeyIdArg = () =>
  Args.string({
    required: true,
    ignoreStdin: true,
    description: 'the key’s id, or its client’s where that has one key',
  });

/** A user, as it is named on the command line. */
export const userArg = () =>
  Args.string({ required: true, ignoreStdin: true, description: 'the user’s name; becomes lower-case' });

/** A flag that may be given several times, each time with one value. */
export const repeated = (helpValue: string, description: string) =>
  Flags.string({ helpValue, multiple: true, multipleNonGreedy: true, description });
