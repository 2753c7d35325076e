import type { ApiKeyCredential, Client } from '../model/client.js';
import { apiKeysOf } from '../model/client.js';
import type { Principal } from '../model/principal.js';
import { CREDENTIAL_NAMES } from './refused.js';

/** Names the credential that a principal used. */
export function nameOf(principal: Principal): string {
  const { id, credential } = principal;
  return credential.kind === 'api-key'
    ? `API key ${id}:${credential.id}`
    : `the ${CREDENTIAL_NAMES[credential.kind]} of ${holderOf(principal)}`;
}

/** Names the client or the user. */
export function holderOf({ kind, id }: Principal): string {
  return `${kind} ${id}`;
}

/** The API key that somebody presented, or that the presented access token came from. */
export function apiKeyOf(client: Client, { credential }: Principal): ApiKeyCredential | undefined {
  const origin = credential.kind === 'access-token' ? credential.claims.origin : undefined;
  const id = origin && origin.kind !== 'session' ? origin.credentialId : credential.id;
  return apiKeysOf(client).find((key) => key.id === id);
}

/** Lists scopes or domains. */
export function listed(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}
