import { homeEnds } from '../core/manage/ends.js';
import { formatTime, type Timestamp } from '../core/model/time.js';
import type { Unreadable } from '../core/ports/key-store.js';
import type { Home } from '../home/open-home.js';

/** Says which of the home's own ends come until a time, or have come already: the CA's, the server certificate's, … */
export async function homeEndsBy(
  { keyStore, existingAuthority, clock }: Home,
  { until, unreadable }: { readonly until: Timestamp; readonly unreadable: Unreadable },
): Promise<string[]> {
  // A list of clients is no place to fail for the CA.
  const authority = await existingAuthority().catch(() => undefined);
  const records = {
    certificate: await keyStore.certificates.page({ unreadable }),
    'signing-keys': await keyStore.signingKeys.page({ unreadable }),
  };
  const now = clock.now();
  return homeEnds(authority, records)
    .filter(({ at }) => at <= until)
    .map(({ what, at }) => `${what} ${at > now ? 'ends' : 'ended'} at ${formatTime(at)}`);
}
