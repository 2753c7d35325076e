import type { TokenFault } from '../model/access-token.js';
import { passwordOf } from '../model/client.js';
import type {
  PresentedAccessToken,
  PresentedApiKey,
  PresentedSignedToken,
} from '../model/presented-credential.js';
import { formatTime } from '../model/time.js';
import { notLoaded } from './facts.js';
import type {
  PresentedCertificate,
  PresentedKeyAndPassword,
  PresentedNameAndPassword,
} from './presentation.js';
import { prove } from './prove.js';
import { proveApiKey } from './prove-api-key.js';
import { proveCertificate } from './prove-certificate.js';
import { CREDENTIAL_NAMES, type Refused } from './refused.js';
import type { FormerKeyOf, Registry } from './registry.js';

/** The cause of `invalid`: the credential, or the certificate beside it. */
export function invalidCause({ presentation, registry }: Refused): string {
  const { credential, certificate } = presentation;
  if (credential !== undefined && prove(credential, registry) === null) {
    switch (credential.kind) {
      case 'api-key':
        return apiKeyCause(credential, registry);
      case 'signed-token':
        return signedTokenCause(credential, registry);
      case 'access-token':
        return accessTokenCause(credential, registry);
      case 'key-and-password':
        return keyAndPasswordCause(credential, registry);
      case 'password':
        return passwordCause(credential, registry);
      case 'session-cookie':
        return 'the session of the cookie is over, or never was';
      case 'ambiguous':
        return 'two credentials that differ were presented';
      case 'unknown':
        return 'what was presented does not have the form of any credential';
    }
  }
  if (certificate !== undefined && proveCertificate(certificate, registry) === null)
    return certificateCause(certificate, registry);
  return 'it is not a credential of any client';
}

function apiKeyCause(presented: PresentedApiKey, registry: Registry): string {
  const keyHash = registry.facts.keyHash(presented, registry);
  if (keyHash === undefined) return 'the API key is mistyped or cut short: its checksum is wrong';
  const { claimedId = '' } = presented;
  if (claimedId !== '' && registry.clientById(claimedId) === undefined)
    return absentClient(claimedId, registry);
  if (registry.clientIdByKeyHash(keyHash) !== undefined)
    return 'the API key is wrapped with another client’s id';
  const former = registry.formerKeyByHash(keyHash);
  return former === undefined
    ? 'the API key is not registered: it was deleted, or never was'
    : formerKeyCause(former, registry);
}

function formerKeyCause({ clientId, key }: FormerKeyOf, registry: Registry): string {
  const deleted = `API key ${clientId}:${key.id} was deleted at ${formatTime(key.deletedAt)}`;
  return registry.clientById(clientId) === undefined
    ? `${deleted}, with the last of client ${clientId}`
    : deleted;
}

function keyAndPasswordCause({ key, password }: PresentedKeyAndPassword, registry: Registry): string {
  const proof = proveApiKey(key, registry);
  const client = proof ? registry.clientById(proof.principal.id) : undefined;
  if (client === undefined) return apiKeyCause(key, registry);
  if (password === '') return `client ${client.id} has a password, and none was presented`;
  return passwordOf(client) === undefined
    ? `client ${client.id} has no password, and one was presented`
    : `the password is not that of client ${client.id}`;
}

function passwordCause({ clientId }: PresentedNameAndPassword, registry: Registry): string {
  const client = registry.clientById(clientId);
  if (client === undefined) return absentClient(clientId, registry);
  const password = passwordOf(client);
  if (password === undefined) return `client ${client.id} has no password, and one was presented`;
  return password.alone
    ? `the password is not that of client ${client.id}`
    : `the password of client ${client.id} does not suffice without an API key`;
}

function signedTokenCause(token: PresentedSignedToken, registry: Registry): string {
  const { clientId } = token;
  const client = registry.clientById(clientId);
  if (client === undefined) return absentClient(clientId, registry);
  const { held, withdrawn } = registry.certificatesOf(clientId);
  const wrong = `the signature is not that of client ${clientId}’s key`;
  const former = withdrawn.find(
    ({ key }) => key !== null && registry.facts.isSignedBy(token, key),
  )?.withdrawn;
  if (former) return `${wrong}, which was ${former.reason} at ${formatTime(former.at)}`;
  return held.length === 0 ? `client ${clientId} has no certificate, and so no signed token` : wrong;
}

function accessTokenCause(token: PresentedAccessToken, registry: Registry): string {
  const claims = registry.facts.accessToken(token);
  if (claims === undefined) throw notLoaded();
  if ('rejected' in claims) return noneOfOurs(claims.rejected);
  if (!registry.facts.isTrusted(claims.keyId)) return noneOfOurs('unknown key');
  const { subject, origin } = claims;
  if (origin.kind === 'session')
    return registry.userById(subject) === undefined
      ? `there is no user ${subject}`
      : `the session of user ${subject} that the access token came from is over`;
  return registry.clientById(subject) === undefined
    ? absentClient(subject, registry)
    : `the ${CREDENTIAL_NAMES[origin.kind]} of client ${subject} that the access token came from was deleted or replaced`;
}

function certificateCause({ clientId, serial }: PresentedCertificate, registry: Registry): string {
  if (clientId === undefined) return 'the certificate is not one that this CA issued to a client';
  const client = registry.clientById(clientId);
  if (client === undefined) return absentClient(clientId, registry);
  const former = registry.certificatesOf(clientId).withdrawn.find(({ id }) => id === serial)?.withdrawn;
  return former
    ? `the certificate of client ${clientId} was ${former.reason} at ${formatTime(former.at)}`
    : `the certificate is not one that client ${clientId} has`;
}

function noneOfOurs(fault: TokenFault): string {
  return `the access token is none of this server’s: ${FAULTS[fault]}`;
}

// An id that never was is not named: it is what somebody sent, and may be a secret in the wrong place.
function absentClient(id: string, registry: Registry): string {
  const deletedAt = registry.deletedClientById(id)?.deletedAt;
  return typeof deletedAt === 'number'
    ? `client ${id} was deleted at ${formatTime(deletedAt)}`
    : 'it names a client that does not exist';
}

const FAULTS = {
  'not a JWT': 'it cannot be read',
  'wrong type': 'its type is not that of an access token (at+jwt)',
  'unknown key': 'the key that signed it is not one of this server’s, or was withdrawn',
  'wrong signature': 'its signature is wrong',
  'wrong issuer': 'its issuer is another',
  'wrong audience': 'its audience is another',
  'wrong claims': 'its claims are not those of an access token',
} satisfies Record<TokenFault, string>;
