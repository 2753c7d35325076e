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
  const record = registry.certificatesOf(client).find(({ id }) => isSameHash(id, fingerprint));
  return record ? proofOf({ client, kind: 'certificate', id: record.id, record }, registry) : null;
}
