import type { AccessTokenClaims } from '../model/access-token.js';
import type { PresentedAccessToken } from '../model/presented-credential.js';
import { narrowScopes } from '../model/scope.js';
import type { WithdrawnToken } from '../model/withdrawn-token.js';
import { findCredential, type Proof, proofOf } from './client-principal.js';
import { notLoaded } from './facts.js';
import type { Registry } from './registry.js';
import { type Basis, sessionBasis } from './session-basis.js';

/** Proves an access token by what it is bound to, as that is now; null if it is none of ours, or that has gone. */
export function proveAccessToken(token: PresentedAccessToken, registry: Registry): Proof | null {
  registry.requireSigningKeys();
  const read = registry.facts.accessToken(token);
  if (read === undefined) throw notLoaded();
  return 'rejected' in read ? null : proveClaims(read, registry);
}

interface KnownProof {
  readonly basis: Basis;
  readonly withdrawn: WithdrawnToken | undefined;
  readonly proof: Proof;
}

// A basis is another object after each change of a record that it was derived from.
const known = new WeakMap<AccessTokenClaims, KnownProof>();

/** Proves an access token whose signature held before. */
export function proveClaims(claims: AccessTokenClaims, registry: Registry): Proof | null {
  registry.requireSigningKeys();
  if (!registry.facts.isTrusted(claims.keyId)) return null;
  const basis = basisOf(claims, registry);
  if (basis === null) return null;
  const withdrawn = registry.withdrawnTokenById(claims.familyId);
  const found = known.get(claims);
  if (found?.basis === basis && found.withdrawn === withdrawn) return found.proof;
  const proof = narrowed(basis, { claims, withdrawn });
  known.set(claims, { basis, withdrawn, proof });
  return proof;
}

function basisOf({ subject, origin }: AccessTokenClaims, registry: Registry): Basis | null {
  if (origin.kind === 'session') {
    const session = registry.sessionById(origin.sessionId);
    return session?.userId === subject ? sessionBasis(session, registry) : null;
  }
  const client = registry.clientById(subject);
  const used = { kind: origin.kind, id: origin.credentialId };
  const found = client && findCredential(client, used, registry);
  return found ? proofOf(found, registry) : null;
}

/** A token has an end of its own, and never more than what it came from. */
function narrowed(
  { principal, revokedAt, suspendedAt }: Basis,
  {
    claims,
    withdrawn,
  }: { readonly claims: AccessTokenClaims; readonly withdrawn: WithdrawnToken | undefined },
): Proof {
  const within = (mine: readonly string[], theirs: readonly string[]) =>
    theirs.includes('*') ? mine : mine.filter((each) => theirs.includes(each));
  return {
    revokedAt: revokedAt ?? withdrawn?.withdrawnAt ?? null,
    suspendedAt,
    principal: {
      ...principal,
      groups: within(claims.groups, principal.groups),
      domains: within(claims.domains, principal.domains),
      scopes: narrowScopes(principal.scopes, claims.scopes),
      credential: { kind: 'access-token', id: claims.id, claims },
      notBefore: Math.max(principal.notBefore, claims.issuedAt, claims.notBefore ?? 0),
      expiresAt: Math.min(principal.expiresAt, claims.expiresAt),
    },
  };
}
