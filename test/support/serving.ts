import { hash } from '@node-rs/argon2';
import { pino } from 'pino';
import { management } from '../../src/cli/services.js';
import { addUser, type UserDetails } from '../../src/core/manage/users.js';
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

interface NewUser extends Omit<UserDetails, 'scopes'> {
  readonly home: string;
  readonly environment: GivenValues;
  readonly id: string;
  readonly password: string;
  readonly scopes: readonly string[] | undefined;
}

// As few and as small as argon2 takes: what makes passwords safe is most of what users cost.
const QUICK = { memoryCost: 8, timeCost: 1, parallelism: 1 };

/** Does what `keywright user add` does, with a password that is quick to check: a hash says how it was made. */
export async function addQuickUser({ home: directory, environment, id, password, ...user }: NewUser) {
  const home = await openHome({ directory, environment, notice: () => undefined });
  const services = management(home);
  const passwords = { ...services.passwords, hash: (password: string) => hash(password, QUICK) };
  const scopes = user.scopes && (await home.parseScopes(user.scopes));
  await addUser({ ...services, passwords }, { ...user, id, password, scopes });
}
