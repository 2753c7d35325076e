import { timingSafeEqual } from 'node:crypto';
import type { CertificateCredential, Client, Credential } from './client.js';
import { canonicalClientId } from './client-id.js';
import type { Demand, Presentation, Principal, Rejection, Verdict } from './presentation.js';
import { grants, grantsConnect } from './scope.js';
import { parseSignedToken, type SignatureChecker, signedTokenHash } from './signed-token.js';
import type { Timestamp } from './time.js';

/** What verification looks things up in. */
export interface Registry {
  /** The live client of that canonical id. @throws where the keystore cannot be followed */
  clientById(id: string): Client | undefined;
  readonly signatures: SignatureChecker;
}

/** A credential whose secret was proved, the client that holds it, and until when both hold. */
interface Proof {
  readonly client: Client;
  readonly credential: Pick<Credential, 'kind' | 'id'>;
  readonly notBefore: Timestamp;
  readonly notAfter: Timestamp;
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
  const proofs: Proof[] = [];
  if (token !== undefined) proofs.push(...proveSignedToken(token, registry));
  if (certificate !== undefined) proofs.push(...proveCertificate(certificate, registry));
  const presented = [token, certificate].filter((part) => part !== undefined).length;
  const [proof] = proofs;
  if (presented === 0) return rejected('missing');
  if (proof === undefined || proofs.length < presented) return rejected('invalid');

  for (const check of CHECKS) {
    for (const each of proofs) {
      const reason = check(each, presentation, now);
      if (reason !== undefined) return rejected(reason);
    }
  }
  if (proofs.some((other) => other.client.id !== proof.client.id)) return rejected('wrong-client-id');
  return { outcome: 'accepted', principal: principalOf(proof) };
}

function proveSignedToken(text: string, registry: Registry): Proof[] {
  const token = parseSignedToken(text);
  const client = token && registry.clientById(token.clientId);
  if (token === undefined || client === undefined) return [];
  const hash = signedTokenHash(text);
  for (const credential of client.credentials) {
    if (credential.kind === 'signed-token' && sameHex(credential.id, hash)) {
      const certificate = client.credentials.find((other) => other.id === credential.certificateId);
      return certificate?.kind === 'certificate' ? [proof(client, credential, certificate)] : [];
    }
  }
  // Not a token that was handed over: a client may mint its own with its certificate's key.
  for (const certificate of client.credentials) {
    if (certificate.kind === 'certificate' && registry.signatures.holds(token, certificate)) {
      return [proof(client, { kind: 'signed-token', id: certificate.id }, certificate)];
    }
  }
  return [];
}

function proveCertificate(presented: NonNullable<Presentation['certificate']>, registry: Registry): Proof[] {
  const client = presented.clientId === undefined ? undefined : registry.clientById(presented.clientId);
  for (const credential of client?.credentials ?? []) {
    if (client && credential.kind === 'certificate' && sameHex(credential.id, presented.fingerprint)) {
      return [proof(client, credential, credential)];
    }
  }
  return [];
}

function proof(
  client: Client,
  { kind, id }: Pick<Credential, 'kind' | 'id'>,
  certificate: CertificateCredential,
): Proof {
  return {
    client,
    credential: { kind, id },
    notBefore: Math.max(client.notBefore, certificate.notBefore),
    notAfter: Math.min(client.notAfter, certificate.notAfter),
  };
}

type Check = (proof: Proof, presentation: Presentation, now: Timestamp) => Rejection | undefined;

const CHECKS: readonly Check[] = [
  ({ client }) => (client.revokedAt === null ? undefined : 'revoked'),
  ({ notBefore }, _, now) => (now >= notBefore ? undefined : 'not-yet-valid'),
  ({ notAfter }, _, now) => (now < notAfter ? undefined : 'expired'),
  ({ client }, { clientId }) =>
    clientId === undefined || canonicalClientId(clientId) === client.id ? undefined : 'wrong-client-id',
  ({ client }, { demand }) =>
    demand === undefined || meets(client, demand) ? undefined : 'insufficient-scope',
];

function meets(client: Client, demand: Demand): boolean {
  return 'connect' in demand ? grantsConnect(client.scopes) : grants(client.scopes, demand.scope);
}

function principalOf({ client, credential, notBefore, notAfter }: Proof): Principal {
  const { id, label, owner, scopes } = client;
  return { clientId: id, label, owner, scopes, credential, notBefore, expiresAt: notAfter };
}

function sameHex(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}

function rejected(reason: Rejection): Verdict {
  return { outcome: 'rejected', reason };
}
