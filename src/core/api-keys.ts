import { randomBytes, randomUUID } from 'node:crypto';
import { checkKeyPrefix, DEFAULT_KEY_PREFIX, keyHint, makeApiKey } from './api-key.js';
import { type ApiKeyCredential, type Client, liveClient, parseLabel } from './client.js';
import { canonicalClientId } from './client-id.js';
import { KeywrightError } from './errors.js';
import { requireClient } from './issue-client.js';
import type { AuditEvent, AuditLog, Clock, KeyStore } from './ports.js';
import { NEVER, type Timestamp } from './time.js';

export interface ApiKeyServices {
  readonly keyStore: KeyStore;
  readonly clock: Clock;
  readonly hashSecret: (secret: string) => string;
  readonly audit: AuditLog;
}

export interface ApiKeyRequest {
  /** Canonical id of an existing client that gets one more credential; undefined for a new client with a UUID. */
  readonly clientId?: string | undefined;
  readonly label?: string | undefined;
  readonly scopes: readonly string[];
  readonly expiresAt: Timestamp;
  readonly prefix?: string | undefined;
}

/** A key that was just made: the only time that its text exists. */
export interface FreshApiKey {
  readonly client: Client;
  readonly credential: ApiKeyCredential;
  readonly key: string;
}

/** An API key in its client. */
export interface HeldApiKey {
  readonly client: Client;
  readonly credential: ApiKeyCredential;
}

/** Registers an API key. @throws KeywrightError `not-found` where the client that should get it does not exist */
export async function registerApiKey(services: ApiKeyServices, request: ApiKeyRequest): Promise<FreshApiKey> {
  const { keyStore, clock, audit } = services;
  const { clientId, expiresAt } = request;
  const now = clock.now();
  if (expiresAt <= now) throw new KeywrightError('invalid-input', 'the key would expire in the past');
  const { key, credential } = freshKey(services, request);
  const id = clientId ?? randomUUID();
  if (clientId !== undefined) await requireClient(keyStore, clientId);
  const client = await audit.record({ action: 'token.register', target: `${id}:${credential.id}` }, () =>
    keyStore.clients.update(id, (current) => {
      const holder =
        liveClient(current) ?? (clientId === undefined ? newClient(id, request, now) : undefined);
      if (holder === undefined) throw noSuchClient(id);
      return { ...holder, credentials: [...holder.credentials, credential], updatedAt: now };
    }),
  );
  return { client, credential, key };
}

/** What may be changed of an API key; what is left out stays. A revoked key stays revoked. */
export interface ApiKeyEdit {
  readonly label?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly expiresAt?: Timestamp | undefined;
}

/** @throws KeywrightError `not-found` */
export function editApiKey(services: ApiKeyServices, id: string, edit: ApiKeyEdit): Promise<HeldApiKey> {
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
export function invalidateApiKey(services: ApiKeyServices, id: string): Promise<HeldApiKey> {
  const now = services.clock.now();
  return changeKey(services, { action: 'token.invalidate', target: id }, (key) => ({
    ...key,
    revokedAt: key.revokedAt ?? now,
  }));
}

/** Removes a key; a client that had nothing else goes with it. @throws KeywrightError `not-found` */
export async function deleteApiKey(services: ApiKeyServices, id: string): Promise<void> {
  const { client, credential } = await findApiKey(services.keyStore, id);
  const now = services.clock.now();
  await services.audit.record({ action: 'token.delete', target: apiKeyId(client, credential) }, () =>
    services.keyStore.clients.update(client.id, (current) => {
      const holder = liveClient(current);
      if (!holder?.credentials.some((other) => isKey(other, credential.id))) throw noSuchKey(id);
      const credentials = holder.credentials.filter((other) => !isKey(other, credential.id));
      if (credentials.length === 0 && holder.retired.length === 0) return undefined;
      return { ...holder, credentials, updatedAt: now, deletedAt: credentials.length === 0 ? now : null };
    }),
  );
}

/**
 * Gives a key's client a new one with the same label, scopes and prefix; the old one holds until `overlapUntil`, or its
 * own end if that comes first. @throws KeywrightError `not-found`, `refused` for a key that does not work any more
 */
export async function rotateApiKey(
  services: ApiKeyServices,
  id: string,
  overlapUntil: Timestamp,
): Promise<FreshApiKey> {
  const { client, credential: old } = await findApiKey(services.keyStore, id);
  const now = services.clock.now();
  if (old.revokedAt !== null || old.expiresAt <= now) {
    throw new KeywrightError('refused', `API key ${id} does not work any more`, {
      hint: 'register a new one',
    });
  }
  // The new one lives as long as the old one was meant to.
  const expiresAt = old.expiresAt === NEVER ? NEVER : now + (old.expiresAt - old.createdAt);
  const { scopes, prefix, label } = old;
  const { key, credential } = freshKey(services, { scopes, label: label ?? undefined, expiresAt, prefix });
  const updated = await services.audit.record({ action: 'token.rotate', target: apiKeyId(client, old) }, () =>
    services.keyStore.clients.update(client.id, (current) => {
      const holder = liveClient(current);
      if (!holder?.credentials.some((other) => isKey(other, old.id))) throw noSuchKey(id);
      const credentials = holder.credentials.map((other) => {
        if (other.kind !== 'api-key' || other.id !== old.id) return other;
        return { ...other, expiresAt: Math.min(other.expiresAt, overlapUntil) };
      });
      return { ...holder, credentials: [...credentials, credential], updatedAt: now };
    }),
  );
  return { client: updated, credential, key };
}

/** All API keys, oldest first. */
export async function listApiKeys(keyStore: KeyStore): Promise<HeldApiKey[]> {
  const clients = (await keyStore.clients.list()).filter((client) => liveClient(client));
  return clients
    .flatMap((client) => keysOf(client).map((credential) => ({ client, credential })))
    .sort((one, other) => one.credential.createdAt - other.credential.createdAt);
}

/** Finds a key by `<client-id>:<key-id>`, or by the client id alone where it has one key. @throws KeywrightError `not-found` */
export async function findApiKey(keyStore: KeyStore, id: string): Promise<HeldApiKey> {
  const [holder = '', keyId] = id.split(':');
  const clientId = canonicalClientId(holder);
  if (clientId === undefined) throw noSuchKey(id);
  const client = await requireClient(keyStore, clientId);
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
  { keyStore, clock, audit }: ApiKeyServices,
  { action, target }: AuditEvent,
  change: (key: ApiKeyCredential) => ApiKeyCredential,
): Promise<HeldApiKey> {
  const found = await findApiKey(keyStore, target);
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

function freshKey(
  { clock, hashSecret }: ApiKeyServices,
  { label, scopes, expiresAt, prefix = DEFAULT_KEY_PREFIX }: Omit<ApiKeyRequest, 'clientId'>,
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

function newClient(id: string, { label, scopes }: ApiKeyRequest, now: Timestamp): Client {
  return {
    id,
    label: label ?? null,
    owner: null,
    domain: null,
    scopes,
    notBefore: now,
    notAfter: NEVER,
    revokedAt: null,
    createdAt: now,
    updatedAt: now,
    deletedAt: null,
    credentials: [],
    retired: [],
  };
}

function keysOf(client: Client): ApiKeyCredential[] {
  return client.credentials.filter((credential) => credential.kind === 'api-key');
}

function isKey(credential: { readonly kind: string; readonly id: string }, id: string): boolean {
  return credential.kind === 'api-key' && credential.id === id;
}

function noSuchClient(id: string): KeywrightError {
  return new KeywrightError('not-found', `there is no client ${id}`);
}

function noSuchKey(id: string): KeywrightError {
  return new KeywrightError('not-found', `there is no API key ${JSON.stringify(id.slice(0, 120))}`, {
    hint: 'list them with: keywright token list',
  });
}
