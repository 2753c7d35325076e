import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import {
  NO_CREDENTIAL,
  type PresentedConnect,
  presentConnectTexts,
} from '../../core/verify/present-connect.js';
import { type PresentedCertificate, presentCertificate } from '../../core/verify/presentation.js';
import type { Connect } from '../packets/connect.js';

/** What a listener asks of its clients: a token, a certificate of the CA, one of the two, or nothing at all. */
export type MqttAuthentication = 'token' | 'certificate' | 'certificate-or-token' | 'open';

/** What a CONNECT presents under the rules of its listener; whatever else it carries makes it no credential at all. */
export function presentConnect(
  { clientId, username, password }: Connect,
  stream: Duplex,
  authentication: Exclude<MqttAuthentication, 'open'>,
): PresentedConnect {
  const name = username ?? '';
  const secret = password?.toString() ?? '';
  const certificate = stream instanceof TLSSocket ? stream.getPeerX509Certificate() : undefined;
  const takesTexts =
    authentication === 'token' || (authentication === 'certificate-or-token' && !certificate);
  if (takesTexts) return presentConnectTexts({ clientId, name, secret });
  if (name || secret) return { presentation: { clientId, token: NO_CREDENTIAL }, isPassword: false };
  const isOurs = stream instanceof TLSSocket && stream.authorized;
  const presented = certificate && (isOurs ? presentCertificate(certificate) : NOT_OURS);
  return { presentation: { clientId, certificate: presented }, isPassword: false };
}

// A certificate that another CA issued, which nobody is known by.
const NOT_OURS: PresentedCertificate = { fingerprint: '', clientId: undefined };
