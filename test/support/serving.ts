import { pino } from 'pino';
import { openHome } from '../../src/home/open-home.js';
import { type RunningServer, startServer } from '../../src/server/start-server.js';
import { type GivenValues, serveSettings } from '../../src/settings/read.js';

interface Serving {
  readonly home: string;
  /** By name, without dashes in front. */
  readonly flags: GivenValues;
  readonly environment: GivenValues;
  /** Gets what `serve` would write to standard error. */
  readonly write: (text: string) => void;
}

/** What `keywright serve --log json` does, in this process and without its signals. */
export async function startServing({
  home: directory,
  flags,
  environment,
  write,
}: Serving): Promise<RunningServer> {
  const settings = await serveSettings({ flags, environment, home: directory });
  const home = await openHome({ directory, environment, notice: (text) => write(`keywright: ${text}\n`) });
  const log = pino(
    { level: settings.logLevel, base: null, formatters: { level: (label) => ({ level: label }) } },
    { write },
  );
  return startServer(home, settings, log);
}
