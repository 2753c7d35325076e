import { integer, object, optional, revision, text, texts, time } from './fields.js';
import type { Timestamp } from './time.js';

/**
 * A key with which a limited number of devices may register until its end. The record holds only enough to recognise
 * the key.
 */
export interface ProvisioningKey {
  /** The first twelve hexadecimal digits of the keyed hash. */
  readonly id: string;
  readonly revision: number;
  /** The keyed hash of the key's text, in lower-case hex. */
  readonly hash: string;
  /** The beginning of the key, for recognition in a list. */
  readonly hint: string;
  /** The number of uses left, at least one: the last use deletes the key. */
  readonly usesLeft: number;
  /** The scopes of the clients that register with the key. */
  readonly scopes: readonly string[];
  /** The owner of the clients that register with the key. */
  readonly owner: string | null;
  readonly label: string | null;
  readonly createdAt: Timestamp;
  readonly expiresAt: Timestamp;
}

/** The prefix of provisioning keys. */
export const PROVISIONING_KEY_PREFIX = 'prov_';

/** Cuts a keyed hash to the id of its provisioning key. */
export function provisioningKeyId(hash: string): string {
  return hash.slice(0, 12);
}

/** Reads a provisioning key from the key store. @throws KeywrightError `store-corrupt` that names the field */
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

/** The states of a provisioning key. */
export const PROVISIONING_KEY_STATES = ['valid', 'expired'] as const;

export function provisioningKeyState(
  { expiresAt }: Pick<ProvisioningKey, 'expiresAt'>,
  now: Timestamp,
): (typeof PROVISIONING_KEY_STATES)[number] {
  return now >= expiresAt ? 'expired' : 'valid';
}
