import { keyHint, makeApiKey } from '../model/api-key.js';
import { parseLabel } from '../model/client.js';
import { KeywrightError } from '../model/errors.js';
import {
  PROVISIONING_KEY_PREFIX,
  type ProvisioningKey,
  provisioningKeyId,
} from '../model/provisioning-key.js';
import { checkTime, type Timestamp } from '../model/time.js';
import type { KeyStore } from '../ports/key-store.js';
import { ownerOfNew, requireAdmin, requireGrantable } from './actor.js';
import type { Management, Managing } from './management.js';
import { requireOwnable } from './ownership.js';

export interface ProvisioningKeyRequest {
  readonly scopes: readonly string[];
  readonly expiresAt: Timestamp;
  /** How many devices may register with it. */
  readonly uses: number;
  /** The user that they belong to; an admin who is a user, without. */
  readonly owner?: string | undefined;
  readonly label?: string | undefined;
}

/** A provisioning key that was just made: the only time that its text exists. */
export interface FreshProvisioningKey {
  readonly record: ProvisioningKey;
  readonly key: string;
}

const MAX_USES = 1_000_000;

/** Makes a provisioning key, for admins. @throws KeywrightError `refused`, `not-found` where there is no such owner; `invalid-input` */
export async function createProvisioningKey(
  services: Managing<'hashSecret'>,
  { scopes, expiresAt, uses, ...asked }: ProvisioningKeyRequest,
): Promise<FreshProvisioningKey> {
  const { keyStore, clock, audit, hashSecret, actor } = services;
  requireAdmin(actor);
  const now = clock.now();
  if (checkTime(expiresAt) <= now)
    throw new KeywrightError('invalid-input', 'the key would expire in the past');
  if (!Number.isSafeInteger(uses) || uses < 1 || uses > MAX_USES)
    throw new KeywrightError('invalid-input', `a provisioning key has 1 to ${MAX_USES} uses`);
  const label = asked.label === undefined ? null : parseLabel(asked.label);
  const owner = ownerOfNew(actor, asked.owner);
  requireGrantable(actor, scopes);
  await requireOwnable(services, { owner, domain: null, scopes: [scopes] });
  const key = makeApiKey(PROVISIONING_KEY_PREFIX);
  const hash = hashSecret(key);
  const record: ProvisioningKey = {
    ...{ id: provisioningKeyId(hash), hash, hint: keyHint(key), usesLeft: uses },
    ...{ scopes, owner, label, createdAt: now, expiresAt },
  };
  await pruneProvisioningKeys(keyStore, now);
  await audit.record({ action: 'provision.create', target: record.id }, () =>
    keyStore.provisioningKeys.update(record.id, (current) => {
      if (current !== undefined) throw new KeywrightError('store-busy', 'that key exists already: try again');
      return record;
    }),
  );
  return { record, key };
}

/** All provisioning keys, also those that have expired, oldest first. */
export async function listProvisioningKeys(keyStore: KeyStore): Promise<ProvisioningKey[]> {
  const keys = await keyStore.provisioningKeys.list();
  return keys.sort((one, other) => one.createdAt - other.createdAt);
}

/** Deletes a provisioning key; clients that it made stay. @throws KeywrightError `not-found`, `refused` */
export async function deleteProvisioningKey(
  { keyStore, audit, actor }: Pick<Management, 'keyStore' | 'audit' | 'actor'>,
  id: string,
): Promise<void> {
  requireAdmin(actor);
  // What stands in the place of an id may be the key itself.
  if (!/^[0-9a-f]{12}$/.test(id)) throw noSuchProvisioningKey('of that id');
  if ((await keyStore.provisioningKeys.get(id)) === undefined) throw noSuchProvisioningKey(id);
  await audit.record({ action: 'provision.delete', target: id }, () =>
    keyStore.provisioningKeys.update(id, (current) => {
      if (current === undefined) throw noSuchProvisioningKey(id);
      return undefined;
    }),
  );
}

/** Removes the provisioning keys that have expired. */
export async function pruneProvisioningKeys(keyStore: KeyStore, now: Timestamp): Promise<void> {
  for (const { id, expiresAt } of await keyStore.provisioningKeys.list()) {
    if (expiresAt > now) continue;
    await keyStore.provisioningKeys.update(id, (current) =>
      current && current.expiresAt > now ? current : undefined,
    );
  }
}

function noSuchProvisioningKey(which: string): KeywrightError {
  return new KeywrightError('not-found', `there is no provisioning key ${which}`, {
    hint: 'list them with: keywright provision key list',
  });
}
