import { timingSafeEqual } from 'node:crypto';
import type { CertificateCredential, Client, Credential } from './client.js';
import { canonicalClientId } from './client-id.js';
import type {
  Demand,
  Presentation,
  PresentedCertificate,
  Principal,
  Rejection,
  Verdict,
} from './presentation.js';
import type { Proof, ProofMemory } from './proof-memory.js';
import { grants, grantsConnect } from './scope.js';
import { parseSignedToken, type SignedToken, signatureHolds, signedTokenHash } from './signed-token.js';
import type { Timestamp } from './time.js';

/** What verification looks things up in. */
export interface Registry {
  /** The live client of that canonical id. @throws where the keystore cannot be followed */
  clientById(id: string): Client | undefined;
  readonly proofs: ProofMemory;
}

/** An earlier acceptance: of whom, and for what. */
export interface Accepted {
  readonly principal: Principal;
  readonly demand: Demand;
}

/**
 * Decides whether what was presented gets in. It never throws: whatever fails in here refuses.
 * Order: shape → look-up → constant-time compare → revoked → not yet valid / expired → bound client id → scope.
 */
export function verify(presentation: Presentation, registry: Registry, now: Timestamp): Verdict {
  try {
    return decide(presentation, registry, now);
  } catch {
    return rejected('unavailable');
  }
}

/** Whether a principal that was accepted before would still be: its session lives on only then. */
export function stillHolds({ principal, demand }: Accepted, registry: Registry, now: Timestamp): boolean {
  const client = registry.clientById(principal.clientId);
  if (client === undefined || client.revokedAt !== null || !meets(client, demand)) return false;
  if (now >= principal.expiresAt || now >= client.notAfter) return false;
  const { kind, id } = principal.credential;
  return client.credentials.some((credential) => {
    if (credential.kind === kind && credential.id === id) return true;
    // A token that the client minted itself is known by the certificate whose key signed it.
    return kind === 'signed-token' && credential.kind === 'certificate' && credential.id === id;
  });
}

function decide(presentation: Presentation, registry: Registry, now: Timestamp): Verdict {
  const { token, certificate } = presentation;
  const byToken = token === undefined ? undefined : proveSignedToken(token, registry);
  const byCertificate = certificate === undefined ? undefined : proveCertificate(certificate, registry);
  if (byToken === undefined && byCertificate === undefined) return rejected('missing');
  if (byToken === null || byCertificate === null) return rejected('invalid');

  const first = byToken ?? byCertificate;
  if (first === undefined) return rejected('missing');
  for (const check of CHECKS) {
    const reason =
      check(first, presentation, now) ?? (byCertificate && check(byCertificate, presentation, now));
    if (reason !== undefined) return rejected(reason);
  }
  if (byCertificate && byCertificate.client !== first.client) return rejected('wrong-client-id');
  return { outcome: 'accepted', principal: first.principal };
}

/** null where the token proves nothing. */
function proveSignedToken(text: string, registry: Registry): Proof | null {
  const tokenHash = signedTokenHash(text);
  const known = registry.proofs.recall(tokenHash);
  // An answer holds for one state of the client: any change puts another object in its place.
  if (known && registry.clientById(known.clientId) === known.client) return known.proof;
  const token = parseSignedToken(text);
  if (token === undefined) return null;
  const client = registry.clientById(token.clientId);
  const proof = client === undefined ? null : proveToken(token, tokenHash, client);
  registry.proofs.keep(tokenHash, { clientId: token.clientId, client, proof });
  return proof;
}

function proveToken(token: SignedToken, tokenHash: string, client: Client): Proof | null {
  for (const credential of client.credentials) {
    if (credential.kind === 'signed-token' && sameHex(credential.id, tokenHash)) {
      const certificate = client.credentials.find((other) => other.id === credential.certificateId);
      return certificate?.kind === 'certificate' ? proofOf(client, credential, certificate) : null;
    }
  }
  // Not a token that was handed over: a client may mint its own with its certificate's key.
  for (const certificate of client.credentials) {
    if (certificate.kind === 'certificate' && signatureHolds(token, certificate)) {
      return proofOf(client, { kind: 'signed-token', id: certificate.id }, certificate);
    }
  }
  return null;
}

function proveCertificate(presented: PresentedCertificate, registry: Registry): Proof | null {
  const client = presented.clientId === undefined ? undefined : registry.clientById(presented.clientId);
  for (const credential of client?.credentials ?? []) {
    if (client && credential.kind === 'certificate' && sameHex(credential.id, presented.fingerprint)) {
      return proofOf(client, credential, credential);
    }
  }
  return null;
}

function proofOf(
  client: Client,
  { kind, id }: Pick<Credential, 'kind' | 'id'>,
  certificate: CertificateCredential,
): Proof {
  const { id: clientId, label, owner, scopes } = client;
  const notBefore = Math.max(client.notBefore, certificate.notBefore);
  const expiresAt = Math.min(client.notAfter, certificate.notAfter);
  return {
    client,
    principal: { clientId, label, owner, scopes, credential: { kind, id }, notBefore, expiresAt },
  };
}

type Check = (proof: Proof, presentation: Presentation, now: Timestamp) => Rejection | undefined;

const CHECKS: readonly Check[] = [
  ({ client }) => (client.revokedAt === null ? undefined : 'revoked'),
  ({ principal }, _, now) => (now >= principal.notBefore ? undefined : 'not-yet-valid'),
  ({ principal }, _, now) => (now < principal.expiresAt ? undefined : 'expired'),
  ({ client }, { clientId }) =>
    clientId === undefined || canonicalClientId(clientId) === client.id ? undefined : 'wrong-client-id',
  ({ client }, { demand }) =>
    demand === undefined || meets(client, demand) ? undefined : 'insufficient-scope',
];

function meets(client: Client, demand: Demand): boolean {
  return 'connect' in demand ? grantsConnect(client.scopes) : grants(client.scopes, demand.scope);
}

function sameHex(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}

function rejected(reason: Rejection): Verdict {
  return { outcome: 'rejected', reason };
}
