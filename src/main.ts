import { run, settings } from '@oclif/core';
import { commandLine } from './cli/command-line.js';
import { describeFailure, failureText } from './cli/exit-code.js';
import { BareConfig, plainLine } from './cli/quick-start.js';
import { COMMANDS } from './commands/index.js';

export { COMMANDS };

/** What oclif asks for as it writes help. */
export let Help: typeof import('./cli/help.js').Help;

/** Runs one command line. @param root the package's directory */
export async function main(root: string, argv: readonly string[]): Promise<void> {
  // Whatever is made is for its owner alone, unless its mode says otherwise.
  process.umask(0o077);
  const asJson = wantsJson(argv);
  endQuietlyOnBrokenOutput(asJson);
  // Under NODE_ENV=test or development oclif would load typescript, 9 MB, at every start, and warn where there is none.
  settings.enableAutoTranspile = false;
  const line = commandLine(argv);
  try {
    const plain = plainLine(line, COMMANDS);
    await (plain ? plain.command.start(plain.argv, new BareConfig(root)) : runByOclif(line, root));
  } catch (error) {
    report(describeFailure(error, line, COMMANDS), asJson);
  }
}

async function runByOclif(line: string[], root: string): Promise<void> {
  ({ Help } = await import('./cli/help.js'));
  await run(line, { root });
}

// What follows `--` is no flag, as oclif reads it too.
function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return (end === -1 ? argv : argv.slice(0, end)).includes('--json');
}

function report(failure: ReturnType<typeof describeFailure>, asJson: boolean): void {
  process.exitCode = failure.exitCode;
  if (failure.message !== undefined) process.stderr.write(failureText(failure, asJson));
}

// oclif's own listener throws, which would print the bundle around it.
function endQuietlyOnBrokenOutput(asJson: boolean): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.removeAllListeners('error');
    stream.on('error', (error: Error & { code?: string }) => {
      // The reader has enough (| head): that is no failure.
      if (error.code === 'EPIPE') process.exit();
      const failure = {
        code: 'io',
        message: `cannot write the output: ${error.message}`,
        hint: undefined,
      } as const;
      if (stream === process.stdout) process.stderr.write(failureText(failure, asJson));
      process.exit(process.exitCode || 1);
    });
  }
}
