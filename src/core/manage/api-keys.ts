import { type ApiKeyCredential, type Client, lifetime, lifetimeOf, parseLabel } from '../model/client.js';
import { canonicalClientId } from '../model/client-id.js';
import { KeywrightError } from '../model/errors.js';
import { withFormer } from '../model/former-key.js';
import { readCredential } from '../model/presented-credential.js';
import { soundTime } from '../model/sound-time.js';
import { changedAt, stateOf, termsOf } from '../model/terms.js';
import { checkTime, NEVER, type Timestamp } from '../model/time.js';
import type { User } from '../model/user.js';
import type { AuditEvent } from '../ports/audit-log.js';
import type { Records } from '../ports/unit-of-work.js';
import { requireGrantable } from './actor.js';
import { requireTheirs } from './clients.js';
import { removeClient } from './delete-client.js';
import type { HeldApiKey } from './held-api-key.js';
import type { Managing } from './management.js';
import { type Owners, ownersIn, requireOwnable } from './ownership.js';
import { type FreshApiKey, freshApiKey, requireOwnId } from './register-api-key.js';

/** The changes to an API key; a field that is left out stays as it is. A revoked key stays revoked. */
export interface ApiKeyEdit {
  readonly label?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly expiresAt?: Timestamp | undefined;
}

/** @throws KeywrightError `not-found`; `refused` if the actor or the owner lacks a scope that the key would get */
export async function editApiKey(services: Managing, id: string, edit: ApiKeyEdit): Promise<HeldApiKey> {
  if (edit.expiresAt !== undefined) checkTime(edit.expiresAt);
  if (edit.label !== undefined) parseLabel(edit.label);
  const isMore = edit.scopes !== undefined || edit.expiresAt !== undefined;
  return changeKey(
    services,
    { action: 'token.edit', target: id },
    async ({ client, credential }, records) => {
      const { label, scopes, expiresAt } = credential;
      const next = {
        ...credential,
        label: edit.label ?? label,
        scopes: edit.scopes ?? scopes,
        expiresAt: edit.expiresAt ?? expiresAt,
        lifetimeMs:
          edit.expiresAt === undefined
            ? lifetimeOf(credential)
            : lifetime(services.clock.now(), edit.expiresAt),
      };
      if (isMore) await requireGrant(ownersIn(records, services.actor), client, next.scopes);
      return [next];
    },
  );
}

/** Makes a key stop working and keeps it in the list. @throws KeywrightError `not-found` */
export function invalidateApiKey(services: Managing, id: string): Promise<HeldApiKey> {
  const now = services.clock.now();
  return changeKey(services, { action: 'token.invalidate', target: id }, ({ credential }) => [
    { ...credential, revokedAt: credential.revokedAt ?? now },
  ]);
}

/** Removes a key, and its client if that holds nothing else. @throws KeywrightError `not-found` */
export async function deleteApiKey(services: Managing, id: string): Promise<void> {
  await changeKey(services, { action: 'token.delete', target: id }, () => []);
}

/** A new key, and the one that it replaces as that is now. */
export interface RotatedApiKey extends FreshApiKey {
  readonly replaced: HeldApiKey;
}

/**
 * Gives a key's client a new key with the same label, scopes and prefix, for the time for which the old one was made.
 * The old key works until `overlapUntil`, or until its own end if that comes first.
 * @throws KeywrightError `not-found`; `refused` if the key does not work now
 */
export async function rotateApiKey(
  services: Managing<'hashSecret'>,
  id: string,
  overlapUntil: Timestamp,
): Promise<RotatedApiKey> {
  const { client: former, credential: old } = await findApiKey(services, id);
  const now = soundTime(services.clock.now());
  const lifetimeMs = lifetimeOf(old);
  const expiresAt = lifetimeMs === null ? NEVER : Math.min(NEVER, now + lifetimeMs);
  const { scopes, prefix, label } = old;
  const { key, credential } = freshApiKey(services, {
    ...{ scopes, label: label ?? undefined, expiresAt, prefix, beside: former.credentials },
  });
  const {
    client,
    owner,
    credential: ending,
  } = await changeKey(services, { action: 'token.rotate', target: id }, async (held, records) => {
    await requireGrant(ownersIn(records, services.actor), held.client, credential.scopes);
    // Another rotation may have come first.
    requireWorking(held, now);
    requireOwnId(held.client, credential);
    const expiresAt = Math.min(held.credential.expiresAt, overlapUntil);
    return [
      { ...held.credential, expiresAt, lifetimeMs: lifetimeOf(held.credential), replacedAt: now },
      { ...credential, lifetimeMs },
    ];
  });
  const fresh = { client, owner, credential: { ...credential, lifetimeMs }, key };
  return { ...fresh, replaced: { client, owner, credential: ending } };
}

function requireWorking(held: HeldApiKey, now: Timestamp): void {
  const { client, credential } = held;
  const id = apiKeyId(client, credential);
  const state = stateOf(termsOf(held, credential), { now, clockToleranceMs: 0 });
  if (state === 'suspended') {
    const [what, command] = client.suspendedAt ? [`client ${client.id}`, 'key'] : [`API key ${id}`, 'token'];
    throw new KeywrightError('refused', `${what} is suspended`, {
      hint: `resume it first: keywright ${command} resume ${client.suspendedAt ? client.id : id}`,
    });
  }
  if (state === 'revoked' || state === 'expired')
    throw new KeywrightError('refused', `API key ${id} does not work any more`, {
      hint: 'register a new one',
    });
}

/**
 * Finds a key by `<client-id>:<key-id>`, or by the client id alone if the client has one key.
 * @throws KeywrightError `not-found`
 */
export async function findApiKey(
  { keyStore, actor }: Pick<Managing, 'keyStore' | 'actor'>,
  id: string,
): Promise<HeldApiKey> {
  const { clientId, keyId } = splitKeyId(id);
  const client = requireTheirs(await keyStore.clients.get(clientId), { clientId, actor });
  const owner = await ownerOf(client, (user) => keyStore.users.get(user));
  return { client, owner, credential: keyIn(client, { id, keyId }) };
}

function splitKeyId(id: string): { clientId: string; keyId: string | undefined } {
  // The caller may have passed the key itself, so the error must not repeat it.
  if (readCredential(id).kind !== 'unknown') throw noSuchKey('of that id: it is a credential');
  const [holder = '', keyId] = id.split(':');
  const clientId = canonicalClientId(holder);
  if (clientId === undefined) throw noSuchKey(quoted(id));
  return { clientId, keyId };
}

function keyIn(
  client: Client,
  { id, keyId }: { readonly id: string; readonly keyId: string | undefined },
): ApiKeyCredential {
  const keys = keysOf(client);
  const [credential, ...others] = keyId === undefined ? keys : keys.filter((key) => key.id === keyId);
  if (credential === undefined) throw noSuchKey(quoted(id));
  if (others.length > 0) {
    throw new KeywrightError('invalid-input', `client ${client.id} has ${keys.length} API keys`, {
      hint: `name one: ${keys.map((key) => apiKeyId(client, key)).join(', ')}`,
    });
  }
  return credential;
}

async function ownerOf(
  { owner }: Client,
  userById: (id: string) => Promise<User | undefined>,
): Promise<User | undefined> {
  return owner === null ? undefined : userById(owner);
}

/** Writes the full name of an API key: `<client-id>:<key-id>`. */
export function apiKeyId(client: Client, { id }: ApiKeyCredential): string {
  return `${client.id}:${id}`;
}

/** Replaces one key by the keys that `change` returns. A client without any credential is deleted. */
export async function changeKey(
  services: Managing,
  { action, target }: AuditEvent,
  change: (held: HeldApiKey, records: Records) => ApiKeyCredential[] | Promise<ApiKeyCredential[]>,
): Promise<HeldApiKey> {
  const { changes, clock, actor } = services;
  // The audit log names the key in full.
  const { client: found, credential: key } = await findApiKey(services, target);
  const [clientId, keyId] = [found.id, key.id];
  return changes.change({ action, target: apiKeyId(found, key) }, async (records) => {
    const client = requireTheirs(await records.get('client', clientId), { clientId, actor });
    const owner = await ownerOf(client, (user) => records.get('user', user));
    const held = { client, owner, credential: keyIn(client, { id: target, keyId }) };
    const next = await change(held, records);
    const credentials = client.credentials.flatMap((each) => (each === held.credential ? next : [each]));
    const now = clock.now();
    const formerKeys =
      next.length === 0 ? withFormer(client.formerKeys, [held.credential], now) : client.formerKeys;
    const changed = { ...client, credentials, formerKeys, updatedAt: changedAt(client, { now }) };
    const opens = credentials.some((each) => each.kind !== 'password' || each.alone);
    // A password beside a key opens nothing by itself.
    if (opens || (await holdsCertificate(records, clientId))) records.put('client', changed);
    else await removeClient(records, client, now);
    return { client: changed, owner, credential: next[0] ?? held.credential };
  });
}

async function holdsCertificate(records: Records, clientId: string): Promise<boolean> {
  return (await records.certificatesOf({ kind: 'client', id: clientId })).some(
    ({ withdrawn }) => withdrawn === null,
  );
}

async function requireGrant(
  owners: Owners,
  { owner, domain }: Client,
  scopes: readonly string[],
): Promise<void> {
  requireGrantable(owners.actor, scopes);
  await requireOwnable(owners, { owner, domain, scopes: [scopes] });
}

function keysOf(client: Client): ApiKeyCredential[] {
  return client.credentials.filter((credential) => credential.kind === 'api-key');
}

function quoted(id: string): string {
  return JSON.stringify(id.slice(0, 120));
}

function noSuchKey(which: string): KeywrightError {
  return new KeywrightError('not-found', `there is no API key ${which}`, {
    hint: 'list them with: keywright token list',
  });
}
