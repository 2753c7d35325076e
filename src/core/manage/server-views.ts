import { formatEnd, formatTime } from '../model/time.js';
import type { KeptRefusal } from '../ports/activity.js';
import type { CertificateAuthority } from '../ports/certificate-authority.js';
import type { OpenConnection } from '../ports/connection-list.js';
import type { LicenceStatus } from './licence.js';

// As in views.ts: members are listed by name.

/** Makes the view of the CA. */
export function authorityView({ subject, algorithm, serial, fingerprint, ...span }: CertificateAuthority) {
  return {
    ...{ subject, algorithm, serial, fingerprint },
    notBefore: formatTime(span.notBefore),
    expiresAt: formatEnd(span.notAfter),
  };
}

/** Makes the view of an open connection. */
export function connectionView({ principal, protocol, address, since }: OpenConnection) {
  const { kind, id, credential } = principal;
  return {
    clientId: kind === 'client' ? id : null,
    userId: kind === 'user' ? id : null,
    ...{ protocol, address, since: formatTime(since) },
    credential: { kind: credential.kind, id: credential.id },
  };
}

/** Makes the view of a refusal that was kept. */
export function refusalView({ at, ...refusal }: KeptRefusal) {
  const { id, by, what, address, reason, cause, client, credential, hint, method, path, status } = refusal;
  return {
    ...{ id, at: formatTime(at), by, what, address, reason, cause, client, credential, hint },
    ...{ method, path, status },
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
