import type { LicenceStatus } from '../core/manage/licence.js';
import type { Observer } from '../core/ports/observer.js';

/** Makes a function that checks the licence, and tells the observer if its state has changed. */
export function licenceWatch(
  licence: { status(): Promise<LicenceStatus> },
  observer: Pick<Observer, 'changed'>,
): () => Promise<void> {
  let told: string | undefined;
  return async () => {
    const { state, reason, terms, used } = await licence.status();
    if (state === 'unrestricted' || told === (reason ?? '')) return;
    told = reason ?? '';
    if (reason !== null) return observer.changed({ what: 'licence', restrictedBecause: reason });
    if (terms === null) return;
    const { deviceLimit, expiresAt } = terms;
    observer.changed({ what: 'licence', restrictedBecause: null, deviceLimit, expiresAt, used });
  };
}
