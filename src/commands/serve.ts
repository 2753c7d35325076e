import { Flags, type Interfaces } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { isJournalled } from '../cli/journal.js';
import { openLog } from '../cli/log.js';
import type { Home } from '../home/open-home.js';
import { type ConsoleAddress, offerFirstVisit } from '../home/running-console.js';
import type { Log } from '../server/log.js';
import type { Setting } from '../settings/setting.js';
import { SETTINGS } from '../settings/table.js';

export default class Serve extends BaseCommand {
  static override summary = 'Start the HTTP and MQTT verifier.';
  static override description =
    `Every request and every connection must present a credential of a registered client. What another command changes in the
same home holds here by the time that command returns. Each flag can also be a variable (KEYWRIGHT_HTTP for --http) or stand in
keywright.yaml in the home (http: …). The server ends on SIGTERM or SIGINT.`;
  static override examples = [
    '<%= config.bin %> serve',
    '<%= config.bin %> serve --http https://127.0.0.1:5654 --mqtt mqtts://127.0.0.1:5653 --server-name gw.example.com',
    '<%= config.bin %> serve --http tcp://127.0.0.1:0 --mqtt tcp://127.0.0.1:0 --json',
  ];

  static override flags: Interfaces.FlagInput = Object.fromEntries(
    Object.entries(SETTINGS)
      .filter(([, { only }]) => only === undefined)
      .map(([name, setting]) => [name, flagOf(setting)]),
  );

  async run() {
    const { flags } = await this.parse(Serve);
    const { home: directory, json: _, ...given } = flags;
    const home = await this.openHome(directory, given);
    const log = openLog(await home.serveSettings());
    const stopped = signalled();
    const { startServer } = await import('../server/start-server.js');
    const server = await startServer(home, log);
    const { http, mqtt, console } = server;
    const firstVisit = console === undefined ? null : await linkOf(home, console, log);
    // Scripts that let the system choose the ports read them here. The log is for people.
    if (this.jsonEnabled())
      process.stdout.write(`${JSON.stringify({ http, mqtt, console: console?.url ?? null, firstVisit })}\n`);
    else if (firstVisit !== null) say(`first visit: ${firstVisit}`);
    log.info(`stopping on ${await stopped}`);
    await server.close();
  }
}

function flagOf({ takes, description, isList, default: preset, otherwise }: Setting<unknown>) {
  const absent = preset ?? otherwise;
  const repeated = isList ? '; may be repeated' : '';
  const help = `${description}${repeated}${absent === undefined ? '' : ` [default: ${absent}]`}`;
  const flag = { helpValue: takes, description: help };
  if (!isList) return Flags.string(flag);
  return Flags.string({ ...flag, multiple: true, multipleNonGreedy: true, delimiter: ',' });
}

/** Makes the link for the first visit; null if there are users, or if what is printed here is kept for long. */
async function linkOf(home: Home, console: ConsoleAddress, log: Log): Promise<string | null> {
  const takesFirstVisit = console.takesFirstVisit && !isJournalled(process.env);
  try {
    const { isNeeded, link } = await offerFirstVisit(home, { ...console, takesFirstVisit });
    const by = console.takesFirstVisit
      ? 'the link that keywright console prints'
      : 'keywright user add NAME --role admin';
    if (isNeeded) log.info(`there are no users yet: make the first one by ${by}`);
    return link;
  } catch (error) {
    log.warn(`no link for the first visit: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  }
}

/** Prints a line that the server does without where nobody reads it. */
function say(text: string): void {
  process.stdout.removeAllListeners('error').on('error', () => undefined);
  process.stdout.write(`${text}\n`);
}

function signalled(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
}
