import type { Principal } from '../model/principal.js';
import { narrowScopes } from '../model/scope.js';
import type { Session } from '../model/session.js';
import type { User } from '../model/user.js';
import type { Proof } from './client-principal.js';
import type { Registry } from './registry.js';

/** The principal behind a credential that comes of another record, before the credential's own limits narrow it. */
export type Basis = Omit<Proof, 'principal'> & { readonly principal: Omit<Principal, 'credential'> };

const known = new WeakMap<Session, { readonly user: User; readonly basis: Basis }>();

/** The user of a session, as both are now: the same object until one of the two changes; null if the user has gone. */
export function sessionBasis(session: Session, registry: Registry): Basis | null {
  const user = registry.userById(session.userId);
  if (user === undefined) return null;
  const found = known.get(session);
  if (found?.user === user) return found.basis;
  const ended = session.createdAt < user.sessionsSince ? user.sessionsSince : null;
  const { id, groups, domains, email: label } = user;
  const scopes = narrowScopes(user.scopes, session.scopes);
  const { createdAt: notBefore, expiresAt } = session;
  const basis: Basis = {
    revokedAt: session.revokedAt ?? user.disabledAt ?? ended,
    suspendedAt: null,
    principal: { kind: 'user', id, label, owner: null, groups, domains, scopes, notBefore, expiresAt },
  };
  known.set(session, { user, basis });
  return basis;
}
