import { run } from '@oclif/core';
import { describeFailure } from './cli/exit-code.js';

export { COMMANDS } from './commands/index.js';

/** Runs one command line. @param root the package's directory */
export async function main(root: string, argv: readonly string[]): Promise<void> {
  // Whatever is made is for its owner alone, unless its mode says otherwise.
  process.umask(0o077);
  try {
    await run([...argv], { root });
  } catch (error) {
    const failure = describeFailure(error);
    if (failure.message !== undefined) {
      const hint = failure.hint === undefined ? '' : `  ${failure.hint}\n`;
      process.stderr.write(`keywright: ${failure.message}\n${hint}`);
    }
    process.exitCode = failure.exitCode;
  }
}
