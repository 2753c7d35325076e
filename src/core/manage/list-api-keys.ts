import { apiKeysOf, type Client } from '../model/client.js';
import { CREDENTIAL_STATES, isReplaced, stateOf, termsOf } from '../model/terms.js';
import { type Moment, NEVER, type Timestamp } from '../model/time.js';
import type { PlaceInOrder } from '../ports/key-store.js';
import { isTheirs } from './actor.js';
import { apiKeyId } from './api-keys.js';
import type { HeldApiKey } from './held-api-key.js';
import { allLastUses, NO_USES } from './last-uses.js';
import type { SortKey } from './list-sort.js';
import {
  inOrderOfTime,
  isListed,
  type ListRequest,
  type Page,
  pageOf,
  parseListRequest,
  type Reading,
} from './lists.js';
import { type Looking, momentOf } from './management.js';
import { readOwners } from './owners.js';

/**
 * Lists the API keys that the actor may see, in the order of their ids unless another one is asked for.
 * @throws KeywrightError `invalid-input`, `not-found`
 */
export async function listApiKeys(
  services: Looking,
  request: ListRequest = {},
  { isCounted = false, unreadable }: Reading = {},
): Promise<Page<HeldApiKey>> {
  const { keyStore, actor } = services;
  const query = await parseListRequest(services, request, {
    ...{ states: CREDENTIAL_STATES, sorts: ['id', 'createdAt', 'expiresAt', 'lastUsedAt'] },
  });
  const moment = momentOf(services);
  const owners = await readOwners(keyStore, unreadable);
  const uses = query.sort?.by === 'lastUsedAt' ? await allLastUses(keyStore) : NO_USES;
  const { by = 'id', isDescending = false } = query.sort ?? {};
  const after = query.sort?.after ?? (query.after === undefined ? undefined : { value: 0, id: query.after });
  const placeOf = (held: HeldApiKey): PlaceInOrder => {
    const id = apiKeyId(held.client, held.credential);
    return { id, value: rankOf(held, { by, usedAt: uses.get(id)?.at }) };
  };
  const compare = (one: PlaceInOrder, other: PlaceInOrder) =>
    isDescending ? comparePlaces(other, one) : comparePlaces(one, other);
  const inOrder = (held: readonly HeldApiKey[]) =>
    [...held].sort((one, other) => compare(placeOf(one), placeOf(other)));
  const listedOf = (client: Client): HeldApiKey[] => {
    if (!isTheirs(actor, client) || !owners.isKnown(client.owner)) return [];
    const owner = owners.of(client.owner);
    const all = apiKeysOf(client).map((credential) => ({ client, owner, credential }));
    return all.filter((held) => isListed(query, listable(held, moment)));
  };
  /** Those that were not on a page before. */
  const leftOf = (held: readonly HeldApiKey[]) =>
    after === undefined ? held : held.filter((each) => compare(placeOf(each), after) > 0);
  let total = 0;
  let first = 0;
  // The first keys are those of the clients whose first key comes first.
  const clients = await keyStore.clients.page({
    limit: query.limit === undefined ? undefined : query.limit + 1,
    order: { of: () => first, isDescending },
    ...{ owner: query.owner, isWhole: isCounted, unreadable },
    where(client) {
      const listed = listedOf(client);
      total += listed.length;
      const [next] = inOrder(leftOf(listed));
      first = next === undefined ? 0 : placeOf(next).value;
      return next !== undefined;
    },
  });
  const left = inOrder(clients.flatMap((client) => leftOf(listedOf(client))));
  const page = inOrderOfTime(pageOf(left, query, placeOf), query, ({ credential }) => credential.createdAt);
  return isCounted ? { ...page, total } : page;
}

// Clients are in the order of their ids, and each one's keys as well: an id of a key alone has another order.
function comparePlaces(one: PlaceInOrder, other: PlaceInOrder): number {
  if (one.value !== other.value) return one.value - other.value;
  const [[client = '', key = ''], [otherClient = '', otherKey = '']] = [
    one.id.split(':'),
    other.id.split(':'),
  ];
  if (client !== otherClient) return client < otherClient ? -1 : 1;
  return key === otherKey ? 0 : key < otherKey ? -1 : 1;
}

interface Ranked {
  readonly by: SortKey;
  readonly usedAt: Timestamp | undefined;
}

function rankOf(held: HeldApiKey, { by, usedAt = 0 }: Ranked): number {
  switch (by) {
    case 'id':
      return 0;
    case 'createdAt':
      return held.credential.createdAt;
    case 'expiresAt':
      return termsOf(held, held.credential).expiresAt;
    case 'lastUsedAt':
      return usedAt;
  }
}

function listable(held: HeldApiKey, moment: Moment) {
  const { client, credential } = held;
  const terms = termsOf(held, credential);
  return {
    ...{ owner: client.owner, label: credential.label, state: stateOf(terms, moment) },
    // A key that was invalidated has no end to wait for, and one that was rotated needs nothing any more.
    expiresAt: terms.revokedAt === null && !isReplaced(credential) ? terms.expiresAt : NEVER,
    names: [apiKeyId(client, credential), credential.hint, client.label],
  };
}
