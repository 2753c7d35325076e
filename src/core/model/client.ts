import { KeywrightError } from './errors.js';
import {
  added,
  corrupt,
  flag,
  integer,
  list,
  object,
  optional,
  revision,
  text,
  texts,
  time,
} from './fields.js';
import { type FormerApiKey, parseFormerKey, withFormer } from './former-key.js';
import { NEVER, type Timestamp } from './time.js';

/** A signed token that the client got with a certificate. It works as long as the certificate does. */
export interface SignedTokenCredential {
  readonly kind: 'signed-token';
  /** The SHA-256 hash of the token's text, in lower-case hex. */
  readonly id: string;
  /** The fingerprint of the certificate whose key signed the token. */
  readonly certificateId: string;
}

/** The record of an API key. It holds only enough to recognise the key. */
export interface ApiKeyCredential {
  readonly kind: 'api-key';
  /** Six or more hexadecimal digits, unique among the client's keys. */
  readonly id: string;
  /** The keyed hash of the key's text, in lower-case hex. */
  readonly hash: string;
  readonly prefix: string;
  /** The beginning of the key, for recognition in a list. */
  readonly hint: string;
  readonly label: string | null;
  readonly scopes: readonly string[];
  readonly createdAt: Timestamp;
  readonly expiresAt: Timestamp;
  /**
   * The time for which the key was made, in milliseconds, which a rotation keeps; null for a key without an end, missing in
   * records from before there were lifetimes.
   */
  readonly lifetimeMs?: number | null | undefined;
  /** The time of the invalidation, which is for ever. */
  readonly revokedAt: Timestamp | null;
  readonly suspendedAt?: Timestamp | null | undefined;
  /** The time at which a rotation gave the client another key in its place. */
  readonly replacedAt?: Timestamp | null | undefined;
}

/** A client's MQTT password. A client has at most one. */
export interface PasswordCredential {
  readonly kind: 'password';
  /** A random id that changes with the password. */
  readonly id: string;
  /** The argon2id hash of the password, in the PHC string format. */
  readonly hash: string;
  /** True if the password suffices alone, with the client id as user name. Otherwise it goes beside an API key. */
  readonly alone: boolean;
  readonly createdAt: Timestamp;
}

/** A client's credential other than a certificate, which has its own record. */
export type Credential = SignedTokenCredential | ApiKeyCredential | PasswordCredential;

/** A machine identity: a device, a service, a script. Times are in milliseconds since the epoch. */
export interface Client {
  readonly id: string;
  readonly revision: number;
  readonly label: string | null;
  readonly owner: string | null;
  readonly domain: string | null;
  readonly scopes: readonly string[];
  readonly notBefore: Timestamp;
  readonly notAfter: Timestamp;
  readonly revokedAt: Timestamp | null;
  /** The time at which all of the client's credentials were switched off, until somebody switches them on again. */
  readonly suspendedAt?: Timestamp | null | undefined;
  readonly createdAt: Timestamp;
  readonly updatedAt: Timestamp;
  /**
   * The time of the deletion; null for a live client. The record of a deleted client stays, so that it is not taken for
   * unknown.
   */
  readonly deletedAt: Timestamp | null;
  readonly credentials: readonly Credential[];
  /** The last API keys that were deleted; missing if there were none. */
  readonly formerKeys?: readonly FormerApiKey[] | undefined;
}

/** Makes a client. By default it has no end and no credentials. */
export function newClient(given: Pick<Client, 'id' | 'createdAt'> & Partial<Client>): Client {
  return {
    ...{ label: null, owner: null, domain: null, scopes: [], notBefore: given.createdAt, notAfter: NEVER },
    ...{ revokedAt: null, updatedAt: given.createdAt, deletedAt: null, credentials: [], revision: 0 },
    ...given,
  };
}

/** Makes the id of a client's new API key: the beginning of its keyed hash that none of the other keys has for an id. */
export function freeKeyId(hash: string, credentials: readonly Pick<Credential, 'id'>[]): string {
  let length = 6;
  const isTaken = (id: string) => credentials.some((other) => other.id === id);
  while (length < hash.length && isTaken(hash.slice(0, length))) length += 2;
  return hash.slice(0, length);
}

/** Lists a client's API keys. */
export function apiKeysOf({ credentials }: Client): ApiKeyCredential[] {
  return credentials.filter((credential) => credential.kind === 'api-key');
}

/** Finds a client's MQTT password. */
export function passwordOf({ credentials }: Client): PasswordCredential | undefined {
  return credentials.find((credential) => credential.kind === 'password');
}

/** The time for which an API key was made, in milliseconds; null for a key without an end. */
export function lifetimeOf({ createdAt, expiresAt, lifetimeMs }: ApiKeyCredential): number | null {
  return lifetimeMs === undefined ? lifetime(createdAt, expiresAt) : lifetimeMs;
}

/** The time from a beginning to an end, in milliseconds; null if there is no end. */
export function lifetime(from: Timestamp, expiresAt: Timestamp): number | null {
  return expiresAt === NEVER ? null : expiresAt - from;
}

/** Checks a label: 1 to 200 characters without control characters or halves of characters. @throws KeywrightError `invalid-input` */
export function parseLabel(text: string): string {
  if (text.length === 0 || text.length > 200 || /\p{Cc}|\p{Cf}|\p{Cs}|\p{Zl}|\p{Zp}/u.test(text)) {
    throw new KeywrightError('invalid-input', `label ${JSON.stringify(text.slice(0, 80))} is not allowed`, {
      hint: 'a label has 1 to 200 characters, and no control characters',
    });
  }
  return text;
}

/** Returns the client if it is not deleted. */
export function liveClient(client: Client | undefined): Client | undefined {
  return client?.deletedAt === null ? client : undefined;
}

/** Deletes a client. @returns the record that stays */
export function deletedClient(client: Client, now: Timestamp): Client {
  const formerKeys = withFormer(client.formerKeys, apiKeysOf(client), now);
  return { ...client, label: null, scopes: [], credentials: [], formerKeys, updatedAt: now, deletedAt: now };
}

/** Reads a client from the key store. @throws KeywrightError `store-corrupt` that names the field */
export function parseClient(value: unknown): Client {
  const record = object(value, 'client');
  return {
    id: text(record, 'id'),
    revision: revision(record),
    label: optional(text, record, 'label'),
    owner: optional(text, record, 'owner'),
    domain: optional(text, record, 'domain'),
    scopes: texts(record, 'scopes'),
    notBefore: time(record, 'notBefore'),
    notAfter: time(record, 'notAfter'),
    revokedAt: optional(time, record, 'revokedAt'),
    suspendedAt: added(time, record, 'suspendedAt'),
    createdAt: time(record, 'createdAt'),
    updatedAt: time(record, 'updatedAt'),
    deletedAt: optional(time, record, 'deletedAt'),
    credentials: withOwnIds(list(record, 'credentials').map(parseCredential)),
    formerKeys: record.formerKeys === undefined ? undefined : list(record, 'formerKeys').map(parseFormerKey),
  };
}

/** Gives another id to an API key whose id an earlier one has, as older programs did not prevent. */
function withOwnIds(credentials: readonly Credential[]): readonly Credential[] {
  if (new Set(credentials.map(({ id }) => id)).size === credentials.length) return credentials;
  const seen = new Set<string>();
  // The ids of all count, so that no later one has to give way.
  const taken = [...credentials];
  return credentials.map((credential) => {
    const isTaken = credential.kind === 'api-key' && seen.has(credential.id);
    const own = isTaken ? { ...credential, id: freeKeyId(credential.hash, taken) } : credential;
    seen.add(own.id);
    taken.push(own);
    return own;
  });
}

function parseCredential(value: unknown): Credential {
  const record = object(value, 'credential');
  const id = text(record, 'id');
  switch (record.kind) {
    case 'signed-token':
      return { kind: 'signed-token', id, certificateId: text(record, 'certificateId') };
    case 'api-key':
      return {
        kind: 'api-key',
        id,
        hash: text(record, 'hash'),
        prefix: text(record, 'prefix'),
        hint: text(record, 'hint'),
        label: optional(text, record, 'label'),
        scopes: texts(record, 'scopes'),
        createdAt: time(record, 'createdAt'),
        expiresAt: time(record, 'expiresAt'),
        lifetimeMs: added(integer, record, 'lifetimeMs'),
        revokedAt: optional(time, record, 'revokedAt'),
        suspendedAt: added(time, record, 'suspendedAt'),
        replacedAt: added(time, record, 'replacedAt'),
      };
    case 'password':
      return {
        kind: 'password',
        id,
        hash: text(record, 'hash'),
        // Older passwords without this field go beside a key.
        alone: record.alone === undefined ? false : flag(record, 'alone'),
        createdAt: time(record, 'createdAt'),
      };
    default:
      throw corrupt('kind');
  }
}
