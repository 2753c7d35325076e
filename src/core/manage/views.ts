import { type Client, type Credential, clientStatus } from '../model/client.js';
import type { LastUse } from '../model/last-use.js';
import type { Principal } from '../model/principal.js';
import type { ProvisioningKey } from '../model/provisioning-key.js';
import type { Session } from '../model/session.js';
import { formatTime, NEVER, type Timestamp } from '../model/time.js';
import type { User } from '../model/user.js';
import { apiKeyId, type HeldApiKey } from './api-keys.js';
import type { LicenceStatus } from './licence.js';

// The views of clients, API keys, users, sessions and provisioning keys: named members only, and nothing that could be presented.

export type ClientView = ReturnType<typeof clientView>;
export type ApiKeyView = ReturnType<typeof apiKeyView>;
export type UserView = ReturnType<typeof userView>;
export type SessionView = ReturnType<typeof sessionView>;

/** A client as it is shown: times in RFC 3339, and nothing that could be presented. */
export function clientView(client: Client, now: Timestamp) {
  const { id, label, owner, domain, scopes, notBefore, notAfter, createdAt, updatedAt } = client;
  return {
    id,
    status: clientStatus(client, now),
    label,
    owner,
    domain,
    scopes,
    notBefore: formatTime(notBefore),
    notAfter: notAfter === NEVER ? null : formatTime(notAfter),
    createdAt: formatTime(createdAt),
    updatedAt: formatTime(updatedAt),
    credentials: client.credentials.map((credential) => credentialView(credential, { client, now })),
  };
}

/** A credential as it is shown. */
function credentialView(
  credential: Credential,
  { client, now }: { readonly client: Client; readonly now: Timestamp },
) {
  switch (credential.kind) {
    case 'certificate':
      return {
        kind: credential.kind,
        algorithm: credential.algorithm,
        serial: credential.serial,
        fingerprint: credential.id,
        notBefore: formatTime(credential.notBefore),
        notAfter: formatTime(credential.notAfter),
      };
    case 'signed-token':
      return { kind: credential.kind, certificate: credential.certificateId };
    case 'api-key':
      return { kind: credential.kind, ...apiKeyView({ client, credential }, { now }) };
    case 'password':
      return {
        kind: credential.kind,
        alone: credential.alone,
        setAt: formatTime(credential.createdAt),
      };
  }
}

/** An API key as it is shown: nothing that could be presented. */
export function apiKeyView(
  { client, credential }: HeldApiKey,
  { now, used }: { readonly now: Timestamp; readonly used?: LastUse | undefined },
) {
  const { label, hint, scopes, createdAt, revokedAt } = credential;
  // A key does not outlive its client.
  const expiresAt = Math.min(credential.expiresAt, client.notAfter);
  return {
    id: apiKeyId(client, credential),
    clientId: client.id,
    label,
    owner: client.owner,
    domain: client.domain,
    hint,
    scopes,
    status: apiKeyStatus({ revokedAt, expiresAt }, now),
    createdAt: formatTime(createdAt),
    expiresAt: expiresAt === NEVER ? null : formatTime(expiresAt),
    lastUsedAt: used === undefined ? null : formatTime(used.at),
    lastUsedFrom: used === undefined ? null : used.from,
  };
}

function apiKeyStatus(
  { revokedAt, expiresAt }: { readonly revokedAt: Timestamp | null; readonly expiresAt: Timestamp },
  now: Timestamp,
): 'valid' | 'revoked' | 'expired' {
  if (revokedAt !== null) return 'revoked';
  return now >= expiresAt ? 'expired' : 'valid';
}

/** A user as it is shown: nothing of the password. */
export function userView(user: User) {
  const { id, email, groups, domains, role, scopes, disabledAt, createdAt, updatedAt } = user;
  return {
    id,
    email,
    groups,
    domains,
    role,
    scopes,
    status: disabledAt === null ? ('enabled' as const) : ('disabled' as const),
    createdAt: formatTime(createdAt),
    updatedAt: formatTime(updatedAt),
  };
}

/** A provisioning key as it is shown: nothing that could be presented. */
export function provisioningKeyView(key: ProvisioningKey, now: Timestamp) {
  const { id, hint, label, owner, scopes, usesLeft, createdAt, expiresAt } = key;
  return {
    id,
    hint,
    label,
    owner,
    scopes,
    usesLeft,
    status: now >= expiresAt ? 'expired' : 'valid',
    createdAt: formatTime(createdAt),
    expiresAt: expiresAt === NEVER ? null : formatTime(expiresAt),
  };
}

/** The licence as it is shown. */
export function licenceView({ state, reason, terms, used }: LicenceStatus) {
  return {
    state,
    reason,
    deviceLimit: terms?.deviceLimit ?? null,
    used,
    features: terms?.features ?? [],
    expiresAt: terms === null ? null : formatTime(terms.expiresAt),
  };
}

/** A session as it is shown. */
export function sessionView({ id, userId, from, scopes, createdAt, expiresAt }: Session) {
  return {
    id,
    userId: userId ?? '',
    from,
    scopes,
    createdAt: formatTime(createdAt),
    expiresAt: formatTime(expiresAt),
  };
}

/** A caller as its own answer names it. */
export function principalView(principal: Principal) {
  const { kind, id, label, owner, groups, domains, scopes, credential, notBefore, expiresAt } = principal;
  return {
    ...(kind === 'client' ? { clientId: id } : { userId: id }),
    label,
    owner,
    groups,
    domains,
    scopes,
    credential: { kind: credential.kind, id: credential.id },
    notBefore: formatTime(notBefore),
    expiresAt: formatTime(expiresAt),
  };
}
