import { type CertificateKey, decoyKey, type HeldCertificate } from '../model/certificate.js';
import type { Client, SignedTokenCredential } from '../model/client.js';
import type { PresentedSignedToken } from '../model/presented-credential.js';
import { type Proof, proofOf } from './client-principal.js';
import type { Registry } from './registry.js';
import { isSameHash } from './same-hash.js';

/** Proves a signed token: one that was handed over by its hash, one that the client minted itself by its signature. */
export function proveSignedToken(token: PresentedSignedToken, registry: Registry): Proof | null {
  const client = registry.clientById(token.clientId);
  const certificates = client === undefined ? [] : registry.certificatesOf(client.id).held;
  const issued = client && findIssued(client, token);
  const record = issued
    ? certificates.find(({ fingerprint }) => fingerprint === issued.certificateId)
    : findSigner(certificates, token, registry);
  return client && record
    ? proofOf({ client, kind: 'signed-token', id: issued?.id ?? record.fingerprint, record }, registry)
    : null;
}

function findIssued(client: Client, { hash }: PresentedSignedToken): SignedTokenCredential | undefined {
  for (const issued of client.credentials) {
    if (issued.kind === 'signed-token' && isSameHash(issued.id, hash)) return issued;
  }
  return undefined;
}

function findSigner(
  certificates: readonly HeldCertificate[],
  token: PresentedSignedToken,
  { facts }: Registry,
): HeldCertificate | undefined {
  // Without a certificate the same work is done with nobody's, so that no clock tells which ids exist.
  if (certificates.length === 0) facts.isSignedBy(token, nobodys());
  const signers = certificates.filter(({ key }) => facts.isSignedBy(token, key));
  // A renewed certificate may be of the same key: the newer one counts.
  return signers.find(({ replaced }) => !replaced) ?? signers.at(-1);
}

let decoy: CertificateKey | undefined;

function nobodys(): CertificateKey {
  decoy ??= decoyKey();
  return decoy;
}
