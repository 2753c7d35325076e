import { Command, type Config, Flags } from '@oclif/core';
import { type Home, openHome } from '../home/open-home.js';
import { homeDirectory } from '../settings/home-directory.js';
import type { GivenValues } from '../settings/sources.js';

/** The base of all commands: `--home`, `--json`, one way to open the home and one way to fail. */
export abstract class BaseCommand extends Command {
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
