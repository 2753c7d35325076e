import { apiKeysOf } from '../model/client.js';
import { type Principal, sessionIdOf } from '../model/principal.js';
import { formatTime, hasBegun } from '../model/time.js';
import type { Proof } from './client-principal.js';
import { invalidCause } from './invalid-cause.js';
import { apiKeyOf, holderOf, listed, nameOf } from './named.js';
import type { Rejection } from './presentation.js';
import { prove } from './prove.js';
import { proveCertificate } from './prove-certificate.js';
import type { Refused } from './refused.js';
import { scopeCause } from './scope-cause.js';

/**
 * The cause of a refusal, in a sentence for whoever runs this server: it tells what callers must not learn (which clients
 * there are, and what became of them), and nothing that could be presented: only what is or was registered is named. To be
 * asked after the verdict; it never throws.
 */
export function refusalCause(refused: Refused): string {
  try {
    return CAUSES[refused.reason](refused);
  } catch {
    return CAUSES.unavailable();
  }
}

/** Finds the client whose credential was presented, or whose API key it once was; undefined if that cannot be known. */
export function holderIn(refused: Refused): string | undefined {
  try {
    const { presentation, registry, reason } = refused;
    if (reason === 'conflicting-credentials') return undefined;
    const found = principals(refused).find(({ kind }) => kind === 'client');
    if (found !== undefined) return found.id;
    const { credential } = presentation;
    const key = credential?.kind === 'key-and-password' ? credential.key : credential;
    const keyHash = key?.kind === 'api-key' ? registry.facts.keyHash(key, registry) : undefined;
    return keyHash && (registry.clientIdByKeyHash(keyHash) ?? registry.formerKeyByHash(keyHash)?.clientId);
  } catch {
    return undefined;
  }
}

const CAUSES = {
  missing: () => 'nothing was presented',
  'conflicting-credentials': () => 'two credentials that differ were presented',
  invalid: invalidCause,
  revoked: revokedCause,
  suspended: suspendedCause,
  'not-yet-valid': (refused) => {
    const found = principals(refused).find(
      ({ notBefore }) => !hasBegun(notBefore, refused.now, refused.registry),
    );
    return found
      ? `${nameOf(found)} is not valid before ${formatTime(found.notBefore)}`
      : 'it is not valid yet';
  },
  expired: expiredCause,
  'wrong-client-id': (refused) => {
    const [first, second] = principals(refused);
    if (first === undefined) return 'it belongs to another client';
    return second !== undefined && second.id !== first.id
      ? `${nameOf(first)} came together with ${nameOf(second)}`
      : `${nameOf(first)} was presented under another client’s id`;
  },
  'wrong-domain': (refused) => {
    const [found] = principals(refused);
    return found
      ? `${holderOf(found)} does not belong to that domain: it has ${listed(found.domains)}`
      : 'wrong-domain';
  },
  'wrong-path': (refused) => {
    const [found] = principals(refused);
    return found ? `the path is not ${holderOf(found)}’s` : 'the path is another client’s';
  },
  'insufficient-scope': (refused) => {
    const [found] = principals(refused);
    return found ? scopeCause(found, refused) : 'it lacks the scope';
  },
  unavailable: () => 'the keystore cannot be followed, or what was presented cannot be looked into',
} satisfies Record<Rejection, (refused: Refused) => string>;

function revokedCause(refused: Refused): string {
  const found = proofs(refused).find(({ revokedAt }) => revokedAt !== null);
  if (found === undefined) return 'it, its client or its owner is revoked';
  const { principal, revokedAt } = found;
  const possible =
    principal.kind === 'client' ? clientRevocations(principal, refused) : userRevocations(principal, refused);
  const [[event, at] = [`${nameOf(principal)} was withdrawn`, revokedAt]] = possible.filter(
    ([, time]) => time !== null,
  );
  return at === null ? event : `${event} at ${formatTime(at)}`;
}

/** An event that revokes, and its time; null if it did not happen. */
type Revocation = readonly [event: string, at: number | null];

// In the order in which `client-principal.ts` looks at them.
function clientRevocations(principal: Principal, { registry }: Refused): Revocation[] {
  const client = registry.clientById(principal.id);
  if (client === undefined) return [];
  const key = apiKeyOf(client, principal);
  const owner = client.owner === null ? undefined : registry.userById(client.owner);
  const isOwnersOwn = owner !== undefined && owner.createdAt <= client.updatedAt;
  const belongs = `user ${client.owner}, whom client ${client.id} belongs to,`;
  return [
    [`client ${client.id} was disabled`, client.revokedAt],
    [`API key ${client.id}:${key?.id} was invalidated`, key?.revokedAt ?? null],
    [`${belongs} was disabled`, isOwnersOwn ? owner.disabledAt : null],
    [
      `${belongs} was deleted after client ${client.id} was last changed`,
      client.owner !== null && !isOwnersOwn ? client.updatedAt : null,
    ],
  ];
}

function suspendedCause(refused: Refused): string {
  const found = proofs(refused).find(({ suspendedAt }) => suspendedAt !== null);
  if (found === undefined) return 'it or its client is suspended';
  const { principal, suspendedAt } = found;
  const client = refused.registry.clientById(principal.id);
  const key = client && apiKeyOf(client, principal);
  const what =
    client?.suspendedAt == null && key ? `API key ${client?.id}:${key.id}` : `client ${principal.id}`;
  return suspendedAt === null
    ? `${what} is suspended`
    : `${what} is suspended since ${formatTime(suspendedAt)}`;
}

function userRevocations(principal: Principal, { registry }: Refused): Revocation[] {
  const { id } = principal;
  const sessionId = sessionIdOf(principal);
  if (sessionId === undefined) return [];
  const session = registry.sessionById(sessionId);
  const user = registry.userById(id);
  const isOver = session && user && session.createdAt < user.sessionsSince;
  return [
    [`the session of user ${id} was ended`, session?.revokedAt ?? null],
    [`user ${id} was disabled`, user?.disabledAt ?? null],
    [`all sessions of user ${id} were ended`, isOver ? user.sessionsSince : null],
  ];
}

function expiredCause(refused: Refused): string {
  const found = principals(refused).find(({ expiresAt }) => refused.now >= expiresAt);
  if (found === undefined) return 'it has expired';
  const ended = `${nameOf(found)} expired at ${formatTime(found.expiresAt)}`;
  const client = found.kind === 'client' ? refused.registry.clientById(found.id) : undefined;
  const key = client && apiKeyOf(client, found);
  if (key && typeof key.replacedAt === 'number' && found.expiresAt === key.expiresAt)
    return `${nameOf(found)} was replaced at ${formatTime(key.replacedAt)}, and expired at ${formatTime(found.expiresAt)}`;
  const newer =
    key &&
    apiKeysOf(client).find(
      ({ createdAt, revokedAt, expiresAt }) =>
        createdAt > key.createdAt && revokedAt === null && refused.now < expiresAt,
    );
  return newer
    ? `${ended}, and client ${found.id} has a newer one since ${formatTime(newer.createdAt)}`
    : ended;
}

function proofs({ presentation, registry }: Refused): Proof[] {
  const { credential, certificate } = presentation;
  const byCredential = credential ? prove(credential, registry) : null;
  const byCertificate = certificate ? proveCertificate(certificate, registry) : null;
  return [byCredential, byCertificate].filter((proof) => proof !== null);
}

function principals(refused: Refused): Principal[] {
  return proofs(refused).map(({ principal }) => principal);
}
