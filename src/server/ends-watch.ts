import { setImmediate } from 'node:timers/promises';
import { endsUntil, FIRST_MARK_MS, type ToldEnds, untold } from '../core/manage/ends.js';
import type { CertificateAuthority } from '../core/ports/certificate-authority.js';
import type { Clock } from '../core/ports/clock.js';
import type { Observer } from '../core/ports/observer.js';
import type { LiveRegistry } from '../core/verify/live-registry.js';

export interface EndsWatchOptions {
  readonly registry: Pick<LiveRegistry, 'all'>;
  readonly authority: Pick<CertificateAuthority, 'notAfter'>;
  readonly clock: Clock;
  readonly observer: Pick<Observer, 'changed'>;
  /** Changes the record of which ends were told of, while no other server does. */
  readonly changeTold: (change: (told: ToldEnds) => ToldEnds) => Promise<void>;
}

/** Makes a function that tells the observer what ends soon: 30, 7 and 1 days before, once each. */
export function endsWatch({ registry, authority, clock, observer, changeTold }: EndsWatchOptions) {
  return async (): Promise<void> => {
    const now = clock.now();
    const records = {
      client: [...registry.all('client')],
      certificate: [...registry.all('certificate')],
      'signing-keys': [...registry.all('signing-keys')],
      user: [...registry.all('user')],
    };
    const ends = await endsUntil(now + FIRST_MARK_MS, { authority, records, now }, () => setImmediate());
    if (ends.length === 0) return;
    await changeTold((before) => {
      const { due, told } = untold(ends, { told: before, now });
      for (const { what: name, at, isReplaced } of due)
        observer.changed({ what: 'ending', name, at, isReplaced });
      return told;
    });
  };
}
