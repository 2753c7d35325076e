import { Config } from '@oclif/core';

/** A command, as far as it is started here. */
interface Startable {
  readonly args: object;
  id: string;
}

/**
 * Reads a command line that names a command by its own words and needs nothing of oclif but its parser; undefined for all
 * others: help, the version, aliases, topics, and words that are no command.
 */
export function plainLine<Command extends Startable>(
  argv: readonly string[],
  commands: Readonly<Record<string, Command>>,
): { readonly command: Command; readonly argv: string[] } | undefined {
  const end = argv.indexOf('--');
  const beforeEnd = end < 0 ? argv : argv.slice(0, end);
  if (beforeEnd.includes('--help') || beforeEnd.includes('-h')) return undefined;
  const firstFlag = argv.findIndex((word) => word.startsWith('-'));
  const words = firstFlag < 0 ? argv : argv.slice(0, firstFlag);
  for (let count = words.length; count > 0; count -= 1) {
    const id = words.slice(0, count).join(':');
    const command = Object.hasOwn(commands, id) ? commands[id] : undefined;
    if (command === undefined) continue;
    // A word too many is a part of the command's name for oclif, and no command has that name. A colon it reads otherwise.
    const isWhole = count === words.length || Object.keys(command.args).length > 0;
    if (!isWhole || words[0]?.includes(':')) return undefined;
    command.id = id;
    return { command, argv: argv.slice(count) };
  }
  return undefined;
}

/**
 * oclif's view of this program, without a search for it: there are no plugins, no hooks and no theme. Half of a command's
 * start would go into finding that out.
 */
export class BareConfig extends Config {
  /** @param root the package's directory */
  constructor(root: string) {
    super({ root });
    this.root = root;
    this.name = this.bin = this.dirname = 'keywright';
    this.version = KEYWRIGHT_VERSION;
    this.userAgent = `keywright/${KEYWRIGHT_VERSION}`;
  }

  // oclif's updater would leave a variable for its child.
  override scopedEnvVarKeys() {
    return [];
  }

  override async runHook() {
    return { successes: [], failures: [] };
  }
}

/** The program's version, which the build puts in. */
declare const KEYWRIGHT_VERSION: string;
