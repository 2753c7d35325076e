import { pino } from 'pino';
import { openHome } from '../../src/home/open-home.js';
import { type RunningServer, startServer } from '../../src/server/start-server.js';
import type { GivenValues } from '../../src/settings/sources.js';

interface Serving {
  readonly home: string;
  /** By their names, without dashes in front. */
  readonly flags: GivenValues;
  readonly environment: GivenValues;
  /** Gets what `serve` would write to standard error. */
  readonly write: (text: string) => void;
  /** The files of the web console. */
  readonly consoleDirectory: string;
}

/** Does what `keywright serve --log json` does, in this process and without its signals. */
export async function startServing({
  home: directory,
  flags,
  environment,
  write,
  consoleDirectory,
}: Serving): Promise<RunningServer> {
  const notice = (text: string) => write(`keywright: ${text}\n`);
  const home = await openHome({ directory, flags, environment, notice });
  const { logLevel: level } = await home.serveSettings();
  const formatters = { level: (label: string) => ({ level: label }) };
  const log = pino({ level, base: null, formatters }, { write });
  return startServer(home, log, consoleDirectory);
}
