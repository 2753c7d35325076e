import { canonicalClientId } from '../model/client-id.js';
import type { Principal } from '../model/principal.js';
import { covers, coversConnect, coversTopic, type TopicVerb } from '../model/scope.js';
import type { Timestamp } from '../model/time.js';
import { bareDomain } from '../model/user.js';
import type { Clock } from '../ports/clock.js';
import type { Demand, Presentation, Rejection, Verdict } from './presentation.js';
import type { Proof } from './proof-memory.js';
import {
  passwordOf,
  preparation,
  proveAgain,
  proveCertificate,
  provePassword,
  provePasswordAlone,
  proveText,
  type Registry,
} from './prove.js';

/** An earlier acceptance: of whom, and for what. */
export interface Accepted {
  readonly principal: Principal;
  readonly demand: Demand;
  /** Of the client's password that went with its key, or null where it had none; undefined where that did not matter. */
  readonly passwordId?: string | null | undefined;
}

/**
 * `verify`, also of what takes long to look into: that is done where it is presented for the first time, and then decided
 * once more. Otherwise the verdict is there at once.
 */
export function verifyPrepared(
  presentation: Presentation,
  registry: Registry,
  clock: Clock,
): Verdict | Promise<Verdict> {
  const verdict = verify(presentation, registry, clock.now());
  if (verdict.outcome === 'accepted' || verdict.reason !== 'invalid') return verdict;
  try {
    const prepared = preparation(presentation, registry);
    if (prepared === undefined) return verdict;
    return prepared.then(
      () => verify(presentation, registry, clock.now()),
      () => rejected('unavailable'),
    );
  } catch {
    return rejected('unavailable');
  }
}

/**
 * Decides whether what was presented gets in. It never throws: whatever fails in here refuses.
 * Order: shape → checksum → look-up → constant-time compare (`prove.ts`), then `CHECKS`.
 */
export function verify(presentation: Presentation, registry: Registry, now: Timestamp): Verdict {
  try {
    return decide(presentation, registry, now);
  } catch {
    return rejected('unavailable');
  }
}

/** Whether a principal that was accepted before would still be: its session lives on only then. */
export function stillHolds(
  { principal, demand, passwordId }: Accepted,
  registry: Registry,
  now: Timestamp,
): boolean {
  if (passwordId !== undefined && passwordIdOf(principal, registry) !== passwordId) return false;
  const proof = proveAgain(principal, registry);
  return proof !== null && CHECKS.every((check) => check(proof, { demand }, now) === undefined);
}

/** What a principal is let in by: when one of these changes, `stillHolds` is to be asked again. */
export function restsOn({ kind, id, owner, credential }: Principal): string[] {
  const rests = [`${kind} ${id}`];
  if (owner !== null) rests.push(`user ${owner}`);
  if (credential.kind !== 'access-token') return rests;
  const { origin } = credential.claims;
  rests.push('signing-keys', `withdrawn-token ${credential.claims.familyId}`);
  if (origin.kind === 'session') rests.push(`session ${origin.sessionId}`);
  return rests;
}

/** Which password a client has; null where it has none. */
export function passwordIdOf({ id }: Principal, registry: Registry): string | null {
  const client = registry.clientById(id);
  return (client && passwordOf(client)?.id) ?? null;
}

/** What a principal that was accepted before holds as it is now, and for how long. null where it holds nothing any more. */
export function standingOf(principal: Principal, registry: Registry): Standing | null {
  const proof = proveAgain(principal, registry);
  if (proof === null || proof.revokedAt !== null) return null;
  const { scopes, notBefore, expiresAt } = proof.principal;
  return { scopes, notBefore, expiresAt };
}

/** Whether a principal may use a topic, by what it holds as it is now; where that cannot be known it may not. */
export function mayUseTopic(
  principal: Principal,
  registry: Registry,
  { verb, topic, now }: { readonly verb: TopicVerb; readonly topic: string; readonly now: Timestamp },
): boolean {
  try {
    const standing = standingOf(principal, registry);
    // Also asked for the will of a client whose connection was ended just now.
    const isInForce = standing !== null && now >= standing.notBefore && now < standing.expiresAt;
    return isInForce && coversTopic(standing.scopes, verb, topic);
  } catch {
    return false;
  }
}

export type Standing = Pick<Principal, 'scopes' | 'notBefore' | 'expiresAt'>;

function decide(presentation: Presentation, registry: Registry, now: Timestamp): Verdict {
  const { token, userName, password, certificate } = presentation;
  if (userName !== undefined && token !== undefined) return rejected('invalid');
  const isAlone = userName !== undefined;
  const byText = isAlone
    ? provePasswordAlone(userName, password ?? '', registry)
    : token === undefined
      ? undefined
      : proveText(token, registry);
  if (!isAlone && password !== undefined && !provePassword(token ?? '', password, registry))
    return rejected('invalid');
  const byCertificate = certificate === undefined ? undefined : proveCertificate(certificate, registry);
  const first = byText ?? byCertificate;
  if (byText === null || byCertificate === null || !first) {
    const reason = byText === undefined && byCertificate === undefined ? 'missing' : 'invalid';
    return rejected(reason);
  }
  for (const check of CHECKS) {
    const reason =
      check(first, presentation, now) ?? (byCertificate && check(byCertificate, presentation, now));
    if (reason !== undefined) return rejected(reason);
  }
  if (byCertificate && !isSame(byCertificate.principal, first.principal)) return rejected('wrong-client-id');
  return { outcome: 'accepted', principal: first.principal };
}

type Check = (proof: Proof, presentation: Presentation, now: Timestamp) => Rejection | undefined;

const CHECKS: readonly Check[] = [
  ({ revokedAt }) => (revokedAt === null ? undefined : 'revoked'),
  ({ principal }, _, now) => (now >= principal.notBefore ? undefined : 'not-yet-valid'),
  ({ principal }, _, now) => (now < principal.expiresAt ? undefined : 'expired'),
  ({ principal: { kind, id } }, { clientId }) =>
    clientId === undefined || (kind === 'client' && canonicalClientId(clientId) === id)
      ? undefined
      : 'wrong-client-id',
  ({ principal: { domains } }, { domain }) =>
    domain === undefined || domains.includes(bareDomain(domain)) || domains.includes('*')
      ? undefined
      : 'wrong-domain',
  ({ principal: { kind, id } }, { demand }) =>
    demand === undefined || 'connect' in demand || demand.clientId === undefined
      ? undefined
      : kind === 'client' && demand.clientId === id
        ? undefined
        : 'wrong-path',
  ({ principal }, { demand }) =>
    demand === undefined || meets(principal, demand) ? undefined : 'insufficient-scope',
];

function meets({ scopes }: Principal, demand: Demand): boolean {
  return 'connect' in demand ? coversConnect(scopes) : demand.scopes.every((scope) => covers(scopes, scope));
}

function isSame(one: Principal, other: Principal): boolean {
  return one.kind === other.kind && one.id === other.id;
}

function rejected(reason: Rejection): Verdict {
  return { outcome: 'rejected', reason };
}
