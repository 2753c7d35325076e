import { integer, object, optional, revision, text, texts, time } from './fields.js';
import type { Timestamp } from './time.js';

/** A key that devices register themselves with, so many times and until its end; of the key itself only what recognises it. */
export interface ProvisioningKey {
  /** How the keyed hash begins: twelve hexadecimal digits. */
  readonly id: string;
  readonly revision: number;
  /** Keyed hash of the key's text, lower-case hex. */
  readonly hash: string;
  /** How it begins, to recognise it in a list. */
  readonly hint: string;
  /** One at least: with its last use a key is deleted. */
  readonly usesLeft: number;
  /** What the clients that it makes may do. */
  readonly scopes: readonly string[];
  /** The user that they belong to. */
  readonly owner: string | null;
  readonly label: string | null;
  readonly createdAt: Timestamp;
  readonly expiresAt: Timestamp;
}

/** What provisioning keys begin with. */
export const PROVISIONING_KEY_PREFIX = 'prov_';

/** The id of the provisioning key of that keyed hash. */
export function provisioningKeyId(hash: string): string {
  return hash.slice(0, 12);
}

/** Reads a provisioning key as a keystore holds it. @throws KeywrightError `store-corrupt` that names the field */
export function parseProvisioningKey(value: unknown): ProvisioningKey {
  const record = object(value, 'provisioning key');
  return {
    id: text(record, 'id'),
    revision: revision(record),
    hash: text(record, 'hash'),
    hint: text(record, 'hint'),
    usesLeft: integer(record, 'usesLeft'),
    scopes: texts(record, 'scopes'),
    owner: optional(text, record, 'owner'),
    label: optional(text, record, 'label'),
    createdAt: time(record, 'createdAt'),
    expiresAt: time(record, 'expiresAt'),
  };
}
