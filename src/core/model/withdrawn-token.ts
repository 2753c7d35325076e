import { object, revision, text, time } from './fields.js';
import type { Timestamp } from './time.js';

/** A withdrawn access token. The record stays until the token's end. Times are in milliseconds since the epoch. */
export interface WithdrawnToken {
  /** The token's `jti`. */
  readonly id: string;
  readonly revision: number;
  readonly withdrawnAt: Timestamp;
  readonly expiresAt: Timestamp;
}

/** Reads a withdrawn access token from the key store. @throws KeywrightError `store-corrupt` that names the field */
export function parseWithdrawnToken(value: unknown): WithdrawnToken {
  const record = object(value, 'withdrawn token');
  return {
    id: text(record, 'id'),
    revision: revision(record),
    withdrawnAt: time(record, 'withdrawnAt'),
    expiresAt: time(record, 'expiresAt'),
  };
}
