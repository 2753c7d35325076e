import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { IConnectPacket } from 'mqtt-packet';
import { type Presentation, type PresentedCertificate, presentCertificate } from '../core/presentation.js';
import { credentialKind } from '../core/prove.js';

/** What a listener asks of its clients: a token, a certificate of the CA, one of the two, or nothing at all. */
export type MqttAuthentication = 'token' | 'certificate' | 'certificate-or-token' | 'open';

/** What a CONNECT presents. */
export interface PresentedConnect {
  readonly presentation: Presentation;
  /** Whether what is refused is a password, in the words of the CONNACK: an API key, or whatever is in the password field. */
  readonly isPassword: boolean;
}

/** What a CONNECT presents under the rules of its listener; whatever else it carries makes it no credential at all. */
export function presentConnect(
  { clientId, username, password }: IConnectPacket,
  stream: Duplex,
  authentication: Exclude<MqttAuthentication, 'open'>,
): PresentedConnect {
  const name = username ?? '';
  const secret = password?.toString() ?? '';
  const certificate = stream instanceof TLSSocket ? stream.getPeerX509Certificate() : undefined;
  const takesTexts =
    authentication === 'token' || (authentication === 'certificate-or-token' && !certificate);
  if (takesTexts) return presentTexts({ clientId, name, secret });
  if (name || secret) return { presentation: { clientId, token: NO_CREDENTIAL }, isPassword: false };
  const isOurs = stream instanceof TLSSocket && stream.authorized;
  const presented = certificate && (isOurs ? presentCertificate(certificate) : NOT_OURS);
  return { presentation: { clientId, certificate: presented }, isPassword: false };
}

interface ConnectTexts {
  readonly clientId: string;
  readonly name: string;
  readonly secret: string;
}

/**
 * What user name and password present, told by their shapes. API keys and access tokens say whose they are: beside them
 * the client id only tells connections apart.
 */
function presentTexts({ clientId, name, secret }: ConnectTexts): PresentedConnect {
  const [nameKind, secretKind] = [credentialKind(name), credentialKind(secret)];
  const isToken = [nameKind, secretKind].some((kind) => kind === 'signed-token' || kind === 'access-token');
  const isPassword = !isToken && (nameKind === 'api-key' || secret !== '');
  const presenting = (presentation: Presentation) => ({ presentation, isPassword });
  // Of two credentials that differ, a proxy before us may have looked at the other
  if (nameKind && secretKind && name !== secret) return presenting({ clientId, token: NO_CREDENTIAL });
  if (secretKind === 'api-key' || secretKind === 'access-token') return presenting({ token: secret });
  if (nameKind === 'api-key') return presenting({ token: name, password: secret });
  if (secret !== '') return presenting({ clientId, token: NO_CREDENTIAL });
  return presenting(nameKind === 'access-token' ? { token: name } : { clientId, token: name || undefined });
}

// Not the shape of any credential.
const NO_CREDENTIAL = ' ';

// A certificate that another CA issued, which nobody is known by.
const NOT_OURS: PresentedCertificate = { fingerprint: '', clientId: undefined };
