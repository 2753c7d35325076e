import { type Proof, proofOf } from './client-principal.js';
import type { PresentedCertificate } from './presentation.js';
import type { Registry } from './registry.js';
import { isSameHash } from './same-hash.js';

/** Proves a certificate by its fingerprint; null if it is not a registered one. */
export function proveCertificate(
  { clientId, fingerprint }: PresentedCertificate,
  registry: Registry,
): Proof | null {
  const client = clientId === undefined ? undefined : registry.clientById(clientId);
  if (client === undefined) return null;
  const { held } = registry.certificatesOf(client.id);
  const record = held.find((each) => isSameHash(each.fingerprint, fingerprint));
  return record ? proofOf({ client, kind: 'certificate', id: fingerprint, record }, registry) : null;
}
