import type { HeldCertificate } from '../model/certificate.js';
import { type Client, type Credential, clientStatus } from '../model/client.js';
import type { LastUse } from '../model/last-use.js';
import type { Principal } from '../model/principal.js';
import type { ProvisioningKey } from '../model/provisioning-key.js';
import type { Session } from '../model/session.js';
import { formatEnd, formatTime, type Timestamp } from '../model/time.js';
import type { User } from '../model/user.js';
import { apiKeyId, type HeldApiKey } from './api-keys.js';
import type { ClientWithCertificates } from './clients.js';
import type { LicenceStatus } from './licence.js';

// The views list their members by name, so that no secret gets into one by accident. A beginning is `notBefore` or
// `createdAt`, an end is `expiresAt`, and null is an end that never comes.

export type ClientView = ReturnType<typeof clientView>;
export type ApiKeyView = ReturnType<typeof apiKeyView>;
export type UserView = ReturnType<typeof userView>;
export type SessionView = ReturnType<typeof sessionView>;

/** Makes the view of a client. Times are in RFC 3339. */
export function clientView({ client, certificates }: ClientWithCertificates, now: Timestamp) {
  const { id, label, owner, domain, scopes, notBefore, notAfter, createdAt, updatedAt } = client;
  return {
    id,
    status: clientStatus(client, now),
    label,
    owner,
    domain,
    scopes,
    notBefore: formatTime(notBefore),
    expiresAt: formatEnd(notAfter),
    createdAt: formatTime(createdAt),
    updatedAt: formatTime(updatedAt),
    credentials: [
      ...certificates.map(certificateView),
      ...client.credentials.map((credential) => credentialView(credential, { client, now })),
    ],
  };
}

function certificateView({ id, fingerprint, key, notBefore, notAfter }: HeldCertificate) {
  return {
    kind: 'certificate' as const,
    algorithm: key.algorithm,
    serial: id,
    fingerprint,
    notBefore: formatTime(notBefore),
    expiresAt: formatEnd(notAfter),
  };
}

/** Makes the view of a credential. */
function credentialView(
  credential: Credential,
  { client, now }: { readonly client: Client; readonly now: Timestamp },
) {
  switch (credential.kind) {
    case 'signed-token':
      return { kind: credential.kind, certificate: credential.certificateId };
    case 'api-key':
      return { kind: credential.kind, ...apiKeyView({ client, credential }, { now }) };
    case 'password':
      return {
        kind: credential.kind,
        alone: credential.alone,
        createdAt: formatTime(credential.createdAt),
      };
  }
}

/** Makes the view of an API key. */
export function apiKeyView(
  { client, credential }: HeldApiKey,
  { now, used }: { readonly now: Timestamp; readonly used?: LastUse | undefined },
) {
  const { label, hint, scopes, createdAt, revokedAt } = credential;
  // The key ends with its client at the latest.
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
    expiresAt: formatEnd(expiresAt),
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

/** Makes the view of a user. */
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

/** Makes the view of a provisioning key. */
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
    expiresAt: formatEnd(expiresAt),
  };
}

/** Makes the view of the licence. */
export function licenceView({ state, reason, terms, used }: LicenceStatus) {
  return {
    state,
    reason,
    deviceLimit: terms?.deviceLimit ?? null,
    used,
    features: terms?.features ?? [],
    expiresAt: terms === null ? null : formatEnd(terms.expiresAt),
  };
}

/** Makes the view of a session. */
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

/** Makes the view of a caller, for its own eyes. */
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
    expiresAt: formatEnd(expiresAt),
  };
}
