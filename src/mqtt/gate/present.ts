import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import {
  NO_CREDENTIAL,
  type PresentedConnect,
  presentConnectTexts,
} from '../../core/verify/present-connect.js';
import { type PresentedCertificate, presentCertificate } from '../../core/verify/presentation.js';
import type { Connect } from '../packets/connect.js';

/** The credential that a listener asks for: a token, a certificate of the CA, one of the two, or none. */
export type MqttAuthentication = 'token' | 'certificate' | 'certificate-or-token' | 'open';

/** Extracts the credential that the listener asks for; a CONNECT that carries anything beside it has none. */
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

// A certificate of another CA: no client is known by it.
const NOT_OURS: PresentedCertificate = { fingerprint: '', clientId: undefined };
