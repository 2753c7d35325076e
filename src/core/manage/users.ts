import { type Client, liveClient } from '../model/client.js';
import { KeywrightError } from '../model/errors.js';
import { soundTime } from '../model/sound-time.js';
import { changedAt } from '../model/terms.js';
import type { Timestamp } from '../model/time.js';
import { parseEmail, parseGroupName, type Role, type User } from '../model/user.js';
import type { KeyStore } from '../ports/key-store.js';
import { requireAdmin, requireGrantable } from './actor.js';
import { removeClient } from './delete-client.js';
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

/** The fate of a deleted user's clients. */
export type ClientsOfDeleted = 'none' | 'delete' | { readonly giveTo: string };

/**
 * Deletes a user. It disables the user first, which stops everything at once: an interruption leaves a disabled user,
 * never a working client without its owner.
 * @throws KeywrightError `not-found`; `refused` if the user has clients and `clients` is `none`
 */
export async function deleteUser(services: Managing, id: string, clients: ClientsOfDeleted): Promise<void> {
  const { keyStore, changes, clock, actor } = services;
  requireAdmin(actor);
  const owned = await checkDeletion(keyStore, id, clients);
  await changes.change({ action: 'user.del', target: id }, async (records) => {
    const user = (await records.get('user', id)) ?? throwNoSuchUser(id);
    requireGrantable(actor, user.scopes);
    records.put('user', { ...user, disabledAt: user.disabledAt ?? clock.now() });
  });
  // A disabled user gets no more clients, so the loop ends. It also finds clients that were registered just before.
  for (let left = owned; left.length > 0; left = await keyStore.clients.page({ owner: id })) {
    for (const client of left) await part(services, client.id, { from: id, clients });
  }
  const keys = (await keyStore.provisioningKeys.page()).filter(({ owner }) => owner === id);
  await changes.change(null, async (records) => {
    for (const key of keys) records.delete('provisioning-key', key.id);
    records.delete('user', id);
  });
}

/**
 * Checks that the fate of a user's clients can be theirs.
 * @returns the user's clients
 * @throws KeywrightError `not-found`; `refused` if the user has clients and `clients` is `none`
 */
export async function checkDeletion(
  keyStore: KeyStore,
  id: string,
  clients: ClientsOfDeleted,
): Promise<readonly Client[]> {
  await requireUser(keyStore, id);
  if (typeof clients === 'object') {
    if (clients.giveTo === id)
      throw new KeywrightError('invalid-input', `user ${id} cannot inherit from itself`);
    await requireUser(keyStore, clients.giveTo);
  }
  const owned = await keyStore.clients.page({ owner: id });
  if (owned.length > 0 && clients === 'none') {
    throw new KeywrightError('refused', `user ${id} has ${owned.length} client(s): ${names(owned)}`, {
      hint: 'say what becomes of them: --with-clients deletes them, --give-to USER hands them on',
    });
  }
  return owned;
}

/** Deletes a client or gives it away, if the owner is still the same. */
async function part(
  { changes, clock }: Managing,
  clientId: string,
  { from, clients }: { readonly from: string; readonly clients: ClientsOfDeleted },
): Promise<void> {
  await changes.change(null, async (records) => {
    const client = liveClient(await records.get('client', clientId));
    if (client?.owner !== from) return;
    const now = clock.now();
    if (typeof clients === 'object') {
      const owner = (await records.get('user', clients.giveTo)) ?? throwNoSuchUser(clients.giveTo);
      const updatedAt = changedAt(client, { now, owner });
      records.put('client', { ...client, owner: owner.id, updatedAt });
    } else {
      await removeClient(records, client, now);
    }
  });
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

function names(clients: readonly Client[]): string {
  const shown = clients.slice(0, 5).map(({ id }) => id);
  return [...shown, ...(clients.length > shown.length ? ['…'] : [])].join(', ');
}

/** Makes the error for a user that does not exist, or that the caller may not see. */
export function noSuchUser(id: string): KeywrightError {
  return new KeywrightError('not-found', `there is no user ${id}`, {
    hint: 'list the users with: keywright user list',
  });
}

function throwNoSuchUser(id: string): never {
  throw noSuchUser(id);
}
