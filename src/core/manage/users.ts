import { type Client, deletedClient, liveClient } from '../model/client.js';
import { KeywrightError } from '../model/errors.js';
import { parseEmail, parseGroupName, type Role, type User } from '../model/user.js';
import type { KeyStore } from '../ports/key-store.js';
import { requireAdmin, requireGrantable } from './actor.js';
import type { Management, Managing } from './management.js';

/** What may be said of a user; what is left out stays, or gets its default. */
export interface UserDetails {
  readonly email?: string | null | undefined;
  readonly groups?: readonly string[] | undefined;
  readonly domains?: readonly string[] | undefined;
  readonly role?: Role | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly disabled?: boolean | undefined;
}

const DEFAULT_SCOPES: Record<Role, readonly string[]> = { admin: ['*'], member: ['ingest'] };

// They are in every token of the user, which must fit into a header.
const MAX_NAMES = 32;

const PASSWORD_LENGTH = { least: 12, most: 512 };

/** Adds a user. @throws KeywrightError `already-exists`, `invalid-input`, `refused` */
export async function addUser(
  services: Managing<'passwords'>,
  { id, password, ...details }: UserDetails & { readonly id: string; readonly password: string },
): Promise<User> {
  const { keyStore, clock, audit, passwords, actor } = services;
  requireAdmin(actor);
  const role = details.role ?? 'member';
  const scopes = details.scopes ?? DEFAULT_SCOPES[role];
  requireGrantable(actor, scopes);
  const refuseTaken = (current: User | undefined) => {
    if (current) throw new KeywrightError('already-exists', `user ${id} already exists`);
  };
  refuseTaken(await keyStore.users.get(id));
  const passwordHash = await passwords.hash(checkPassword(password));
  const [groups, domains] = [parseNames(details.groups ?? []), parseNames(details.domains ?? [])];
  const email = await claimEmail(services, { email: details.email ?? null, id });
  return audit.record({ action: 'user.add', target: id }, () =>
    keyStore.users.update(id, (current) => {
      refuseTaken(current);
      const now = clock.now();
      return {
        id,
        email,
        groups,
        domains,
        role,
        scopes,
        passwordHash,
        sessionsSince: now,
        disabledAt: details.disabled ? now : null,
        createdAt: now,
        updatedAt: now,
      };
    }),
  );
}

/** @throws KeywrightError `not-found`, `invalid-input`, `already-exists`, `refused` */
export async function editUser(services: Managing, id: string, details: UserDetails): Promise<User> {
  const { keyStore, clock, audit, actor } = services;
  requireAdmin(actor);
  const former = await requireUser(keyStore, id);
  if (details.scopes) requireGrantable(actor, details.scopes);
  const groups = details.groups && parseNames(details.groups);
  const domains = details.domains && parseNames(details.domains);
  const email =
    details.email === undefined ? undefined : await claimEmail(services, { email: details.email, id });
  const edited = await audit.record({ action: 'user.edit', target: id }, () =>
    keyStore.users.update(id, (current) => {
      const user = current ?? throwNoSuchUser(id);
      // Whoever may do less than a user could otherwise make it their own.
      requireGrantable(actor, user.scopes);
      const now = clock.now();
      const disabledAt = details.disabled ? (user.disabledAt ?? now) : null;
      return {
        ...user,
        email: email === undefined ? user.email : email,
        groups: groups ?? user.groups,
        domains: domains ?? user.domains,
        role: details.role ?? user.role,
        scopes: details.scopes ?? user.scopes,
        disabledAt: details.disabled === undefined ? user.disabledAt : disabledAt,
        updatedAt: now,
      };
    }),
  );
  if (former.email !== edited.email) await releaseEmail(services, { email: former.email, id });
  return edited;
}

/** Gives a user another password; all of the user's sessions end. @throws KeywrightError `not-found`, `invalid-input`, `refused` */
export async function changePassword(
  { keyStore, clock, audit, passwords, actor }: Managing<'passwords'>,
  id: string,
  password: string,
): Promise<User> {
  const user = await requireUser(keyStore, id);
  if (actor.kind === 'member' && actor.userId !== id) throwNoSuchUser(id);
  requireGrantable(actor, user.scopes);
  const passwordHash = await passwords.hash(checkPassword(password));
  return audit.record({ action: 'user.passwd', target: id }, () =>
    keyStore.users.update(id, (current) => {
      const now = clock.now();
      return { ...(current ?? throwNoSuchUser(id)), passwordHash, sessionsSince: now, updatedAt: now };
    }),
  );
}

/** What becomes of a deleted user's clients. */
export type ClientsOfDeleted = 'none' | 'delete' | { readonly giveTo: string };

/**
 * Deletes a user. The user is disabled first, which stops everything at once: whoever stops this half-way leaves a
 * disabled user, never a client that works without its owner.
 * @throws KeywrightError `not-found`; `refused` where there are clients and nothing was said of them
 */
export async function deleteUser(services: Managing, id: string, clients: ClientsOfDeleted): Promise<void> {
  const { keyStore, clock, audit, actor } = services;
  requireAdmin(actor);
  requireGrantable(actor, (await requireUser(keyStore, id)).scopes);
  const owned = await clientsOf(keyStore, id);
  if (owned.length > 0 && clients === 'none') {
    throw new KeywrightError('refused', `user ${id} has ${owned.length} client(s): ${names(owned)}`, {
      hint: 'say what becomes of them: --with-clients deletes them, --give-to USER hands them on',
    });
  }
  if (typeof clients === 'object') {
    if (clients.giveTo === id)
      throw new KeywrightError('invalid-input', `user ${id} cannot inherit from itself`);
    await requireUser(keyStore, clients.giveTo);
  }
  await audit.record({ action: 'user.del', target: id }, async () => {
    await keyStore.users.update(
      id,
      (user) => user && { ...user, disabledAt: user.disabledAt ?? clock.now() },
    );
    // Also what was registered until the user was seen to be disabled.
    for (let left = await clientsOf(keyStore, id); left.length > 0; left = await clientsOf(keyStore, id)) {
      for (const client of left) await part(services, client, { from: id, clients });
    }
    for (const key of await keyStore.provisioningKeys.list()) {
      if (key.owner === id) await keyStore.provisioningKeys.update(key.id, () => undefined);
    }
    const user = await keyStore.users.get(id);
    await keyStore.users.update(id, () => undefined);
    await releaseEmail(services, { email: user?.email, id });
  });
}

/** Deletes a client that is still its owner's, or hands it on. */
async function part(
  { keyStore, clock }: Pick<Management, 'keyStore' | 'clock'>,
  { id }: Client,
  { from, clients }: { readonly from: string; readonly clients: ClientsOfDeleted },
): Promise<void> {
  await keyStore.clients.update(id, (current) => {
    const client = liveClient(current);
    if (client?.owner !== from) return current;
    const now = clock.now();
    if (typeof clients === 'object') return { ...client, owner: clients.giveTo, updatedAt: now };
    return deletedClient(client, now);
  });
}

/** Fetches a user. @throws KeywrightError `not-found` */
export async function requireUser(keyStore: KeyStore, id: string): Promise<User> {
  return (await keyStore.users.get(id)) ?? throwNoSuchUser(id);
}

/** The live clients that belong to a user. */
async function clientsOf(keyStore: KeyStore, userId: string): Promise<Client[]> {
  return (await keyStore.clients.list()).filter((client) => liveClient(client)?.owner === userId);
}

/** Checks a new password's length; more is not asked (NIST SP 800-63B section 5.1.1). @throws KeywrightError `invalid-input` */
export function checkPassword(password: string): string {
  const { least, most } = PASSWORD_LENGTH;
  if (password.length < least || password.length > most) {
    throw new KeywrightError('invalid-input', `a password has ${least} to ${most} characters`);
  }
  return password;
}

function parseNames(names: readonly string[]): string[] {
  if (names.length > MAX_NAMES)
    throw new KeywrightError('invalid-input', `more than ${MAX_NAMES} groups or domains`);
  return [...new Set(names.map(parseGroupName))];
}

// Between the claim and the user's record there are milliseconds.
const CLAIM_MS = 60_000;

/** Takes an e-mail address for a user, before the user gets it: of two at once, one does. @throws KeywrightError `already-exists` */
async function claimEmail(
  { keyStore, clock }: Pick<Management, 'keyStore' | 'clock'>,
  { email, id }: { readonly email: string | null; readonly id: string },
): Promise<string | null> {
  if (email === null) return null;
  const address = parseEmail(email);
  const found = await keyStore.emails.get(address);
  const holder = found && (await keyStore.users.get(found.userId));
  const now = clock.now();
  await keyStore.emails.update(address, (current) => {
    // A claim of somebody who does not have the address was left by a command that was killed.
    const isLeft = current?.userId === found?.userId && holder?.email !== address;
    if (current && current.userId !== id && !(isLeft && current.claimedAt + CLAIM_MS < now)) {
      throw new KeywrightError('already-exists', `user ${current.userId} has the e-mail address ${address}`);
    }
    return { userId: id, claimedAt: now };
  });
  return address;
}

async function releaseEmail(
  { keyStore }: Pick<Management, 'keyStore'>,
  { email, id }: { readonly email: string | null | undefined; readonly id: string },
): Promise<void> {
  if (email) await keyStore.emails.update(email, (claim) => (claim?.userId === id ? undefined : claim));
}

function names(clients: readonly Client[]): string {
  const shown = clients.slice(0, 5).map(({ id }) => id);
  return [...shown, ...(clients.length > shown.length ? ['…'] : [])].join(', ');
}

/** What is said of a user that does not exist, or is not for the caller to see. */
export function noSuchUser(id: string): KeywrightError {
  return new KeywrightError('not-found', `there is no user ${id}`, {
    hint: 'list the users with: keywright user list',
  });
}

function throwNoSuchUser(id: string): never {
  throw noSuchUser(id);
}
