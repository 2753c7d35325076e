import { canonicalClientId } from '../model/client-id.js';
import { AMBIGUOUS, readCredential, UNKNOWN } from '../model/presented-credential.js';
import { CONNECT_DEMAND, type Presentation, type PresentedCredential } from './presentation.js';

/** The presentation of a CONNECT. */
export interface PresentedConnect {
  readonly presentation: Presentation;
  /** Refuse with CONNACK 4 (bad user name or password) instead of 5 (not authorized). */
  readonly isPassword: boolean;
}

/** The texts of a CONNECT; empty if it has none. */
export interface ConnectTexts {
  readonly clientId: string;
  readonly name: string;
  readonly secret: string;
}

/**
 * Tells by their shapes what user name and password present. API keys and access tokens say whose they are, and beside a
 * password that suffices by itself the user name does: the client id only tells connections apart.
 */
export function presentConnectTexts({ clientId, name, secret }: ConnectTexts): PresentedConnect {
  const [byName, bySecret] = [readCredential(name), readCredential(secret)];
  const isToken = isTokenKind(byName) || isTokenKind(bySecret);
  const isPassword = !isToken && (byName.kind === 'api-key' || secret !== '');
  const bearer = (credential: PresentedCredential): PresentedConnect => ({
    presentation: connectPresentation(credential, undefined),
    isPassword,
  });
  const ofClient = (credential: PresentedCredential | undefined): PresentedConnect => ({
    presentation: connectPresentation(credential, clientId),
    isPassword,
  });
  if (byName.kind !== 'unknown' && bySecret.kind !== 'unknown' && name !== secret) return ofClient(AMBIGUOUS);
  if (bySecret.kind === 'api-key' || bySecret.kind === 'access-token') return bearer(bySecret);
  // Beside brokers that demand a password it is the user name again.
  if (bySecret.kind === 'signed-token' && name === secret) return ofClient(bySecret);
  if (byName.kind === 'api-key') return bearer({ kind: 'key-and-password', key: byName, password: secret });
  if (secret !== '') {
    const namedId = byName.kind === 'unknown' ? canonicalClientId(name) : undefined;
    return namedId === undefined
      ? ofClient(UNKNOWN)
      : bearer({ kind: 'password', clientId: namedId, password: secret });
  }
  if (byName.kind === 'access-token') return bearer(byName);
  return ofClient(name === '' ? undefined : byName);
}

function isTokenKind({ kind }: PresentedCredential): boolean {
  return kind === 'signed-token' || kind === 'access-token';
}

function connectPresentation(
  credential: PresentedCredential | undefined,
  clientId: string | undefined,
): Presentation {
  return { credential, certificate: undefined, clientId, domain: undefined, demand: CONNECT_DEMAND };
}
