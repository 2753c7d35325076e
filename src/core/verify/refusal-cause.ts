import type { ApiKeyCredential, Client } from '../model/client.js';
import { apiKeysOf } from '../model/client.js';
import type { Principal } from '../model/principal.js';
import { covers } from '../model/scope.js';
import { formatTime } from '../model/time.js';
import type { Proof } from './client-principal.js';
import { invalidCause } from './invalid-cause.js';
import type { Rejection } from './presentation.js';
import { prove } from './prove.js';
import { proveCertificate } from './prove-certificate.js';
import { CREDENTIAL_NAMES, type Refused } from './refused.js';
import { hasBegun } from './verify.js';

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

const CAUSES = {
  missing: () => 'nothing was presented',
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
      : 'wrong domain';
  },
  'wrong-path': (refused) => {
    const [found] = principals(refused);
    return found ? `the path is not ${holderOf(found)}’s` : 'the path is another client’s';
  },
  'insufficient-scope': scopeCause,
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

function userRevocations({ id, credential }: Principal, { registry }: Refused): Revocation[] {
  if (credential.kind !== 'access-token' || credential.claims.origin.kind !== 'session') return [];
  const session = registry.sessionById(credential.claims.origin.sessionId);
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

function scopeCause(refused: Refused): string {
  const [found] = principals(refused);
  if (found === undefined) return 'the scope lacks';
  const { demand } = refused.presentation;
  const has = `it has ${listed(found.scopes)}`;
  if (demand === undefined || 'connect' in demand)
    return `${holderOf(found)} has no scope to connect: ${has}`;
  const lacking = demand.scopes.filter((scope) => !covers(found.scopes, scope));
  return `${holderOf(found)} lacks ${listed(lacking)}: ${has}`;
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

function nameOf(principal: Principal): string {
  const { id, credential } = principal;
  return credential.kind === 'api-key'
    ? `API key ${id}:${credential.id}`
    : `the ${CREDENTIAL_NAMES[credential.kind]} of ${holderOf(principal)}`;
}

function holderOf({ kind, id }: Principal): string {
  return `${kind} ${id}`;
}

/** The API key that somebody presented, or that the presented access token came from. */
function apiKeyOf(client: Client, { credential }: Principal): ApiKeyCredential | undefined {
  const origin = credential.kind === 'access-token' ? credential.claims.origin : undefined;
  const id = origin && origin.kind !== 'session' ? origin.credentialId : credential.id;
  return apiKeysOf(client).find((key) => key.id === id);
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}
