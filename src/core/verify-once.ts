import { liveClient } from './client.js';
import type { KeyStore } from './ports.js';
import type { Presentation, Verdict } from './presentation.js';
import { ProofMemory } from './proof-memory.js';
import { parseSignedToken } from './signed-token.js';
import type { Timestamp } from './time.js';
import { verify } from './verify.js';

/** Verifies one presentation straight from the keystore, for a program that ends afterwards. @throws KeywrightError where the keystore cannot be read */
export async function verifyOnce(
  presentation: Presentation,
  keyStore: KeyStore,
  now: Timestamp,
): Promise<Verdict> {
  const { token, certificate } = presentation;
  const claimed = [
    token === undefined ? undefined : parseSignedToken(token)?.clientId,
    certificate?.clientId,
  ];
  const clients = new Map();
  for (const id of claimed) {
    const client = id === undefined ? undefined : liveClient(await keyStore.clients.get(id));
    if (client !== undefined) clients.set(id, client);
  }
  return verify(presentation, { clientById: (id) => clients.get(id), proofs: new ProofMemory() }, now);
}
