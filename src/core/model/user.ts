import { canonicalClientId } from './client-id.js';
import { KeywrightError } from './errors.js';
import { object, oneOf, optional, revision, text, texts, time } from './fields.js';
import type { Timestamp } from './time.js';

export const ROLES = ['admin', 'member'] as const;

/** An admin sees and manages everything; a member, only their own things. */
export type Role = (typeof ROLES)[number];

/** A person with an account. Times are in milliseconds since the epoch. */
export interface User {
  /** The name for signing in. It has the form of a client id, but a client may have the same one. */
  readonly id: string;
  readonly revision: number;
  readonly email: string | null;
  readonly groups: readonly string[];
  /** The names of the user's domains; `*` for all. */
  readonly domains: readonly string[];
  readonly role: Role;
  readonly scopes: readonly string[];
  /** The argon2id hash of the password, in the PHC string format. */
  readonly passwordHash: string;
  /** The time before which all sessions have ended. */
  readonly sessionsSince: Timestamp;
  /** The time at which the user was disabled, with its sessions, keys and clients; null for an enabled user. */
  readonly disabledAt: Timestamp | null;
  readonly createdAt: Timestamp;
  readonly updatedAt: Timestamp;
}

/** Reads a user's name in its canonical (lower-case) form. @throws KeywrightError `invalid-input` */
export function parseUserName(name: string): string {
  const id = canonicalClientId(name);
  if (id === undefined) {
    throw new KeywrightError(
      'invalid-input',
      `user name ${JSON.stringify(name.slice(0, 80))} is not allowed`,
      {
        hint: 'a name has 1 to 64 characters: a letter or digit first, then letters, digits, "_", ".", "@" or "-"',
      },
    );
  }
  return id;
}

/** Reads an e-mail address in lower case. It checks only the form. @throws KeywrightError `invalid-input` */
export function parseEmail(address: string): string {
  if (address.length > 254 || !/^[\x21-\x3f\x41-\x7e]{1,64}@[A-Za-z0-9.-]+$/.test(address)) {
    throw new KeywrightError(
      'invalid-input',
      `${JSON.stringify(address.slice(0, 80))} is not an e-mail address`,
    );
  }
  return address.toLowerCase();
}

/**
 * Reads the name of a group or a domain. It drops the `domains:` that some callers put in front.
 * @throws KeywrightError `invalid-input`
 */
export function parseGroupName(name: string): string {
  const bare = bareDomain(name);
  if (!/^(\*|[A-Za-z0-9][A-Za-z0-9_.-]{0,63})$/.test(bare)) {
    throw new KeywrightError(
      'invalid-input',
      `${JSON.stringify(name.slice(0, 80))} is not the name of a group or domain`,
      {
        hint: 'a name has 1 to 64 letters, digits, "_", "." or "-", a letter or digit first; * is every domain',
      },
    );
  }
  return bare;
}

/** Drops the `domains:` in front of a domain, as in `domains:plant7`. */
export function bareDomain(text: string): string {
  return text.startsWith('domains:') ? text.slice('domains:'.length) : text;
}

/** Reads a user from the key store. @throws KeywrightError `store-corrupt` that names the field */
export function parseUser(value: unknown): User {
  const record = object(value, 'user');
  return {
    id: text(record, 'id'),
    revision: revision(record),
    email: optional(text, record, 'email'),
    groups: texts(record, 'groups'),
    domains: texts(record, 'domains'),
    role: oneOf(ROLES, record, 'role'),
    scopes: texts(record, 'scopes'),
    passwordHash: text(record, 'passwordHash'),
    sessionsSince: time(record, 'sessionsSince'),
    disabledAt: optional(time, record, 'disabledAt'),
    createdAt: time(record, 'createdAt'),
    updatedAt: time(record, 'updatedAt'),
  };
}
