import { apiKeysOf, type Client, liveClient } from '../model/client.js';
import { CREDENTIAL_STATES, stateOf, termsOf } from '../model/terms.js';
import { type Moment, NEVER } from '../model/time.js';
import { isTheirs } from './actor.js';
import { apiKeyId } from './api-keys.js';
import type { HeldApiKey } from './held-api-key.js';
import {
  inOrderOfTime,
  isListed,
  type ListRequest,
  oneMore,
  type Page,
  pageOf,
  parseListRequest,
} from './lists.js';
import { type Looking, momentOf } from './management.js';

/**
 * Lists the API keys that the actor may see, in the order of their ids.
 * @throws KeywrightError `invalid-input`, `not-found`
 */
export async function listApiKeys(services: Looking, request: ListRequest = {}): Promise<Page<HeldApiKey>> {
  const { keyStore, actor } = services;
  const query = await parseListRequest(services, request, CREDENTIAL_STATES);
  const moment = momentOf(services);
  const users = new Map((await keyStore.users.page()).map((user) => [user.id, user]));
  const [afterClient = '', afterKey = ''] = query.after?.split(':') ?? [];
  const keysOf = (client: Client): HeldApiKey[] => {
    if (!isTheirs(actor, client)) return [];
    const owner = users.get(client.owner ?? '');
    return apiKeysOf(client)
      .map((credential) => ({ client, owner, credential }))
      .filter((held) => client.id !== afterClient || idOf(held) > (query.after ?? ''))
      .filter((held) => isListed(query, listable(held, moment)))
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

function listable(held: HeldApiKey, moment: Moment) {
  const { client, credential } = held;
  const terms = termsOf(held, credential);
  // A key that was invalidated has no end to wait for.
  const expiresAt = terms.revokedAt === null ? terms.expiresAt : NEVER;
  return { owner: client.owner, label: credential.label, state: stateOf(terms, moment), expiresAt };
}
