import { randomBytes } from 'node:crypto';
import { integer, object, optional, revision, text, texts, time } from './fields.js';
import type { Timestamp } from './time.js';

/** A user's login, from which access tokens come. Times are milliseconds since the epoch. */
export interface Session {
  /** 32 hexadecimal digits. */
  readonly id: string;
  readonly revision: number;
  readonly userId: string;
  readonly scopes: readonly string[];
  /** From which address it began. */
  readonly from: string;
  readonly createdAt: Timestamp;
  readonly expiresAt: Timestamp;
  readonly revokedAt: Timestamp | null;
  /** How often it was refreshed; only the refresh token of this generation works. */
  readonly generation: number;
  /** Part of what refresh tokens are made of; null where there are none. */
  readonly refreshSalt: string | null;
}

/** An id for a session or a token: 128 random bits. */
export function randomId(): string {
  return randomBytes(16).toString('hex');
}

const REFRESH_TOKEN = /^kwr_([0-9a-f]{32})_([0-9a-z]{1,8})_([0-9a-f]{64})$/;

/** A refresh token taken apart. */
export interface RefreshToken {
  readonly sessionId: string;
  readonly generation: number;
  readonly mac: string;
}

/**
 * The refresh token of a session's generation: it names its session, so that one used twice is known for whose it was
 * without a list of all that were used. Undefined where the session has none.
 */
export function refreshToken(session: Session, hashSecret: (text: string) => string): string | undefined {
  const mac = refreshMac(session, { generation: session.generation, hashSecret });
  return mac && `kwr_${session.id}_${session.generation.toString(36)}_${mac}`;
}

/** The part of a refresh token that nobody else can make, for one generation. */
export function refreshMac(
  { id, refreshSalt }: Session,
  { generation, hashSecret }: { readonly generation: number; readonly hashSecret: (text: string) => string },
): string | undefined {
  // No API key contains a blank: the two uses of the hashing key cannot meet.
  return refreshSalt === null ? undefined : hashSecret(`refresh ${id} ${generation} ${refreshSalt}`);
}

/** Takes a refresh token apart by its shape; undefined where the text is none. */
export function parseRefreshToken(text: string): RefreshToken | undefined {
  const [, sessionId, generation, mac] = REFRESH_TOKEN.exec(text) ?? [];
  if (sessionId === undefined || generation === undefined || mac === undefined) return undefined;
  return { sessionId, generation: Number.parseInt(generation, 36), mac };
}

/** Reads a session as a keystore holds it. @throws KeywrightError `store-corrupt` that names the field */
export function parseSession(value: unknown): Session {
  const record = object(value, 'session');
  return {
    id: text(record, 'id'),
    revision: revision(record),
    userId: text(record, 'userId'),
    scopes: texts(record, 'scopes'),
    from: text(record, 'from'),
    createdAt: time(record, 'createdAt'),
    expiresAt: time(record, 'expiresAt'),
    revokedAt: optional(time, record, 'revokedAt'),
    generation: integer(record, 'generation'),
    refreshSalt: optional(text, record, 'refreshSalt'),
  };
}
