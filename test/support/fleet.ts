import { openHome } from '../../src/home/open-home.js';
import { addUser, type Workshop, workshop } from './keywright.js';

/** A home with clients `sensor-000` and so on, each with an API key. */
export async function fleet(count: number): Promise<Workshop> {
  const shop = await workshop();
  await addUser(shop, 'ann');
  await addUser(shop, 'bob');
  await addUser(shop, 'root', '--role', 'admin');
  const home = await openHome({ directory: shop.home, environment: {}, notice: () => undefined });
  // Once there are keys, it is not made any more.
  await home.hashSecret();
  await home.changes.change(null, (records) => {
    for (let index = 0; index < count; index += 1) records.put('client', sensor(index));
  });
  return shop;
}

const DAY = 86_400_000;
// Earlier than whatever a test makes beside them.
const NOW = Date.now() - 60_000;

/** The client of that number: of ann where it is odd, with a key that ends in 10 days; every fifth key is revoked. */
export function sensor(index: number) {
  const id = `sensor-${`${index}`.padStart(3, '0')}`;
  const key = {
    ...{ kind: 'api-key' as const, id: `${index}`.padStart(6, '0'), hash: `${index}`.padStart(64, '0') },
    ...{ prefix: 'kw_live_', hint: 'kw_live_abc…', label: `line ${index % 3}`, scopes: ['ingest'] },
    ...{ createdAt: NOW, expiresAt: NOW + (index % 2 ? 10 : 100) * DAY, lifetimeMs: null },
    ...{ revokedAt: index % 5 === 4 ? NOW : null, suspendedAt: null },
  };
  return {
    ...{ id, revision: 0, label: `line ${index % 3}`, owner: index % 2 ? 'ann' : null, domain: null },
    ...{ scopes: ['ingest'], notBefore: NOW, notAfter: NOW + 1000 * DAY, revokedAt: null, suspendedAt: null },
    ...{ createdAt: NOW, updatedAt: Date.now() + 1000, deletedAt: null, credentials: [key] },
  };
}
