import { apiKeysOf, type Client, liveClient } from '../model/client.js';
import { CREDENTIAL_STATES, stateOf, termsOf } from '../model/terms.js';
import { NEVER, type Timestamp } from '../model/time.js';
import { isTheirs } from './actor.js';
import { apiKeyId, type HeldApiKey } from './api-keys.js';
import {
  inOrderOfTime,
  isListed,
  type ListRequest,
  oneMore,
  type Page,
  pageOf,
  parseListRequest,
} from './lists.js';
import type { Management } from './management.js';

/**
 * Lists the API keys that the actor may see, in the order of their ids.
 * @throws KeywrightError `invalid-input`, `not-found`
 */
export async function listApiKeys(
  services: Pick<Management, 'keyStore' | 'clock' | 'actor'>,
  request: ListRequest = {},
): Promise<Page<HeldApiKey>> {
  const { keyStore, actor, clock } = services;
  const query = await parseListRequest(services, request, CREDENTIAL_STATES);
  const now = clock.now();
  const [afterClient = '', afterKey = ''] = query.after?.split(':') ?? [];
  const keysOf = (client: Client): HeldApiKey[] => {
    if (!isTheirs(actor, client)) return [];
    return apiKeysOf(client)
      .map((credential) => ({ client, credential }))
      .filter((held) => client.id !== afterClient || idOf(held) > (query.after ?? ''))
      .filter((held) => isListed(query, listable(held, now)))
      .sort((one, other) => (idOf(one) < idOf(other) ? -1 : 1));
  };
  // The page before may have ended between two keys of one client.
  const begun = liveClient(afterKey === '' ? undefined : await keyStore.clients.get(afterClient));
  const others = await keyStore.clients.page({
    ...{ owner: query.owner, after: afterClient, limit: oneMore(query) },
    where: (client) => keysOf(client).length > 0,
  });
  const held = [...(begun ? [begun] : []), ...others].flatMap(keysOf);
  return inOrderOfTime(pageOf(held, query, idOf), query, ({ credential }) => credential.createdAt);
}

function idOf({ client, credential }: HeldApiKey): string {
  return apiKeyId(client, credential);
}

function listable({ client, credential }: HeldApiKey, now: Timestamp) {
  const terms = termsOf(client, credential);
  // A key that was invalidated has no end to wait for.
  const expiresAt = terms.revokedAt === null ? terms.expiresAt : NEVER;
  return { owner: client.owner, label: credential.label, state: stateOf(terms, now), expiresAt };
}
