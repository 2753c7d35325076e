import type { Client } from '../model/client.js';
import type { PresentedApiKey } from '../model/presented-credential.js';
import { type Proof, proofOf } from './client-principal.js';
import type { Registry } from './registry.js';
import { isSameHash } from './same-hash.js';

/** Proves an API key: checksum, look-up by its keyed hash, comparison. null if it proves nothing. */
export function proveApiKey(presented: PresentedApiKey, registry: Registry): Proof | null {
  const keyHash = registry.facts.keyHash(presented, registry);
  const client = keyHash === undefined ? undefined : holderOf(keyHash, presented, registry);
  if (keyHash === undefined || client === undefined) return null;
  for (const record of client.credentials) {
    if (record.kind === 'api-key' && isSameHash(record.hash, keyHash))
      return proofOf({ client, kind: 'api-key', id: record.id, record }, registry);
  }
  return null;
}

function holderOf(keyHash: string, { claimedId }: PresentedApiKey, registry: Registry): Client | undefined {
  const clientId = registry.clientIdByKeyHash(keyHash);
  const isClaimed = claimedId === undefined || claimedId === clientId;
  return clientId !== undefined && isClaimed ? registry.clientById(clientId) : undefined;
}
