import { run, settings } from '@oclif/core';
import { describeFailure } from './cli/exit-code.js';

export { COMMANDS } from './commands/index.js';

/** Runs one command line. @param root the package's directory */
export async function main(root: string, argv: readonly string[]): Promise<void> {
  // Whatever is made is for its owner alone, unless its mode says otherwise.
  process.umask(0o077);
  endQuietlyOnBrokenOutput();
  // Under NODE_ENV=test or development oclif would load typescript, 9 MB, at every start, and warn where there is none.
  settings.enableAutoTranspile = false;
  const [first, ...rest] = argv;
  try {
    await run(first === 'help' ? [...rest, '--help'] : [...argv], { root });
  } catch (error) {
    report(describeFailure(error), { asJson: argv.includes('--json') });
  }
}

function report(failure: ReturnType<typeof describeFailure>, { asJson }: { readonly asJson: boolean }): void {
  process.exitCode = failure.exitCode;
  if (failure.message === undefined) return;
  const { code, message, hint } = failure;
  if (asJson) {
    process.stdout.write(
      `${JSON.stringify({ error: { code, message, ...(hint !== undefined && { hint }) } }, null, 2)}\n`,
    );
    return;
  }
  process.stderr.write(`keywright: ${message}\n${hint === undefined ? '' : `  ${hint}\n`}`);
}

// oclif's own listener throws, which would print the bundle around it.
function endQuietlyOnBrokenOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.removeAllListeners('error');
    stream.on('error', (error: Error & { code?: string }) => {
      // The reader has enough (| head): that is no failure.
      if (error.code === 'EPIPE') process.exit();
      if (stream === process.stdout)
        process.stderr.write(`keywright: cannot write the output: ${error.message}\n`);
      process.exit(process.exitCode || 1);
    });
  }
}
