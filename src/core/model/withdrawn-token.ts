import { object, revision, text, time } from './fields.js';
import type { Timestamp } from './time.js';

/** An access token that was withdrawn by itself, remembered until it would have ended. Times are milliseconds since the epoch. */
export interface WithdrawnToken {
  /** `jti` of the token. */
  readonly id: string;
  readonly revision: number;
  readonly withdrawnAt: Timestamp;
  readonly expiresAt: Timestamp;
}

/** Reads a withdrawn access token as a key store holds it. @throws KeywrightError `store-corrupt` that names the field */
export function parseWithdrawnToken(value: unknown): WithdrawnToken {
  const record = object(value, 'withdrawn token');
  return {
    id: text(record, 'id'),
    revision: revision(record),
    withdrawnAt: time(record, 'withdrawnAt'),
    expiresAt: time(record, 'expiresAt'),
  };
}
