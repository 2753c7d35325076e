import { type Client, type ClientStatus, type Credential, clientStatus } from '../core/client.js';
import { formatTime, NEVER, type Timestamp } from '../core/time.js';
import { apiKeyView } from './api-key-view.js';

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
    notAfter: notAfter === NEVER ? null : formatTime(notAfter),
    createdAt: formatTime(createdAt),
    updatedAt: formatTime(updatedAt),
    credentials: client.credentials.map((credential) => credentialView(credential, { client, now })),
  };
}

/** A credential as it is printed. */
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
      return { kind: credential.kind, ...apiKeyView(client, credential, now) };
  }
}
