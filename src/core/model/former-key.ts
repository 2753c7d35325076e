import { type Fields, object, text, time } from './fields.js';
import type { Timestamp } from './time.js';

/** What is kept of a deleted API key: enough to say what became of it when somebody presents it. */
export interface FormerApiKey {
  readonly id: string;
  /** The keyed hash of the key's text, in lower-case hex. */
  readonly hash: string;
  readonly deletedAt: Timestamp;
}

// The oldest are forgotten: a client may have had any number of keys.
const MOST = 20;

/** Adds keys that are deleted now. */
export function withFormer(
  former: readonly FormerApiKey[] | undefined,
  deleted: readonly Pick<FormerApiKey, 'id' | 'hash'>[],
  deletedAt: Timestamp,
): readonly FormerApiKey[] {
  return [...(former ?? []), ...deleted.map(({ id, hash }) => ({ id, hash, deletedAt }))].slice(-MOST);
}

/** Reads a former key from the key store. @throws KeywrightError `store-corrupt` that names the field */
export function parseFormerKey(value: unknown): FormerApiKey {
  const record: Fields = object(value, 'former key');
  return { id: text(record, 'id'), hash: text(record, 'hash'), deletedAt: time(record, 'deletedAt') };
}
