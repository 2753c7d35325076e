import type { Principal } from '../model/principal.js';
import { findCredential, type Proof, proofOf } from './client-principal.js';
import type { PresentedCredential } from './presentation.js';
import { proveAccessToken, proveClaims } from './prove-access-token.js';
import { proveApiKey } from './prove-api-key.js';
import { proveKeyAndPassword, provePasswordAlone } from './prove-password.js';
import { proveSession, proveSessionCookie } from './prove-session-cookie.js';
import { proveSignedToken } from './prove-signed-token.js';
import type { Registry } from './registry.js';

/** Proves a credential by the records as they are now; null if it proves nothing. @throws if it was not loaded, or a look-up fails */
export function prove(credential: PresentedCredential, registry: Registry): Proof | null {
  switch (credential.kind) {
    case 'api-key':
      return proveApiKey(credential, registry);
    case 'signed-token':
      return proveSignedToken(credential, registry);
    case 'access-token':
      return proveAccessToken(credential, registry);
    case 'key-and-password':
      return proveKeyAndPassword(credential, registry);
    case 'password':
      return provePasswordAlone(credential, registry);
    case 'session-cookie':
      return proveSessionCookie(credential, registry);
    case 'ambiguous':
    case 'unknown':
      return null;
  }
}

/** Proves a credential that was proved before by what is registered now; null if it has gone. */
export function proveAgain({ id, credential }: Principal, registry: Registry): Proof | null {
  if (credential.kind === 'access-token') return proveClaims(credential.claims, registry);
  if (credential.kind === 'session-cookie')
    return proveSession(credential.id, credential.idleUntil, registry);
  const client = registry.clientById(id);
  const found = client && findCredential(client, credential, registry);
  return found ? proofOf(found, registry) : null;
}
