import { Args } from '@oclif/core';

/** An API key, as it is named on the command line. */
export const apiKeyIdArg = () =>
  Args.string({
    required: true,
    ignoreStdin: true,
    description: 'the key’s id, or its client’s where that has one key',
  });
