import { randomUUID } from 'node:crypto';
import type { Principal, UsedCredential } from '../../core/model/principal.js';

// Holders of these tell their connections apart by client ids of their own.
const CHOOSING: ReadonlySet<UsedCredential['kind']> = new Set(['api-key', 'access-token', 'password']);

/**
 * The id of the holder's session. A holder that chooses client ids chooses among its own sessions; a credential for one
 * client id has the one session. @param asked the client id of the CONNECT
 */
export function sessionIdOf(
  holder: Principal | undefined,
  asked: string,
): { readonly clientId: string; readonly isAssigned: boolean } {
  if (holder?.kind === 'client' && !CHOOSING.has(holder.credential.kind))
    return { clientId: holder.id, isAssigned: false };
  return asked === '' ? { clientId: randomUUID(), isAssigned: true } : { clientId: asked, isAssigned: false };
}
