import { unwrapApiKey } from './api-key.js';
import { type Client, liveClient } from './client.js';
import type { KeyStore } from './ports.js';
import type { Presentation, Verdict } from './presentation.js';
import { ProofMemory } from './proof-memory.js';
import { credentialKind, type Registry } from './prove.js';
import { parseSignedToken } from './signed-token.js';
import type { Timestamp } from './time.js';
import { verify } from './verify.js';

export interface OnceServices {
  readonly keyStore: KeyStore;
  /** Asked for only where a secret has to be hashed. */
  secretHasher(): Promise<(secret: string) => string>;
}

/** Verifies one presentation straight from the keystore, for a program that ends afterwards. @throws KeywrightError where the keystore cannot be read */
export async function verifyOnce(
  presentation: Presentation,
  { keyStore, secretHasher }: OnceServices,
  now: Timestamp,
): Promise<Verdict> {
  const { token } = presentation;
  const isKey = token !== undefined && credentialKind(token) === 'api-key';
  const hashSecret = isKey ? await secretHasher() : () => '';
  const keyHash = isKey && token !== undefined ? hashSecret(unwrapApiKey(token)?.key ?? token) : undefined;
  const candidates =
    keyHash === undefined ? await claimed(presentation, keyStore) : await keyStore.clients.list();
  const live = candidates.flatMap((client) => liveClient(client) ?? []);
  const registry: Registry = {
    clientById: (id) => live.find((client) => client.id === id),
    clientIdByKeyHash: (hash) => live.find((client) => hasKey(client, hash))?.id,
    hashSecret,
    proofs: new ProofMemory(),
  };
  return verify(presentation, registry, now);
}

/** The clients that a token or a certificate names itself. */
async function claimed({ token, certificate }: Presentation, keyStore: KeyStore): Promise<Client[]> {
  const ids = [token === undefined ? undefined : parseSignedToken(token)?.clientId, certificate?.clientId];
  const clients = await Promise.all(
    ids.map((id) => (id === undefined ? undefined : keyStore.clients.get(id))),
  );
  return clients.filter((client) => client !== undefined);
}

function hasKey(client: Client, hash: string): boolean {
  return client.credentials.some((credential) => credential.kind === 'api-key' && credential.hash === hash);
}
