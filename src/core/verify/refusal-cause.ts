import { isJwtShaped } from '../model/access-token.js';
import { parseApiKey, unwrapApiKey } from '../model/api-key.js';
import type { ApiKeyCredential, Client } from '../model/client.js';
import { canonicalClientId } from '../model/client-id.js';
import type { Principal } from '../model/principal.js';
import { covers } from '../model/scope.js';
import { parseSignedToken, textHash } from '../model/signed-token.js';
import { formatTime, type Timestamp } from '../model/time.js';
import type { Presentation, PresentedCertificate, Rejection } from './presentation.js';
import type { Proof } from './proof-memory.js';
import {
  passwordOf,
  proveCertificate,
  provePassword,
  provePasswordAlone,
  proveText,
  type Registry,
} from './prove.js';

interface Refused {
  readonly presentation: Presentation;
  readonly reason: Rejection;
  readonly registry: Registry;
  readonly now: Timestamp;
}

/**
 * Why a presentation was refused, in a sentence for whoever runs this server: it tells what callers must not learn (which
 * clients there are, and what became of them), and nothing that could be presented: only what is or was registered is named. To
 * be asked after the verdict; it never throws.
 */
export function refusalCause(refused: Refused): string {
  try {
    return CAUSES[refused.reason](refused);
  } catch {
    return CAUSES.unavailable();
  }
}

const CAUSES = {
  missing: () => 'nothing was presented',
  invalid: whatIsWrong,
  revoked: whatWasRevoked,
  'not-yet-valid': (refused) => {
    const found = principals(refused).find(({ notBefore }) => refused.now < notBefore);
    return found
      ? `${nameOf(found)} is not valid before ${formatTime(found.notBefore)}`
      : 'it is not valid yet';
  },
  expired: whatExpired,
  'wrong-client-id': (refused) => {
    const [first, second] = principals(refused);
    if (first === undefined) return 'it belongs to another client';
    return second !== undefined && second.id !== first.id
      ? `${nameOf(first)} came together with ${nameOf(second)}`
      : `${nameOf(first)} was presented under another client’s id`;
  },
  'wrong-domain': (refused) => {
    const [found] = principals(refused);
    return found
      ? `${whoIs(found)} does not belong to that domain: it has ${listed(found.domains)}`
      : 'wrong domain';
  },
  'wrong-path': (refused) => {
    const [found] = principals(refused);
    return found ? `the path is not ${whoIs(found)}’s` : 'the path is another client’s';
  },
  'insufficient-scope': whichScopeLacks,
  unavailable: () => 'the keystore cannot be followed, or what was presented cannot be looked into',
} satisfies Record<Rejection, (refused: Refused) => string>;

function whatIsWrong({ presentation, registry }: Refused): string {
  const { token, userName, password, certificate } = presentation;
  if (userName !== undefined) return whatIsWrongWithPasswordAlone(userName, registry);
  const proof = token === undefined ? undefined : proveText(token, registry);
  if (token !== undefined && proof === null) return whatIsWrongWithText(token, registry);
  if (password !== undefined && !provePassword(token ?? '', password, registry)) {
    const client = proof ? registry.clientById(proof.principal.id) : undefined;
    if (client === undefined) return 'a password came without an API key';
    if (password === '') return `client ${client.id} has a password, and none was presented`;
    const hasOne = client.credentials.some(({ kind }) => kind === 'password');
    return hasOne
      ? `the password is not that of client ${client.id}`
      : `client ${client.id} has no password, and one was presented`;
  }
  if (certificate !== undefined && proveCertificate(certificate, registry) === null)
    return whatIsWrongWithCertificate(certificate, registry);
  return 'it is not a credential of any client';
}

function whatIsWrongWithPasswordAlone(userName: string, registry: Registry): string {
  const client = registry.clientById(userName);
  if (client === undefined) return whereIsClient(userName, registry);
  const password = passwordOf(client);
  if (password === undefined) return `client ${client.id} has no password, and one was presented`;
  return password.alone
    ? `the password is not that of client ${client.id}`
    : `the password of client ${client.id} does not suffice without an API key`;
}

function whatIsWrongWithText(text: string, registry: Registry): string {
  const signed = parseSignedToken(text);
  if (signed) return whatIsWrongWithSignature(signed.clientId, registry);
  if (isJwtShaped(text)) return whatIsWrongWithAccessToken(text, registry);
  const wrapped = unwrapApiKey(text);
  const parsed = parseApiKey(wrapped?.key ?? text);
  if (parsed === undefined && wrapped === undefined)
    return 'what was presented does not have the form of any credential';
  if (!parsed?.intact) return 'the API key is mistyped or cut short: its checksum is wrong';
  const id = canonicalClientId(wrapped?.clientId ?? '');
  if (id !== undefined && registry.clientById(id) === undefined) return whereIsClient(id, registry);
  if (wrapped && registry.clientIdByKeyHash(registry.hashSecret(wrapped.key)) !== undefined)
    return 'the API key is wrapped with another client’s id';
  return 'the API key is not registered: it was deleted, or never was';
}

function whatIsWrongWithSignature(clientId: string, registry: Registry): string {
  const client = registry.clientById(clientId);
  if (client === undefined) return whereIsClient(clientId, registry);
  const certificates = registry.certificatesOf(clientId);
  if (certificates.every(({ withdrawn }) => withdrawn !== null))
    return `client ${clientId} has no certificate, and so no signed token`;
  const wrong = `the signature is not that of client ${clientId}’s key`;
  const replaced = certificates.flatMap(({ withdrawn }) => withdrawn?.at ?? []);
  return replaced.length === 0
    ? wrong
    : `${wrong}, which was replaced at ${formatTime(Math.max(...replaced))}`;
}

function whatIsWrongWithAccessToken(text: string, registry: Registry): string {
  const claims = registry.slow.claims(textHash(text));
  if (claims === undefined || !registry.slow.isTrusted(claims.keyId))
    return 'the access token is none of this server’s: its signature, issuer or audience is wrong, or its signing key was withdrawn';
  const { subject, origin } = claims;
  if (origin.kind === 'session')
    return registry.userById(subject) === undefined
      ? `there is no user ${subject}`
      : `the session of user ${subject} that the access token came from is over`;
  return registry.clientById(subject) === undefined
    ? whereIsClient(subject, registry)
    : `the ${KINDS[origin.kind]} of client ${subject} that the access token came from was deleted or replaced`;
}

function whatIsWrongWithCertificate({ clientId, serial }: PresentedCertificate, registry: Registry): string {
  if (clientId === undefined) return 'the certificate is not one that this CA issued to a client';
  const client = registry.clientById(clientId);
  if (client === undefined) return whereIsClient(clientId, registry);
  const withdrawn = registry.certificatesOf(clientId).find(({ id }) => id === serial)?.withdrawn;
  return withdrawn
    ? `the certificate of client ${clientId} was replaced at ${formatTime(withdrawn.at)}`
    : `the certificate is not one that client ${clientId} has`;
}

// Not by its id where it never was: that is what somebody sent, and may be a secret in the wrong place.
function whereIsClient(id: string, registry: Registry): string {
  const deletedAt = registry.deletedClientById(id)?.deletedAt;
  return typeof deletedAt === 'number'
    ? `client ${id} was deleted at ${formatTime(deletedAt)}`
    : 'it names a client that does not exist';
}

function whatWasRevoked(refused: Refused): string {
  const found = proofs(refused).find(({ revokedAt }) => revokedAt !== null);
  if (found === undefined) return 'it, its client or its owner is revoked';
  const { principal, revokedAt } = found;
  const causes =
    principal.kind === 'client' ? clientCauses(principal, refused) : userCauses(principal, refused);
  const [[what, at] = [`${nameOf(principal)} was withdrawn`, revokedAt]] = causes.filter(
    ([, at]) => at !== null,
  );
  return at === null ? what : `${what} at ${formatTime(at)}`;
}

/** What may have been revoked, and when it was. */
type RevocationCause = readonly [what: string, at: Timestamp | null];

// In the order in which `prove.ts` looks at them.
function clientCauses(principal: Principal, { registry }: Refused): RevocationCause[] {
  const client = registry.clientById(principal.id);
  if (client === undefined) return [];
  const key = apiKeyOf(client, principal);
  const owner = client.owner === null ? undefined : registry.userById(client.owner);
  const isOwnersOwn = owner !== undefined && owner.createdAt <= client.updatedAt;
  return [
    [`client ${client.id} was disabled`, client.revokedAt],
    [`API key ${client.id}:${key?.id} was invalidated`, key?.revokedAt ?? null],
    [
      `user ${client.owner}, whom client ${client.id} belongs to, was disabled`,
      isOwnersOwn ? owner.disabledAt : null,
    ],
    ...(client.owner !== null && !isOwnersOwn
      ? [
          [
            `user ${client.owner}, whom client ${client.id} belongs to, was deleted after client ${client.id} was last changed`,
            client.updatedAt,
          ] as const,
        ]
      : []),
  ];
}

function userCauses({ id, credential }: Principal, { registry }: Refused): RevocationCause[] {
  if (credential.kind !== 'access-token' || credential.claims.origin.kind !== 'session') return [];
  const session = registry.sessionById(credential.claims.origin.sessionId);
  const user = registry.userById(id);
  const isOver = session && user && session.createdAt < user.sessionsSince;
  return [
    [`the session of user ${id} was ended`, session?.revokedAt ?? null],
    [`user ${id} was disabled`, user?.disabledAt ?? null],
    [`all sessions of user ${id} were ended`, isOver ? user.sessionsSince : null],
  ];
}

function whatExpired(refused: Refused): string {
  const found = principals(refused).find(({ expiresAt }) => refused.now >= expiresAt);
  if (found === undefined) return 'it has expired';
  const ended = `${nameOf(found)} expired at ${formatTime(found.expiresAt)}`;
  const client = found.kind === 'client' ? refused.registry.clientById(found.id) : undefined;
  const key = client && apiKeyOf(client, found);
  const newer = apiKeysOf(client).find(
    ({ createdAt, revokedAt, expiresAt }) =>
      key !== undefined && createdAt > key.createdAt && revokedAt === null && refused.now < expiresAt,
  );
  return newer
    ? `${ended}, and client ${found.id} has a newer one since ${formatTime(newer.createdAt)}`
    : ended;
}

function whichScopeLacks(refused: Refused): string {
  const [found] = principals(refused);
  if (found === undefined) return 'the scope lacks';
  const { demand } = refused.presentation;
  const has = `it has ${listed(found.scopes)}`;
  if (demand === undefined || 'connect' in demand) return `${whoIs(found)} has no scope to connect: ${has}`;
  const lacking = demand.scopes.filter((scope) => !covers(found.scopes, scope));
  return `${whoIs(found)} lacks ${listed(lacking)}: ${has}`;
}

function proofs({ presentation, registry }: Refused): Proof[] {
  const { token, userName, password, certificate } = presentation;
  const byPassword = userName === undefined ? null : provePasswordAlone(userName, password ?? '', registry);
  const byToken = token === undefined ? null : proveText(token, registry);
  const byCertificate = certificate === undefined ? null : proveCertificate(certificate, registry);
  return [byPassword, byToken, byCertificate].filter((proof) => proof !== null);
}

function principals(refused: Refused): Principal[] {
  return proofs(refused).map(({ principal }) => principal);
}

const KINDS = {
  certificate: 'certificate',
  'signed-token': 'signed token',
  'api-key': 'API key',
  'access-token': 'access token',
  password: 'password',
} as const;

function nameOf(principal: Principal): string {
  const { id, credential } = principal;
  return credential.kind === 'api-key'
    ? `API key ${id}:${credential.id}`
    : `the ${KINDS[credential.kind]} of ${whoIs(principal)}`;
}

function whoIs({ kind, id }: Principal): string {
  return `${kind} ${id}`;
}

/** The API key that somebody presented, or that the presented access token came from. */
function apiKeyOf(client: Client, { credential }: Principal): ApiKeyCredential | undefined {
  const origin = credential.kind === 'access-token' ? credential.claims.origin : undefined;
  const id = origin && origin.kind !== 'session' ? origin.credentialId : credential.id;
  return apiKeysOf(client).find((key) => key.id === id);
}

function apiKeysOf(client: Client | undefined): ApiKeyCredential[] {
  return (client?.credentials ?? []).filter((credential) => credential.kind === 'api-key');
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}
