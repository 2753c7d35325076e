import type { LicenceStatus } from '../core/manage/licence.js';
import { formatTime } from '../core/model/time.js';

interface Watched {
  status(): Promise<LicenceStatus>;
}

interface Log {
  info(text: string): void;
  warn(text: string): void;
}

/** What looks at the licence, and says how it is where that has changed. */
export function licenceWatch(licence: Watched, log: Log): () => Promise<void> {
  let said: string | undefined;
  return async () => {
    const { state, reason, terms, used } = await licence.status();
    if (state === 'unrestricted' || said === (reason ?? '')) return;
    said = reason ?? '';
    if (reason !== null) log.warn(`restricted: no new client is registered: ${reason}`);
    else if (terms !== null) {
      const { deviceLimit, expiresAt } = terms;
      const limit = deviceLimit === null ? 'any number of clients' : `${deviceLimit} client(s)`;
      log.info(`the licence is for ${limit} until ${formatTime(expiresAt)}; ${used} registered`);
    }
  };
}
