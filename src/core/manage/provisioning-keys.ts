import { keyHint, makeApiKey } from '../model/api-key.js';
import { parseLabel } from '../model/client.js';
import { KeywrightError } from '../model/errors.js';
import {
  PROVISIONING_KEY_PREFIX,
  PROVISIONING_KEY_STATES,
  type ProvisioningKey,
  provisioningKeyId,
  provisioningKeyState,
} from '../model/provisioning-key.js';
import { soundTime } from '../model/sound-time.js';
import { checkTime, type Timestamp } from '../model/time.js';
import { ownerOfNew, requireAdmin, requireGrantable } from './actor.js';
import type { SortKey } from './list-sort.js';
import {
  inOrderOfTime,
  isListed,
  type ListRequest,
  type Page,
  pageOf,
  pageQuery,
  parseListRequest,
  type Reading,
} from './lists.js';
import type { Management, Managing } from './management.js';
import { ownersIn, requireOwnable } from './ownership.js';

export interface ProvisioningKeyRequest {
  readonly scopes: readonly string[];
  readonly expiresAt: Timestamp;
  /** The number of devices that may register with the key. */
  readonly uses: number;
  /** The owner of the devices; by default the admin who makes the key, if that is a user. */
  readonly owner?: string | undefined;
  readonly label?: string | undefined;
}

/** A new provisioning key. Its text exists only here. */
export interface FreshProvisioningKey {
  readonly record: ProvisioningKey;
  readonly key: string;
}

const MAX_USES = 1_000_000;

/**
 * Makes a provisioning key, for admins.
 * @throws KeywrightError `refused`; `not-found` if there is no such owner; `invalid-input`
 */
export async function createProvisioningKey(
  services: Managing<'hashSecret'>,
  { scopes, expiresAt, uses, ...asked }: ProvisioningKeyRequest,
): Promise<FreshProvisioningKey> {
  const { keyStore, changes, clock, hashSecret, actor } = services;
  requireAdmin(actor);
  const now = soundTime(clock.now());
  if (checkTime(expiresAt) <= now)
    throw new KeywrightError('invalid-input', 'the key would expire in the past');
  if (!Number.isSafeInteger(uses) || uses < 1 || uses > MAX_USES)
    throw new KeywrightError('invalid-input', `a provisioning key has 1 to ${MAX_USES} uses`);
  const label = asked.label === undefined ? null : parseLabel(asked.label);
  const owner = ownerOfNew(actor, asked.owner);
  requireGrantable(actor, scopes);
  const key = makeApiKey(PROVISIONING_KEY_PREFIX);
  const hash = hashSecret(key);
  const record: ProvisioningKey = {
    id: provisioningKeyId(hash),
    revision: 0,
    hash,
    hint: keyHint(key),
    usesLeft: uses,
    scopes,
    owner,
    label,
    createdAt: now,
    expiresAt,
  };
  await pruneProvisioningKeys({ keyStore, changes }, now);
  const made = await changes.change({ action: 'provision.create', target: record.id }, async (records) => {
    const user = await requireOwnable(ownersIn(records, actor), { owner, domain: null, scopes: [scopes] });
    if (await records.get('provisioning-key', record.id))
      throw new KeywrightError('store-busy', 'that key exists already: try again');
    // The owner may have been made by a clock that is ahead: a user who is newer than the key is another one.
    const made = { ...record, createdAt: Math.max(now, user?.createdAt ?? now) };
    records.put('provisioning-key', made);
    return made;
  });
  return { record: made, key };
}

/**
 * Lists the provisioning keys, expired ones included, in the order of their ids; for admins.
 * @throws KeywrightError `refused`, `invalid-input`, `not-found`
 */
export async function listProvisioningKeys(
  services: Pick<Management, 'keyStore' | 'clock' | 'actor'>,
  request: ListRequest = {},
  { isCounted = false, unreadable }: Reading = {},
): Promise<Page<ProvisioningKey>> {
  requireAdmin(services.actor);
  const query = await parseListRequest(services, request, {
    ...{ states: PROVISIONING_KEY_STATES, sorts: ['id', 'createdAt', 'expiresAt'] },
  });
  const now = services.clock.now();
  let total = 0;
  const found = await services.keyStore.provisioningKeys.page({
    ...pageQuery<ProvisioningKey>(query, (by) => (key) => rankOf(key, by)),
    ...{ isWhole: isCounted, unreadable },
    where(key) {
      const { id, hint, owner, label, expiresAt } = key;
      const state = provisioningKeyState({ expiresAt }, now);
      const isAskedFor = isListed(query, { owner, label, expiresAt, state, names: [id, hint] });
      if (isAskedFor) total += 1;
      return isAskedFor;
    },
  });
  const page = inOrderOfTime(
    pageOf(found, query, (key, by) => ({ id: key.id, value: rankOf(key, by) })),
    query,
    ({ createdAt }) => createdAt,
  );
  return isCounted ? { ...page, total } : page;
}

function rankOf({ createdAt, expiresAt }: ProvisioningKey, by: SortKey): number {
  if (by === 'id') return 0;
  return by === 'createdAt' ? createdAt : expiresAt;
}

/**
 * Deletes a provisioning key. The clients that registered with it stay.
 * @throws KeywrightError `not-found`, `refused`
 */
export async function deleteProvisioningKey(
  { changes, actor }: Pick<Management, 'changes' | 'actor'>,
  id: string,
): Promise<void> {
  requireAdmin(actor);
  // The caller may have passed the key itself, so the error must not repeat it.
  if (!/^[0-9a-f]{12}$/.test(id)) throw noSuchProvisioningKey('of that id');
  await changes.change({ action: 'provision.delete', target: id }, async (records) => {
    if ((await records.get('provisioning-key', id)) === undefined) throw noSuchProvisioningKey(id);
    records.delete('provisioning-key', id);
  });
}

/** Removes expired provisioning keys. */
export async function pruneProvisioningKeys(
  { keyStore, changes }: Pick<Management, 'keyStore' | 'changes'>,
  now: Timestamp,
): Promise<void> {
  for (const { id, expiresAt } of await keyStore.provisioningKeys.page()) {
    if (expiresAt <= now) await changes.change(null, (records) => records.delete('provisioning-key', id));
  }
}

function noSuchProvisioningKey(which: string): KeywrightError {
  return new KeywrightError('not-found', `there is no provisioning key ${which}`, {
    hint: 'list them with: keywright provision key list',
  });
}
