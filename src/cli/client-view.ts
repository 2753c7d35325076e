import { type Client, type ClientStatus, clientStatus } from '../core/client.js';
import { formatTime, type Timestamp } from '../core/time.js';

/** A client as it is printed: times in RFC 3339, and nothing that could be presented. */
export function clientView(client: Client, now: Timestamp) {
  const { id, label, owner, domain, scopes, notBefore, notAfter, createdAt, updatedAt } = client;
  return {
    id,
    status: clientStatus(client, now) satisfies ClientStatus,
    label,
    owner,
    domain,
    scopes,
    notBefore: formatTime(notBefore),
    notAfter: formatTime(notAfter),
    createdAt: formatTime(createdAt),
    updatedAt: formatTime(updatedAt),
    credentials: client.credentials.map((credential) =>
      credential.kind === 'certificate'
        ? {
            kind: credential.kind,
            algorithm: credential.algorithm,
            serial: credential.serial,
            fingerprint: credential.id,
            notBefore: formatTime(credential.notBefore),
            notAfter: formatTime(credential.notAfter),
          }
        : { kind: credential.kind, certificate: credential.certificateId },
    ),
  };
}
