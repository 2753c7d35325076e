import { randomBytes, randomUUID } from 'node:crypto';
import { checkKeyPrefix, keyHint, makeApiKey } from '../model/api-key.js';
import {
  type ApiKeyCredential,
  type Client,
  deletedClient,
  liveClient,
  newClient,
  parseLabel,
} from '../model/client.js';
import { canonicalClientId } from '../model/client-id.js';
import { KeywrightError } from '../model/errors.js';
import { checkTime, NEVER, type Timestamp } from '../model/time.js';
import { parseGroupName } from '../model/user.js';
import type { AuditEvent } from '../ports/audit-log.js';
import { isTheirs, ownerOfNew, requireGrantable } from './actor.js';
import { type FreshPassword, withPassword } from './client-password.js';
import { noSuchClient, requireClient } from './issue-client.js';
import type { Management, Managing } from './management.js';
import { requireOwnable } from './ownership.js';

export interface ApiKeyRequest {
  /** Canonical id of an existing client that gets one more credential. */
  readonly clientId?: string | undefined;
  /** Canonical id for the client where that does not exist yet; without either it is a UUID. */
  readonly newClientId?: string | undefined;
  /** The user that a new client belongs to; a member's is always its own. */
  readonly owner?: string | undefined;
  /** The domain of a new client. */
  readonly domain?: string | undefined;
  readonly label?: string | undefined;
  readonly scopes: readonly string[];
  readonly expiresAt: Timestamp;
  readonly prefix: string;
  /** Becomes the client's, beside the key, at once with it. */
  readonly mqttPassword?: FreshPassword | undefined;
}

/** A key that was just made: the only time that its text exists. */
export interface FreshApiKey {
  readonly client: Client;
  readonly credential: ApiKeyCredential;
  readonly key: string;
  readonly mqttPassword?: string | undefined;
}

/** An API key in its client. */
export interface HeldApiKey {
  readonly client: Client;
  readonly credential: ApiKeyCredential;
}

/** Registers an API key. @throws KeywrightError `not-found` where the client or the owner does not exist; `refused`, `invalid-input` */
export async function registerApiKey(
  services: Managing<'licence' | 'hashSecret'>,
  request: ApiKeyRequest,
): Promise<FreshApiKey> {
  const { keyStore, clock, audit, actor, licence } = services;
  const { clientId, newClientId, expiresAt, scopes, mqttPassword } = request;
  const now = clock.now();
  if (checkTime(expiresAt) <= now)
    throw new KeywrightError('invalid-input', 'the key would expire in the past');
  requireGrantable(actor, scopes);
  const id = clientId ?? newClientId ?? randomUUID();
  const found = liveClient(await keyStore.clients.get(id));
  if (found === undefined ? clientId !== undefined : !isTheirs(actor, found)) throw noSuchClient(id);
  const owner = found === undefined ? ownerOfNew(actor, request.owner) : found.owner;
  if (request.owner !== undefined && request.owner !== owner) {
    throw new KeywrightError(
      'invalid-input',
      `client ${id} belongs to ${owner ?? 'nobody'}, not to ${request.owner}`,
    );
  }
  const domain = found ? found.domain : request.domain === undefined ? null : parseGroupName(request.domain);
  await requireOwnable(services, { owner, domain, scopes: [scopes] });
  const { key, credential } = freshApiKey(services, request);
  const register = () =>
    audit.record({ action: 'token.register', target: `${id}:${credential.id}` }, () =>
      keyStore.clients.update(id, (current) => {
        const holder =
          liveClient(current) ??
          (found === undefined
            ? newClient({ id, label: request.label ?? null, owner, domain, scopes, createdAt: now })
            : undefined);
        if (holder === undefined || holder.owner !== owner) throw noSuchClient(id);
        const credentials = [...holder.credentials, credential];
        return {
          ...holder,
          credentials: mqttPassword ? withPassword(credentials, mqttPassword.credential) : credentials,
          updatedAt: now,
        };
      }),
    );
  const client = await (found === undefined ? licence.takeSeat(register) : register());
  return { client, credential, key, mqttPassword: mqttPassword?.text };
}

/** What may be changed of an API key; what is left out stays. A revoked key stays revoked. */
export interface ApiKeyEdit {
  readonly label?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly expiresAt?: Timestamp | undefined;
}

/** @throws KeywrightError `not-found`; `refused` where it would grant what the actor or the owner does not hold */
export async function editApiKey(services: Managing, id: string, edit: ApiKeyEdit): Promise<HeldApiKey> {
  if (edit.expiresAt !== undefined) checkTime(edit.expiresAt);
  if (edit.scopes !== undefined || edit.expiresAt !== undefined) {
    const { client, credential } = await findApiKey(services, id);
    await requireGrant(services, client, edit.scopes ?? credential.scopes);
  }
  return changeKey(
    services,
    { action: 'token.edit', target: id },
    ({ label, scopes, expiresAt, ...key }) => ({
      ...key,
      label: edit.label === undefined ? label : parseLabel(edit.label),
      scopes: edit.scopes ?? scopes,
      expiresAt: edit.expiresAt ?? expiresAt,
    }),
  );
}

/** Makes a key stop working and keeps it in the list. @throws KeywrightError `not-found` */
export function invalidateApiKey(services: Managing, id: string): Promise<HeldApiKey> {
  const now = services.clock.now();
  return changeKey(services, { action: 'token.invalidate', target: id }, (key) => ({
    ...key,
    revokedAt: key.revokedAt ?? now,
  }));
}

/** Removes a key; a client that had nothing else goes with it. @throws KeywrightError `not-found` */
export async function deleteApiKey(services: Managing, id: string): Promise<void> {
  const { client, credential } = await findApiKey(services, id);
  const now = services.clock.now();
  await services.audit.record({ action: 'token.delete', target: apiKeyId(client, credential) }, () =>
    services.keyStore.clients.update(client.id, (current) => {
      const holder = liveClient(current);
      if (!holder?.credentials.some((other) => isKey(other, credential.id))) throw noSuchKey(id);
      const credentials = holder.credentials.filter((other) => !isKey(other, credential.id));
      // A password that goes beside a key opens nothing by itself.
      const isEmpty = credentials.every((each) => each.kind === 'password' && !each.alone);
      if (!isEmpty) return { ...holder, credentials, updatedAt: now };
      return holder.retired.length === 0 ? undefined : deletedClient(holder, now);
    }),
  );
}

/**
 * Gives a key's client a new one with the same label, scopes and prefix; the old one holds until `overlapUntil`, or its
 * own end if that comes first. @throws KeywrightError `not-found`, `refused` for a key that does not work any more
 */
export async function rotateApiKey(
  services: Managing<'hashSecret'>,
  id: string,
  overlapUntil: Timestamp,
): Promise<FreshApiKey> {
  const { client, credential: old } = await findApiKey(services, id);
  await requireGrant(services, client, old.scopes);
  const now = services.clock.now();
  requireWorking(old, { id, now });
  // The new one lives as long as the old one was meant to.
  const expiresAt = old.expiresAt === NEVER ? NEVER : Math.min(NEVER, now + (old.expiresAt - old.createdAt));
  const { scopes, prefix, label } = old;
  const { key, credential } = freshApiKey(services, { scopes, label: label ?? undefined, expiresAt, prefix });
  const updated = await services.audit.record({ action: 'token.rotate', target: apiKeyId(client, old) }, () =>
    services.keyStore.clients.update(client.id, (current) => {
      const holder = liveClient(current);
      if (!holder?.credentials.some((other) => isKey(other, old.id))) throw noSuchKey(id);
      const credentials = holder.credentials.map((other) => {
        if (other.kind !== 'api-key' || other.id !== old.id) return other;
        // Another rotation may have been faster.
        requireWorking(other, { id, now });
        return { ...other, expiresAt: Math.min(other.expiresAt, overlapUntil) };
      });
      return { ...holder, credentials: [...credentials, credential], updatedAt: now };
    }),
  );
  return { client: updated, credential, key };
}

function requireWorking(
  { revokedAt, expiresAt }: ApiKeyCredential,
  { id, now }: { readonly id: string; readonly now: Timestamp },
): void {
  if (revokedAt === null && expiresAt > now) return;
  throw new KeywrightError('refused', `API key ${id} does not work any more`, { hint: 'register a new one' });
}

/** All API keys that are the actor's to see, or those of one owner, oldest first. */
export async function listApiKeys(
  { keyStore, actor }: Pick<Management, 'keyStore' | 'actor'>,
  { owner }: { readonly owner?: string | undefined } = {},
): Promise<HeldApiKey[]> {
  const clients = (await keyStore.clients.list()).filter(
    (client) =>
      liveClient(client) && isTheirs(actor, client) && (owner === undefined || client.owner === owner),
  );
  return clients
    .flatMap((client) => keysOf(client).map((credential) => ({ client, credential })))
    .sort((one, other) => one.credential.createdAt - other.credential.createdAt);
}

/** Finds a key by `<client-id>:<key-id>`, or by the client id alone where it has one key. @throws KeywrightError `not-found` */
export async function findApiKey(
  { keyStore, actor }: Pick<Management, 'keyStore' | 'actor'>,
  id: string,
): Promise<HeldApiKey> {
  const [holder = '', keyId] = id.split(':');
  const clientId = canonicalClientId(holder);
  if (clientId === undefined) throw noSuchKey(id);
  const client = await requireClient(keyStore, clientId);
  if (!isTheirs(actor, client)) throw noSuchClient(clientId);
  const keys = keysOf(client);
  const [credential, ...others] = keyId === undefined ? keys : keys.filter((key) => key.id === keyId);
  if (credential === undefined) throw noSuchKey(id);
  if (others.length > 0) {
    throw new KeywrightError('invalid-input', `client ${clientId} has ${keys.length} API keys`, {
      hint: `name one: ${keys.map((key) => apiKeyId(client, key)).join(', ')}`,
    });
  }
  return { client, credential };
}

/** How an API key is named: `<client-id>:<key-id>`. */
export function apiKeyId(client: Client, { id }: ApiKeyCredential): string {
  return `${client.id}:${id}`;
}

async function changeKey(
  { keyStore, clock, audit, actor }: Managing,
  { action, target }: AuditEvent,
  change: (key: ApiKeyCredential) => ApiKeyCredential,
): Promise<HeldApiKey> {
  const found = await findApiKey({ keyStore, actor }, target);
  const client = await audit.record({ action, target: apiKeyId(found.client, found.credential) }, () =>
    keyStore.clients.update(found.client.id, (current) => {
      const holder = liveClient(current);
      if (!holder?.credentials.some((other) => isKey(other, found.credential.id))) throw noSuchKey(target);
      const credentials = holder.credentials.map((other) =>
        other.kind === 'api-key' && other.id === found.credential.id ? change(other) : other,
      );
      return { ...holder, credentials, updatedAt: clock.now() };
    }),
  );
  const credential = keysOf(client).find((key) => key.id === found.credential.id);
  if (credential === undefined) throw noSuchKey(target);
  return { client, credential };
}

/** Makes an API key that is no client's yet. @throws KeywrightError `invalid-input` on a label or a prefix of another form */
export function freshApiKey(
  { clock, hashSecret }: Pick<Management, 'clock' | 'hashSecret'>,
  { label, scopes, expiresAt, prefix }: Pick<ApiKeyRequest, 'label' | 'scopes' | 'expiresAt' | 'prefix'>,
): { key: string; credential: ApiKeyCredential } {
  const key = makeApiKey(checkKeyPrefix(prefix));
  const credential: ApiKeyCredential = {
    kind: 'api-key',
    id: randomBytes(3).toString('hex'),
    hash: hashSecret(key),
    prefix,
    hint: keyHint(key),
    label: label === undefined ? null : parseLabel(label),
    scopes,
    createdAt: clock.now(),
    expiresAt,
    revokedAt: null,
  };
  return { key, credential };
}

async function requireGrant(
  services: Managing,
  { owner, domain }: Client,
  scopes: readonly string[],
): Promise<void> {
  requireGrantable(services.actor, scopes);
  await requireOwnable(services, { owner, domain, scopes: [scopes] });
}

function keysOf(client: Client): ApiKeyCredential[] {
  return client.credentials.filter((credential) => credential.kind === 'api-key');
}

function isKey(credential: { readonly kind: string; readonly id: string }, id: string): boolean {
  return credential.kind === 'api-key' && credential.id === id;
}

function noSuchKey(id: string): KeywrightError {
  return new KeywrightError('not-found', `there is no API key ${JSON.stringify(id.slice(0, 120))}`, {
    hint: 'list them with: keywright token list',
  });
}
