import { run } from '@oclif/core';
import { describeFailure } from './cli/exit-code.js';

export { COMMANDS } from './commands/index.js';

/** Runs one command line. @param root the package's directory */
export async function main(root: string, argv: readonly string[]): Promise<void> {
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
