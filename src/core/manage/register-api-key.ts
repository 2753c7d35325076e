import { randomUUID } from 'node:crypto';
import { checkKeyPrefix, keyHint, makeApiKey } from '../model/api-key.js';
import {
  type ApiKeyCredential,
  type Client,
  type Credential,
  freeKeyId,
  lifetime,
  liveClient,
  newClient,
  parseLabel,
} from '../model/client.js';
import { KeywrightError } from '../model/errors.js';
import { soundTime } from '../model/sound-time.js';
import { changedAt } from '../model/terms.js';
import { checkTime, type Timestamp } from '../model/time.js';
import { parseGroupName } from '../model/user.js';
import { isTheirs, ownerOfNew, requireGrantable } from './actor.js';
import { type FreshPassword, requirePasswordGrant, withPassword } from './client-password.js';
import { changedMeanwhile, noSuchClient } from './clients.js';
import type { HeldApiKey } from './held-api-key.js';
import type { Management, Managing } from './management.js';
import { ownersIn, requireOwnable } from './ownership.js';

export interface ApiKeyRequest {
  /** The canonical id of an existing client that gets the key. */
  readonly clientId?: string | undefined;
  /** The canonical id of a new client; a UUID if both ids are left out. */
  readonly newClientId?: string | undefined;
  /** The user that owns a new client. A member's client is always its own. */
  readonly owner?: string | undefined;
  /** The domain of a new client. */
  readonly domain?: string | undefined;
  readonly label?: string | undefined;
  readonly scopes: readonly string[];
  readonly expiresAt: Timestamp;
  readonly prefix: string;
  /** An MQTT password that the client gets in the same change. */
  readonly mqttPassword?: FreshPassword | undefined;
}

/** A new API key. Its text exists only here. */
export interface FreshApiKey extends HeldApiKey {
  readonly key: string;
  readonly mqttPassword?: string | undefined;
}

/**
 * Registers an API key.
 * @throws KeywrightError `not-found` if the client or the owner does not exist; `refused`; `invalid-input`
 */
export async function registerApiKey(
  services: Managing<'hashSecret'>,
  request: ApiKeyRequest,
): Promise<FreshApiKey> {
  const { keyStore, changes, clock, actor } = services;
  const { clientId, newClientId, expiresAt, scopes, mqttPassword } = request;
  const now = soundTime(clock.now());
  requireFutureEnd(expiresAt, now);
  requireGrantable(actor, scopes);
  const id = clientId ?? newClientId ?? randomUUID();
  const former = (clientId ?? newClientId) && (await keyStore.clients.get(id));
  const { key, credential } = freshApiKey(services, { ...request, beside: former ? former.credentials : [] });
  const event = { action: 'token.register', target: `${id}:${credential.id}` };
  const made = await changes.change(event, async (records) => {
    const found = liveClient(await records.get('client', id));
    if (found === undefined ? clientId !== undefined : !isTheirs(actor, found)) throw noSuchClient(id);
    const holder = found ?? holderOf(request, { id, now, owner: ownerOfNew(actor, request.owner) });
    const { owner, domain } = holder;
    requireAsAsked(request, holder);
    const user = await requireOwnable(ownersIn(records, actor), { owner, domain, scopes: [scopes] });
    if (mqttPassword !== undefined) requirePasswordGrant(actor, holder);
    requireOwnId(holder, credential);
    const credentials = [...holder.credentials, credential];
    const next = {
      ...holder,
      credentials: mqttPassword ? withPassword(credentials, mqttPassword.credential) : credentials,
      updatedAt: changedAt(holder, { now, owner: user }),
    };
    records.put('client', next);
    return { client: next, owner: user };
  });
  return { ...made, credential, key, mqttPassword: mqttPassword?.text };
}

/** Checks the end of a new key. @throws KeywrightError `invalid-input` */
export function requireFutureEnd(expiresAt: Timestamp, now: Timestamp): Timestamp {
  if (checkTime(expiresAt) > now) return expiresAt;
  throw new KeywrightError('invalid-input', 'the key would expire in the past');
}

/** Checks that an existing client is as the request says. @throws KeywrightError `invalid-input` */
function requireAsAsked(asked: ApiKeyRequest, { id, owner, domain }: Client): void {
  if (asked.owner !== undefined && asked.owner !== owner) {
    throw new KeywrightError(
      'invalid-input',
      `client ${id} belongs to ${owner ?? 'nobody'}, not to ${asked.owner}`,
    );
  }
  if (asked.domain !== undefined && parseGroupName(asked.domain) !== domain) {
    throw new KeywrightError(
      'invalid-input',
      `client ${id} is of ${domain === null ? 'no domain' : `the domain ${domain}`}, not of ${asked.domain}`,
    );
  }
}

function holderOf(
  { label, domain, scopes }: ApiKeyRequest,
  { id, now, owner }: { readonly id: string; readonly now: Timestamp; readonly owner: string | null },
): Client {
  return newClient({
    id,
    label: label ?? null,
    owner,
    domain: domain === undefined ? null : parseGroupName(domain),
    scopes,
    createdAt: now,
  });
}

interface NewKey extends Pick<ApiKeyRequest, 'label' | 'scopes' | 'expiresAt' | 'prefix'> {
  /** The credentials that the client has already; the key's id is none of theirs. */
  readonly beside?: readonly Credential[] | undefined;
}

/** Checks that a key's id is still its own. @throws KeywrightError `store-busy` */
export function requireOwnId({ id: clientId, credentials }: Client, { id }: ApiKeyCredential): void {
  if (credentials.some((other) => other.id === id)) throw changedMeanwhile(clientId);
}

/**
 * Makes an API key without a client.
 * @throws KeywrightError `invalid-input` if the label or the prefix has another form
 */
export function freshApiKey(
  { clock, hashSecret }: Pick<Management, 'clock' | 'hashSecret'>,
  { label, scopes, expiresAt, prefix, beside = [] }: NewKey,
): { key: string; credential: ApiKeyCredential } {
  const key = makeApiKey(checkKeyPrefix(prefix));
  const createdAt = soundTime(clock.now());
  const hash = hashSecret(key);
  const credential: ApiKeyCredential = {
    kind: 'api-key',
    id: freeKeyId(hash, beside),
    hash,
    prefix,
    hint: keyHint(key),
    label: label === undefined ? null : parseLabel(label),
    scopes,
    createdAt,
    expiresAt,
    lifetimeMs: lifetime(createdAt, expiresAt),
    revokedAt: null,
  };
  return { key, credential };
}
