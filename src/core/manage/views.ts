import type { HeldCertificate } from '../model/certificate.js';
import type { Credential } from '../model/client.js';
import type { LastUse } from '../model/last-use.js';
import type { Principal } from '../model/principal.js';
import { type ProvisioningKey, provisioningKeyState } from '../model/provisioning-key.js';
import { type Session, sessionKind } from '../model/session.js';
import { type CredentialState, stateOf, type Terms, termsOf } from '../model/terms.js';
import { formatEnd, formatTime, type Moment, type Timestamp } from '../model/time.js';
import type { User } from '../model/user.js';
import { apiKeyId } from './api-keys.js';
import { type ClientWithCertificates, clientStanding } from './client-state.js';
import type { HeldApiKey } from './held-api-key.js';
import type { IssuedClient } from './issue-client.js';
import { latestUse, NO_USES, type Uses } from './last-uses.js';
import type { Holdings } from './user-holdings.js';

// The views list their members by name, so that no secret gets into one by accident. A beginning is `notBefore` or
// `createdAt`, an end is `expiresAt`, and null is an end that never comes.

export type ClientView = ReturnType<typeof clientView>;
export type ApiKeyView = ReturnType<typeof apiKeyView>;
export type UserView = ReturnType<typeof userView>;
export type SessionView = ReturnType<typeof sessionView>;
export type ProvisioningKeyView = ReturnType<typeof provisioningKeyView>;

/** Makes the view of a client. Times are in RFC 3339. @param uses the last uses of its credentials */
export function clientView(held: ClientWithCertificates, moment: Moment, uses: Uses = NO_USES) {
  const { client, certificates } = held;
  const { state, expiresAt } = clientStanding(held, moment);
  const { id, label, owner, domain, scopes, notBefore, createdAt, updatedAt } = client;
  return {
    id,
    status: state,
    label,
    owner,
    domain,
    scopes,
    notBefore: formatTime(notBefore),
    expiresAt: formatEnd(expiresAt),
    createdAt: formatTime(createdAt),
    updatedAt: formatTime(updatedAt),
    ...useView(latestUse(held, uses)),
    credentials: [
      ...certificates.map((certificate) => certificateView(certificate, { ...held, moment, uses })),
      ...client.credentials.map((credential) => credentialView(credential, { ...held, moment, uses })),
    ],
  };
}

/** Makes the view of a client that got a certificate, with what that replaces. */
export function issuedView(issued: IssuedClient, moment: Moment, uses?: Uses) {
  return {
    ...clientView(issued, moment, uses),
    endsWithAuthority: issued.isCut,
    replaced: issued.replaced.map(({ certificate: { id, fingerprint }, until }) => ({
      serial: id,
      fingerprint,
      expiresAt: formatTime(until),
    })),
  };
}

interface Seen extends ClientWithCertificates {
  readonly moment: Moment;
  readonly uses: Uses;
}

function certificateView(certificate: HeldCertificate, seen: Seen) {
  const { id, issuer, fingerprint, key, replaced } = certificate;
  return {
    kind: 'certificate' as const,
    algorithm: key.algorithm,
    serial: id,
    issuer,
    fingerprint,
    ...spanView(termsOf(seen, certificate), seen.moment),
    replacedAt: replaced ? formatTime(replaced.at) : null,
    ...useView(seen.uses.get(`${seen.client.id}:${fingerprint}`)),
  };
}

/** Makes the view of a credential. */
function credentialView(credential: Credential, seen: Seen) {
  const { client, owner, moment, uses } = seen;
  const used = uses.get(`${client.id}:${credential.id}`);
  switch (credential.kind) {
    case 'signed-token': {
      const { kind, certificateId } = credential;
      const signer = seen.certificates.find(({ fingerprint }) => fingerprint === certificateId);
      const span: SpanView = signer ? spanView(termsOf(seen, signer), moment) : GONE;
      return { kind, certificate: certificateId, ...span, ...useView(used) };
    }
    case 'api-key':
      return { kind: credential.kind, ...apiKeyView({ client, owner, credential }, moment, used) };
    case 'password':
      return {
        kind: credential.kind,
        alone: credential.alone,
        createdAt: formatTime(credential.createdAt),
        ...spanView(termsOf(seen, credential), moment),
        ...useView(used),
      };
  }
}

/** The time in which a credential holds, in RFC 3339; an `expiresAt` of null is never. */
interface SpanView {
  readonly status: CredentialState;
  readonly notBefore: string | null;
  readonly expiresAt: string | null;
}

// A signed token without its certificate opens nothing.
const GONE: SpanView = { status: 'revoked', notBefore: null, expiresAt: null };

function spanView(terms: Terms, moment: Moment) {
  return {
    status: stateOf(terms, moment),
    notBefore: formatTime(terms.notBefore),
    expiresAt: formatEnd(terms.expiresAt),
  };
}

/** Makes the view of a last use. */
function useView(used: LastUse | undefined) {
  return {
    lastUsedAt: used === undefined ? null : formatTime(used.at),
    lastUsedFrom: used === undefined ? null : used.from,
  };
}

/** Makes the view of an API key. The key ends with its client at the latest. */
export function apiKeyView(held: HeldApiKey, moment: Moment, used?: LastUse) {
  const { client, credential } = held;
  const { label, hint, scopes, createdAt, replacedAt = null } = credential;
  const { status, notBefore, expiresAt } = spanView(termsOf(held, credential), moment);
  return {
    id: apiKeyId(client, credential),
    clientId: client.id,
    label,
    owner: client.owner,
    domain: client.domain,
    hint,
    scopes,
    status,
    createdAt: formatTime(createdAt),
    notBefore,
    expiresAt,
    replacedAt: replacedAt === null ? null : formatTime(replacedAt),
    ...useView(used),
  };
}

/** Makes the view of a key that was rotated: when it ends. */
export function replacedKeyView(held: HeldApiKey) {
  const { client, credential } = held;
  return {
    id: apiKeyId(client, credential),
    expiresAt: formatEnd(termsOf(held, credential).expiresAt),
  };
}

/** The states of a user. */
export const USER_STATES = ['enabled', 'disabled'] as const;

export function userState({ disabledAt }: Pick<User, 'disabledAt'>): (typeof USER_STATES)[number] {
  return disabledAt === null ? 'enabled' : 'disabled';
}

/** Makes the view of a user. */
export function userView(user: User) {
  const { id, email, groups, domains, role, scopes, disabledAt, createdAt, updatedAt } = user;
  return {
    id,
    email,
    groups,
    domains,
    role,
    scopes,
    status: userState({ disabledAt }),
    createdAt: formatTime(createdAt),
    updatedAt: formatTime(updatedAt),
  };
}

/** Makes the view of a user with what goes with it. */
export function userViewWith(user: User, { clients, sessions, signedInAt }: Holdings) {
  return {
    ...userView(user),
    clients,
    sessions,
    signedInAt: signedInAt === null ? null : formatTime(signedInAt),
  };
}

/** Makes the view of a provisioning key. */
export function provisioningKeyView(key: ProvisioningKey, now: Timestamp) {
  const { id, hint, label, owner, scopes, usesLeft, createdAt, expiresAt } = key;
  return {
    id,
    hint,
    label,
    owner,
    scopes,
    usesLeft,
    status: provisioningKeyState({ expiresAt }, now),
    createdAt: formatTime(createdAt),
    expiresAt: formatEnd(expiresAt),
  };
}

/** Makes the view of a session. @param currentId the id of the session by which the caller acts */
export function sessionView(session: Session, currentId?: string | undefined) {
  const { id, userId, from, scopes, createdAt, expiresAt } = session;
  return {
    id,
    kind: sessionKind(session),
    current: id === currentId,
    userId: userId ?? '',
    from,
    scopes,
    createdAt: formatTime(createdAt),
    expiresAt: formatTime(expiresAt),
  };
}

/** Makes the view of a caller, for its own eyes. */
export function principalView(principal: Principal) {
  const { kind, id, label, owner, groups, domains, scopes, credential, notBefore, expiresAt } = principal;
  return {
    ...(kind === 'client' ? { clientId: id } : { userId: id }),
    label,
    owner,
    groups,
    domains,
    scopes,
    credential: { kind: credential.kind, id: credential.id },
    notBefore: formatTime(notBefore),
    expiresAt: formatEnd(expiresAt),
  };
}
