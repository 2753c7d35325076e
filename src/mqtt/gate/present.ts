import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { UNKNOWN } from '../../core/model/presented-credential.js';
import { type PresentedConnect, presentConnectTexts } from '../../core/verify/present-connect.js';
import { CONNECT_DEMAND, presentCertificate, UNKNOWN_CERTIFICATE } from '../../core/verify/presentation.js';
import { isFromOurCa } from '../../network/tls.js';
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
  const shown = stream instanceof TLSSocket ? stream.getPeerX509Certificate() : undefined;
  const takesTexts = authentication === 'token' || (authentication === 'certificate-or-token' && !shown);
  if (takesTexts) return presentConnectTexts({ clientId, name, secret });
  const isOurs = stream instanceof TLSSocket && isFromOurCa(stream);
  const certificate = shown && (isOurs ? presentCertificate(shown) : UNKNOWN_CERTIFICATE);
  const presented = name || secret ? { credential: UNKNOWN } : { certificate };
  return { presentation: { ...presented, clientId, demand: CONNECT_DEMAND }, isPassword: false };
}
