import { Command, type Config, Flags } from '@oclif/core';
import type { KeywrightError } from '../core/model/errors.js';
import { type Home, openHome } from '../home/open-home.js';
import { homeDirectory } from '../settings/home-directory.js';
import type { GivenValues } from '../settings/sources.js';
import { failureOf, failureText } from './exit-code.js';

/** The base of all commands: `--home`, `--json`, one way to open the home and one way to fail. */
export abstract class BaseCommand extends Command {
  readonly #failed = new Set<string>();
  static override enableJsonFlag = true;

  static override baseFlags = {
    json: Flags.boolean({
      helpGroup: 'GLOBAL',
      description: 'print the result, or the error, as JSON',
    }),
    home: Flags.string({
      helpGroup: 'GLOBAL',
      helpValue: 'DIR',
      description:
        'where the keystore and the CA are [default: keywright in the XDG data directory; env: KEYWRIGHT_HOME]',
    }),
  };

  /** Runs the command without oclif's search for it. */
  static start(this: new (argv: string[], config: Config) => BaseCommand, argv: string[], config: Config) {
    return new this(argv, config)._run();
  }

  /** @param flags the settings from the command line */
  protected openHome(home: string | undefined, flags: GivenValues = {}): Promise<Home> {
    return openHome({
      flags,
      directory: this.homeDirectory(home),
      notice: (text) => this.notice(text),
      environment: process.env,
    });
  }

  protected homeDirectory(home: string | undefined): string {
    return homeDirectory(home, process.env);
  }

  /** Prints a message on stderr, so that stdout holds only data. */
  notice(text: string): void {
    process.stderr.write(`keywright: ${text}\n`);
  }

  /** Says once that a part of what was asked for failed. The command goes on with the rest, and fails. */
  readonly failed = (error: KeywrightError): void => {
    const failure = failureOf(error);
    if (!this.#failed.has(failure.message)) process.stderr.write(failureText(failure, this.jsonEnabled()));
    this.#failed.add(failure.message);
    process.exitCode = failure.exitCode;
  };

  /** Says what was done, and what to do, if the output cannot be written: the exit code alone would tell of a failure. */
  stands(text: string): void {
    process.stdout.prependOnceListener('error', (error: Error & { code?: string }) => {
      if (error.code !== 'EPIPE') this.notice(text);
    });
  }

  // main.ts reports every failure in one way. oclif's own report would print JSON of another form.
  protected override async catch(error: Error): Promise<void> {
    throw error;
  }
}
