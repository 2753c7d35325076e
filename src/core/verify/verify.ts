import { passwordOf } from '../model/client.js';
import { canonicalClientId } from '../model/client-id.js';
import type { Principal } from '../model/principal.js';
import { covers, coversConnect, coversTopic, type TopicVerb } from '../model/scope.js';
import { hasBegun, type Timestamp } from '../model/time.js';
import { bareDomain } from '../model/user.js';
import type { Proof } from './client-principal.js';
import type { Demand, Presentation, Rejection, Verdict } from './presentation.js';
import { prove, proveAgain } from './prove.js';
import { proveCertificate } from './prove-certificate.js';
import type { Registry } from './registry.js';

/** An earlier acceptance: its principal, and what was demanded. */
export interface Accepted {
  readonly principal: Principal;
  readonly demand: Demand;
  /** The id of the password that went with an API key, null if its client had none; undefined if none was asked for. */
  readonly passwordId?: string | null | undefined;
}

/**
 * Decides at once if a presentation gets in, by the records as they are now; to be called when it was loaded (`loaderFor`).
 * It never throws: if anything fails in here, it refuses. Order: shape, checksum, look-up, constant-time comparison
 * (`prove.ts`), then `CHECKS`.
 */
export function verify(presentation: Presentation, registry: Registry, now: Timestamp): Verdict {
  try {
    return verdictOn(presentation, registry, now);
  } catch {
    return UNAVAILABLE;
  }
}

/** Tells if a principal that was accepted before would still be: its connection lives on only then. */
export function stillHolds(
  { principal, demand, passwordId }: Accepted,
  registry: Registry,
  now: Timestamp,
): boolean {
  if (passwordId !== undefined && passwordIdOf(principal, registry) !== passwordId) return false;
  const proof = proveAgain(principal, registry);
  return proof !== null && CHECKS.every((check) => check(proof, { demand }, now, registry) === undefined);
}

/** Keys of the records that an acceptance depends on: `stillHolds` is to be asked again when one of them changes. */
export function restsOn({ kind, id, owner, credential }: Principal): string[] {
  const rests = [`${kind} ${id}`];
  if (owner !== null) rests.push(`user ${owner}`);
  if (credential.kind === 'session-cookie') rests.push(`session ${credential.id}`);
  if (credential.kind !== 'access-token') return rests;
  const { origin } = credential.claims;
  rests.push('signing-keys', `withdrawn-token ${credential.claims.familyId}`);
  if (origin.kind === 'session') rests.push(`session ${origin.sessionId}`);
  return rests;
}

/** The rights of a principal that was accepted before as they are now, and their time; null if it has none any more. */
export function standingOf(principal: Principal, registry: Registry): Standing | null {
  const proof = proveAgain(principal, registry);
  if (proof === null || proof.revokedAt !== null || proof.suspendedAt !== null) return null;
  const { scopes, notBefore, expiresAt } = proof.principal;
  return { scopes, notBefore, expiresAt };
}

/** Tells if a principal may use a topic, by its rights as they are now; if that cannot be known it may not. */
export function mayUseTopic(
  principal: Principal,
  registry: Registry,
  { verb, topic, now }: { readonly verb: TopicVerb; readonly topic: string; readonly now: Timestamp },
): boolean {
  try {
    const standing = standingOf(principal, registry);
    // Also asked for the will of a client whose connection was ended just now.
    const isInForce =
      standing !== null && hasBegun(standing.notBefore, now, registry) && now < standing.expiresAt;
    return isInForce && coversTopic(standing.scopes, verb, topic);
  } catch {
    return false;
  }
}

export type Standing = Pick<Principal, 'scopes' | 'notBefore' | 'expiresAt'>;

function verdictOn(presentation: Presentation, registry: Registry, now: Timestamp): Verdict {
  const { credential, certificate } = presentation;
  if (credential === undefined && certificate === undefined) return rejected('missing');
  // Nothing is looked into, so the answer tells nothing of either.
  if (credential?.kind === 'ambiguous') return rejected('conflicting-credentials');
  const byCredential = credential && prove(credential, registry);
  const byCertificate = certificate && proveCertificate(certificate, registry);
  const first = byCredential ?? byCertificate;
  if (byCredential === null || byCertificate === null || !first) return rejected('invalid');
  for (const check of CHECKS) {
    const reason =
      check(first, presentation, now, registry) ??
      (byCertificate && check(byCertificate, presentation, now, registry));
    if (reason !== undefined) return rejected(reason);
  }
  const { principal } = first;
  if (byCertificate && !isSame(byCertificate.principal, principal)) return rejected('wrong-client-id');
  const passwordId = credential?.kind === 'key-and-password' ? passwordIdOf(principal, registry) : undefined;
  return { outcome: 'accepted', principal, passwordId };
}

// Four parameters: an object would be one more for each request.
type Check = (
  proof: Proof,
  presentation: Presentation,
  now: Timestamp,
  registry: Registry,
) => Rejection | undefined;

const CHECKS: readonly Check[] = [
  ({ revokedAt }) => (revokedAt === null ? undefined : 'revoked'),
  ({ suspendedAt }) => (suspendedAt === null ? undefined : 'suspended'),
  ({ principal }, _, now, registry) =>
    hasBegun(principal.notBefore, now, registry) ? undefined : 'not-yet-valid',
  ({ principal }, _, now) => (now < principal.expiresAt ? undefined : 'expired'),
  ({ principal: { kind, id } }, { clientId }) =>
    clientId === undefined || (kind === 'client' && canonicalClientId(clientId) === id)
      ? undefined
      : 'wrong-client-id',
  ({ principal: { domains } }, { domain }) =>
    domain === undefined || (domain !== null && isWithin(domains, domain)) ? undefined : 'wrong-domain',
  ({ principal: { kind, id } }, { demand }) =>
    demand === undefined || 'connect' in demand || demand.clientId === undefined
      ? undefined
      : kind === 'client' && demand.clientId === id
        ? undefined
        : 'wrong-path',
  ({ principal }, { demand }) =>
    demand === undefined || meets(principal, demand) ? undefined : 'insufficient-scope',
];

function isWithin(domains: readonly string[], domain: string): boolean {
  return domains.includes(bareDomain(domain)) || domains.includes('*');
}

function meets({ scopes }: Principal, demand: Demand): boolean {
  return 'connect' in demand ? coversConnect(scopes) : demand.scopes.every((scope) => covers(scopes, scope));
}

function passwordIdOf({ id }: Principal, registry: Registry): string | null {
  const client = registry.clientById(id);
  return (client && passwordOf(client)?.id) ?? null;
}

function isSame(one: Principal, other: Principal): boolean {
  return one.kind === other.kind && one.id === other.id;
}

/** The verdict if nothing can be known. */
export const UNAVAILABLE: Verdict = { outcome: 'rejected', reason: 'unavailable' };

function rejected(reason: Rejection): Verdict {
  return { outcome: 'rejected', reason };
}
