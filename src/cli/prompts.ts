import { closeSync } from 'node:fs';
import { isatty } from 'node:tty';

/** Loads the questions that a terminal can be asked. If that hangs up, they are cancelled. */
export function prompts(): Promise<typeof import('@inquirer/prompts')> {
  if (isatty(0)) endWithTerminal();
  return import('@inquirer/prompts');
}

let isWatched = false;

/** Keeps node from putting terminals back that have gone: by an error after a question, and by aborting at its end. */
function endWithTerminal(): void {
  if (isWatched) return;
  isWatched = true;
  const { stdin } = process;
  const setRawMode = stdin.setRawMode.bind(stdin);
  stdin.setRawMode = (isRaw) => (isatty(0) ? setRawMode(isRaw) : stdin);
  const terminals = [0, 1, 2].filter((handle) => isatty(handle));
  process.once('exit', () => {
    // What is closed, node passes over.
    for (const handle of terminals) if (!isatty(handle)) closeSync(handle);
  });
}
