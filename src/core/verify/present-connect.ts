import { canonicalClientId } from '../model/client-id.js';
import type { Presentation } from './presentation.js';
import { credentialKind } from './prove.js';

/** What a CONNECT presents. */
export interface PresentedConnect {
  readonly presentation: Presentation;
  /** Whether what is refused is a password, in the words of the CONNACK: an API key, or whatever is in the password field. */
  readonly isPassword: boolean;
}

/** The texts of a CONNECT; empty where it has none. */
export interface ConnectTexts {
  readonly clientId: string;
  readonly name: string;
  readonly secret: string;
}

/** Not the shape of any credential. */
export const NO_CREDENTIAL = ' ';

/**
 * What user name and password present, told by their shapes. API keys and access tokens say whose they are, and beside a
 * password that suffices by itself the user name does: the client id only tells connections apart.
 */
export function presentConnectTexts({ clientId, name, secret }: ConnectTexts): PresentedConnect {
  const [nameKind, secretKind] = [credentialKind(name), credentialKind(secret)];
  const isToken = [nameKind, secretKind].some((kind) => kind === 'signed-token' || kind === 'access-token');
  const isPassword = !isToken && (nameKind === 'api-key' || secret !== '');
  const presenting = (presentation: Presentation) => ({ presentation, isPassword });
  // Of two credentials that differ, a proxy before us may have looked at the other
  if (nameKind && secretKind && name !== secret) return presenting({ clientId, token: NO_CREDENTIAL });
  if (secretKind === 'api-key' || secretKind === 'access-token') return presenting({ token: secret });
  if (nameKind === 'api-key') return presenting({ token: name, password: secret });
  const userName = nameKind === undefined ? canonicalClientId(name) : undefined;
  if (secret !== '' && userName !== undefined) return presenting({ userName, password: secret });
  if (secret !== '') return presenting({ clientId, token: NO_CREDENTIAL });
  return presenting(nameKind === 'access-token' ? { token: name } : { clientId, token: name || undefined });
}
