import { KeywrightError } from '../core/model/errors.js';
import type { Home } from './open-home.js';

/** Where the web console of a running server is. */
export interface ConsoleAddress {
  /** Ends in `/console/`. */
  readonly url: string;
  /** False if the first user must be made on this machine, and the address is none that leads back to it. */
  readonly takesFirstVisit: boolean;
}

const QUESTION = 'console';

/** Tells the commands of a home, while a server runs, where its console is. */
export function tellConsole(home: Home, console: ConsoleAddress | undefined): void {
  home.answer(QUESTION, () => console ?? {});
}

/**
 * Asks the running servers of a home where their console is.
 * @throws KeywrightError `not-found` if there is none, `io` if no server answers
 */
export async function runningConsole(home: Home): Promise<ConsoleAddress> {
  const asked = await home.ask(QUESTION);
  const answers = asked.flatMap(({ answer }) => (isObject(answer) ? [answer] : []));
  const consoles = answers.flatMap(({ url, takesFirstVisit }) =>
    typeof url === 'string' ? [{ url, takesFirstVisit: takesFirstVisit === true }] : [],
  );
  const [found] = consoles.sort((one, other) => Number(other.takesFirstVisit) - Number(one.takesFirstVisit));
  if (found !== undefined) return found;
  const late = asked.find(({ answered }) => !answered);
  if (late !== undefined)
    throw new KeywrightError('io', `process ${late.pid} (keywright serve) did not answer within 2 s`);
  if (answers.length > 0)
    throw new KeywrightError('not-found', 'the running server has its console switched off', {
      hint: 'start it without --console false',
    });
  throw new KeywrightError('not-found', `no server runs on the home ${home.directory}`, {
    hint: 'start one with: keywright serve',
  });
}

/**
 * Makes a link for the first visit to a console, if there are no users.
 * @returns `link` null if it is not needed, or the console takes no first visit
 * @throws KeywrightError `io`, `store-busy`, `store-corrupt`
 */
export async function offerFirstVisit(
  { keyStore, firstVisit }: Home,
  { url, takesFirstVisit }: ConsoleAddress,
): Promise<{ readonly isNeeded: boolean; readonly link: string | null }> {
  const [user] = await keyStore.users.page({ limit: 1 });
  const isNeeded = user === undefined;
  return { isNeeded, link: isNeeded && takesFirstVisit ? await firstVisit.offer(url) : null };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
