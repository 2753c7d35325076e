import { KeywrightError } from '../model/errors.js';
import { soundTime } from '../model/sound-time.js';
import type { Timestamp } from '../model/time.js';
import { parseEmail, parseGroupName, type Role, type User } from '../model/user.js';
import type { KeyStore } from '../ports/key-store.js';
import { requireAdmin, requireGrantable } from './actor.js';
import type { Managing } from './management.js';

/** The details of a user. A field that is left out stays as it is, or gets its default. */
export interface UserDetails {
  readonly email?: string | null | undefined;
  readonly groups?: readonly string[] | undefined;
  readonly domains?: readonly string[] | undefined;
  readonly role?: Role | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly disabled?: boolean | undefined;
}

const DEFAULT_SCOPES: Record<Role, readonly string[]> = { admin: ['*'], member: ['ingest'] };

// Every token of the user carries these names, and must fit into a header.
const MAX_NAMES = 32;

/** The least number of characters of a password. */
export const LEAST_PASSWORD = 12;
const LONGEST_PASSWORD = 512;

/** Adds a user. @throws KeywrightError `already-exists`, `invalid-input`, `refused` */
export async function addUser(
  { keyStore, changes, clock, passwords, actor }: Managing<'passwords'>,
  { id, password, ...details }: UserDetails & { readonly id: string; readonly password: string },
): Promise<User> {
  const now = soundTime(clock.now());
  // Everything else is checked before the slow hash.
  const checked = await checkNewUser({ keyStore, actor }, { id, ...details });
  const passwordHash = await passwords.hash(checkPassword(password));
  // A former user of that name may have left some.
  const sessionsEnd = await sessionsEndOf(keyStore, id);
  return changes.change({ action: 'user.add', target: id }, async (records) => {
    refuseTaken(await records.get('user', id));
    const user: User = {
      id,
      revision: 0,
      ...checked,
      passwordHash,
      sessionsSince: Math.max(now, sessionsEnd),
      disabledAt: details.disabled ? now : null,
      createdAt: now,
      updatedAt: now,
    };
    records.put('user', user);
    return user;
  });
}

/**
 * Checks the details of a new user, and fills them in.
 * @throws KeywrightError `already-exists`, `invalid-input`, `refused`
 */
export async function checkNewUser(
  { keyStore, actor }: Pick<Managing, 'keyStore' | 'actor'>,
  { id, ...details }: UserDetails & { readonly id: string },
) {
  requireAdmin(actor);
  const role = details.role ?? 'member';
  const scopes = details.scopes ?? DEFAULT_SCOPES[role];
  requireGrantable(actor, scopes);
  const { email = null, groups = [], domains = [] } = parseDetails(details);
  refuseTaken(await keyStore.users.get(id));
  return { email, groups, domains, role, scopes };
}

function refuseTaken(current: User | undefined): void {
  if (current) throw new KeywrightError('already-exists', `user ${current.id} already exists`);
}

/** @throws KeywrightError `not-found`, `invalid-input`, `already-exists`, `refused` */
export async function editUser(
  { changes, clock, actor }: Managing,
  id: string,
  details: UserDetails,
): Promise<User> {
  requireAdmin(actor);
  const { email, groups, domains } = parseDetails(details);
  return changes.change({ action: 'user.edit', target: id }, async (records) => {
    const user = (await records.get('user', id)) ?? throwNoSuchUser(id);
    if (details.scopes) requireGrantable(actor, details.scopes);
    // An actor must not take over a user who may do more than the actor.
    requireGrantable(actor, user.scopes);
    const now = clock.now();
    const disabledAt = details.disabled ? (user.disabledAt ?? now) : null;
    const next = {
      ...user,
      email: email === undefined ? user.email : email,
      groups: groups ?? user.groups,
      domains: domains ?? user.domains,
      role: details.role ?? user.role,
      scopes: details.scopes ?? user.scopes,
      disabledAt: details.disabled === undefined ? user.disabledAt : disabledAt,
      updatedAt: now,
    };
    records.put('user', next);
    return next;
  });
}

/**
 * Changes a user's password. All of the user's sessions end.
 * @throws KeywrightError `not-found`, `invalid-input`, `refused`
 */
export async function changePassword(
  { keyStore, changes, clock, passwords, actor }: Managing<'passwords'>,
  id: string,
  password: string,
): Promise<User> {
  const user = await requireUser(keyStore, id);
  if (actor.kind === 'member' && actor.userId !== id) throwNoSuchUser(id);
  requireGrantable(actor, user.scopes);
  const passwordHash = await passwords.hash(checkPassword(password));
  const sessionsEnd = await sessionsEndOf(keyStore, id);
  return changes.change({ action: 'user.passwd', target: id }, async (records) => {
    const current = (await records.get('user', id)) ?? throwNoSuchUser(id);
    requireGrantable(actor, current.scopes);
    const now = soundTime(clock.now());
    const next = { ...current, passwordHash, sessionsSince: Math.max(now, sessionsEnd), updatedAt: now };
    records.put('user', next);
    return next;
  });
}

/** Finds the time before which all present sessions of a name began, on machines whose clocks are ahead, too. */
async function sessionsEndOf({ sessions }: KeyStore, id: string): Promise<Timestamp> {
  const begins = (await sessions.page()).map(({ userId, createdAt }) => (userId === id ? createdAt + 1 : 0));
  return begins.reduce((one, other) => Math.max(one, other), 0);
}

/** Fetches a user. @throws KeywrightError `not-found` */
export async function requireUser(keyStore: KeyStore, id: string): Promise<User> {
  return (await keyStore.users.get(id)) ?? throwNoSuchUser(id);
}

/** Checks a new password and its length, as in NIST SP 800-63B section 5.1.1. @throws KeywrightError `invalid-input` */
export function checkPassword(password: string): string {
  if (password.length < LEAST_PASSWORD || password.length > LONGEST_PASSWORD) {
    throw new KeywrightError(
      'invalid-input',
      `a password has ${LEAST_PASSWORD} to ${LONGEST_PASSWORD} characters`,
    );
  }
  // UTF-8 has no halves of characters: all of them would be the same password.
  if (/\p{Cs}/u.test(password))
    throw new KeywrightError('invalid-input', 'the password is not whole: it has half of a character');
  return password;
}

function parseDetails({ email, groups, domains }: UserDetails) {
  return {
    email: typeof email === 'string' ? parseEmail(email) : email,
    groups: groups && parseNames(groups),
    domains: domains && parseNames(domains),
  };
}

function parseNames(names: readonly string[]): string[] {
  if (names.length > MAX_NAMES)
    throw new KeywrightError('invalid-input', `more than ${MAX_NAMES} groups or domains`);
  return [...new Set(names.map(parseGroupName))];
}

/** Makes the error for a user that does not exist, or that the caller may not see. */
export function noSuchUser(id: string): KeywrightError {
  return new KeywrightError('not-found', `there is no user ${id}`, {
    hint: 'list the users with: keywright user list',
  });
}

/** @throws KeywrightError `not-found` */
export function throwNoSuchUser(id: string): never {
  throw noSuchUser(id);
}
