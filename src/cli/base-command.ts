import { Command, Flags } from '@oclif/core';
import { type Home, openHome } from '../home/open-home.js';
import { homeDirectory } from '../settings/home-directory.js';
import type { GivenValues } from '../settings/sources.js';

/** What all commands share: `--home`, `--json`, one way to open the home and one way to fail. */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true;

  static override baseFlags = {
    home: Flags.string({
      helpGroup: 'GLOBAL',
      helpValue: 'DIR',
      description:
        'directory of the keystore and the CA [default: the XDG data directory; env: KEYWRIGHT_HOME]',
    }),
  };

  /** @param flags settings that were given on the command line */
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

  /** Says something beside the result: on stderr, so that stdout stays data. */
  notice(text: string): void {
    process.stderr.write(`keywright: ${text}\n`);
  }

  // main.ts reports every failure, of commands and before them, in one way; oclif's own would print JSON of its own shape.
  protected override async catch(error: Error): Promise<void> {
    throw error;
  }
}
