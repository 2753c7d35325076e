import { KeywrightError } from '../core/model/errors.js';
import type { Home } from '../home/open-home.js';
import type { BaseCommand } from './base-command.js';
import type { FileToChange } from './change-from-file.js';
import { confirmed } from './confirm.js';
import { refuseBoth } from './flags.js';

interface ManyToChange extends FileToChange {
  /** The argument that names one thing, which must not be there. */
  readonly given: string | undefined;
  /** What is asked before; undefined for nothing. */
  readonly question?: string | undefined;
}

/**
 * Changes what a file names, in place of the one thing that an argument names. The command ends with 1 if a line failed.
 * @throws KeywrightError `invalid-input` if both are there; `cancelled`
 */
export async function changeMany(
  command: BaseCommand,
  home: Home,
  { given, question, ...file }: ManyToChange,
): Promise<undefined> {
  refuseBoth(file.from, given);
  // Standard input that names the things cannot answer, too.
  if (question !== undefined && file.from !== '-' && !(await confirmed(question)))
    throw new KeywrightError('cancelled', `no ${file.thing} was ${file.done}`);
  const { changeFromFile } = await import('./change-from-file.js');
  if (!(await changeFromFile(command, home, file))) command.exit(1);
}
