import { Flags } from '@oclif/core';
import { checkPassword, LEAST_PASSWORD } from '../core/manage/users.js';
import { KeywrightError } from '../core/model/errors.js';
import { checkedBy } from './checked.js';
import { readInput } from './input.js';
import { prompts } from './prompts.js';

/** The flags for a password's source. There is no flag for the password itself. */
export const PASSWORD_FLAGS = {
  'password-stdin': Flags.boolean({
    exclusive: ['password-file'],
    description: 'read the password from standard input',
  }),
  'password-file': Flags.string({ helpValue: 'FILE', description: 'read the password from a file' }),
};

interface PasswordSource {
  readonly 'password-stdin': boolean;
  readonly 'password-file'?: string | undefined;
}

/** What a new password must be like. */
interface PasswordRule {
  /** The least number of characters. */
  readonly least: number;
  /** @throws KeywrightError `invalid-input` */
  check(password: string): unknown;
}

const OF_A_USER: PasswordRule = { least: LEAST_PASSWORD, check: checkPassword };

/**
 * Reads a new password from the source in the flags, or asks for it on a terminal until it is as it must be and typed twice
 * alike.
 * @throws KeywrightError `invalid-input` if there is neither
 */
export async function newPassword(
  flags: PasswordSource,
  { least, check }: PasswordRule = OF_A_USER,
): Promise<string> {
  const source = flags['password-stdin'] ? '-' : flags['password-file'];
  // An editor or echo adds a line end, which is no part of the password.
  if (source !== undefined) return oneLine((await readInput(source)).toString().replace(/\r?\n$/, ''));
  if (!process.stdin.isTTY) {
    throw new KeywrightError('invalid-input', 'there is no terminal to ask for a password on', {
      hint: 'use --password-stdin or --password-file FILE',
    });
  }
  const { password } = await prompts();
  const context = { output: process.stderr };
  const message = `Password (${least} characters or more):`;
  for (;;) {
    const first = await password({ message, mask: true, validate: checkedBy(check) }, context);
    const again = await password({ message: 'The same again:', mask: true }, context);
    if (first === again) return first;
    process.stderr.write('keywright: the two passwords differ; type both again\n');
  }
}

function oneLine(text: string): string {
  if (/[\r\n]/.test(text)) throw new KeywrightError('invalid-input', 'the password has more than one line');
  return text;
}
