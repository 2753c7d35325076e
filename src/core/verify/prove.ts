import { generateKeyPairSync, timingSafeEqual } from 'node:crypto';
import { type AccessTokenClaims, isJwtShaped } from '../model/access-token.js';
import { parseApiKey, unwrapApiKey } from '../model/api-key.js';
import type { Certificate, CertificateKey } from '../model/certificate.js';
import { type ApiKeyCredential, type Client, newClient, type PasswordCredential } from '../model/client.js';
import { canonicalClientId } from '../model/client-id.js';
import type { Principal, UsedCredential } from '../model/principal.js';
import { narrowScopes } from '../model/scope.js';
import type { Session } from '../model/session.js';
import { parseSignedToken, type SignedToken, signatureHolds, textHash } from '../model/signed-token.js';
import { NEVER } from '../model/time.js';
import type { User } from '../model/user.js';
import type { WithdrawnToken } from '../model/withdrawn-token.js';
import type { Presentation, PresentedCertificate } from './presentation.js';
import type { Memory, Proof, RememberedProof } from './proof-memory.js';
import type { SlowProofs } from './slow-proofs.js';

/** What verification looks things up in. The look-ups throw where the keystore cannot be followed. */
export interface Registry {
  /** The live client of that canonical id. */
  clientById(id: string): Client | undefined;
  certificatesOf(clientId: string): readonly Certificate[];
  withdrawnTokenById(id: string): WithdrawnToken | undefined;
  /** What is left of a deleted client of that canonical id. */
  deletedClientById(id: string): Client | undefined;
  /** The id of the client that has an API key of that keyed hash. */
  clientIdByKeyHash(keyHash: string): string | undefined;
  /** Whether any client has a password that suffices alone. */
  hasPasswordsAlone(): boolean;
  userById(id: string): User | undefined;
  sessionById(id: string): Session | undefined;
  /** The keyed hash of a secret, lower-case hex. */
  hashSecret(secret: string): string;
  readonly proofs: Memory<RememberedProof>;
  /** Of access tokens. */
  readonly tokenProofs: Memory<RememberedProof>;
  readonly slow: Pick<SlowProofs, keyof SlowProofs>;
}

/** What a text presents, by its shape alone. */
export function credentialKind(text: string): 'api-key' | 'signed-token' | 'access-token' | undefined {
  if (parseApiKey(text) ?? unwrapApiKey(text)) return 'api-key';
  if (isJwtShaped(text)) return 'access-token';
  return parseSignedToken(text) && 'signed-token';
}

/** What must be found out before a presentation can be decided on; undefined where nothing must. */
export function preparation(
  { token, userName, password }: Presentation,
  registry: Registry,
): Promise<void> | undefined {
  if (userName !== undefined && password !== undefined) {
    // Where nobody has one there is no name to hide, and strangers get no work done.
    if (!registry.hasPasswordsAlone()) return undefined;
    const credential = passwordAlone(userName, registry);
    return registry.slow.checkPassword({ name: userName, password, credential });
  }
  if (token === undefined) return undefined;
  if (password === undefined) return registry.slow.openToken(token);
  const holder = keyHolder(token, registry);
  const credential = holder && passwordOf(holder);
  return credential && registry.slow.checkPassword({ name: holder.id, password, credential });
}

/** Proves a text: shape → checksum → look-up → constant-time compare. null where it proves nothing. */
export function proveText(text: string, registry: Registry): Proof | null {
  const hash = textHash(text);
  // Tokens, of which anybody can have any number, do not drive out what is registered.
  const memory = text.startsWith('eyJ') ? registry.tokenProofs : registry.proofs;
  const known = memory.recall(hash);
  if (known) return known.proof;
  const found = isJwtShaped(text)
    ? proveToken(registry.slow.claims(hash), registry)
    : proveCredential(text, { hash, registry });
  if (found === undefined) return null;
  memory.keep(hash, found, { isGood: found.proof !== null });
  return found.proof;
}

/**
 * Whether a password is that of the client whose API key came with it; none is right for a client that has none. To be
 * asked after `preparation`.
 */
export function provePassword(token: string, password: string, registry: Registry): boolean {
  const holder = keyHolder(token, registry);
  if (holder === undefined) return false;
  const credential = passwordOf(holder);
  if (credential === undefined) return password === '';
  return registry.slow.passwordHolds({ name: holder.id, password, credential });
}

/** Proves a password that suffices by itself; to be asked after `preparation`. null where it is not that client's. */
export function provePasswordAlone(userName: string, password: string, registry: Registry): Proof | null {
  const client = registry.clientById(userName);
  const credential = passwordAlone(userName, registry);
  const holds = registry.slow.passwordHolds({ name: userName, password, credential });
  return client && credential && holds
    ? proofBy(client, { kind: 'password', id: credential.id }, registry)
    : null;
}

/** Proves a certificate by its fingerprint. null where it is not a registered one. */
export function proveCertificate(presented: PresentedCertificate, registry: Registry): Proof | null {
  const client = presented.clientId === undefined ? undefined : registry.clientById(presented.clientId);
  const found = client && certificates(client, registry).find(({ id }) => sameHex(id, presented.fingerprint));
  return client && found ? proofBy(client, { kind: 'certificate', id: found.id }, registry) : null;
}

/** What a credential that was proved before comes to now. null where it is gone. */
export function proveAgain({ id, credential }: Principal, registry: Registry): Proof | null {
  if (credential.kind === 'access-token') return proveToken(credential.claims, registry)?.proof ?? null;
  const client = registry.clientById(id);
  return client ? proofBy(client, credential, registry) : null;
}

const DECOY = newClient({ id: '', createdAt: 0 });
let decoyKey: CertificateKey | undefined;

/** A key that nobody has: checked in place of that of a client that does not exist. */
function nobodysKey(): CertificateKey {
  decoyKey ??= {
    algorithm: 'ec-p256',
    publicKey: generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
      .publicKey.export({ type: 'spki', format: 'der' })
      .toString('base64'),
  };
  return decoyKey;
}

type CredentialName = Exclude<UsedCredential, { kind: 'access-token' }>;

interface Claim {
  readonly clientId: string;
  /** The client's credential that the text is. */
  matches(client: Client): CredentialName | undefined;
}

/** Proves a text that is a client's own credential; undefined where its shape or its checksum is wrong. */
function proveCredential(
  text: string,
  { hash, registry }: { readonly hash: string; readonly registry: Registry },
): RememberedProof | undefined {
  const token = parseSignedToken(text);
  if (token) {
    const { clientId } = token;
    return proveClaim(
      { clientId, matches: (client) => matchingToken(client, { token, hash, registry }) },
      registry,
    );
  }
  const wrapped = unwrapApiKey(text);
  const key = wrapped?.key ?? text;
  if (!parseApiKey(key)?.intact) return undefined;
  const keyHash = registry.hashSecret(key);
  const clientId = registry.clientIdByKeyHash(keyHash);
  if (clientId === undefined || (wrapped && canonicalClientId(wrapped.clientId) !== clientId)) {
    return { proof: null, isCurrent: () => registry.clientIdByKeyHash(keyHash) === clientId };
  }
  const matches = (client: Client): CredentialName | undefined => {
    const found = apiKeys(client).find((credential) => sameHex(credential.hash, keyHash));
    return found && { kind: 'api-key', id: found.id };
  };
  return proveClaim({ clientId, matches }, registry);
}

function proveClaim({ clientId, matches }: Claim, registry: Registry): RememberedProof {
  // Without a client the same work is done for nobody, so that no clock tells which ids exist.
  const client = registry.clientById(clientId);
  const credential = matches(client ?? DECOY);
  const proof = client && credential ? proofBy(client, credential, registry) : null;
  return { proof, isCurrent: clientUnchanged({ clientId, client }, registry) };
}

/** An answer holds for one state of the client and its owner: any change puts another object in its place. */
function clientUnchanged(
  { clientId, client }: { readonly clientId: string; readonly client: Client | undefined },
  registry: Registry,
): () => boolean {
  const certificates = registry.certificatesOf(clientId);
  const ownerId = client?.owner ?? null;
  if (ownerId === null)
    return () =>
      registry.clientById(clientId) === client && registry.certificatesOf(clientId) === certificates;
  const owner = registry.userById(ownerId);
  return () =>
    registry.clientById(clientId) === client &&
    registry.certificatesOf(clientId) === certificates &&
    registry.userById(ownerId) === owner;
}

function matchingToken(
  client: Client,
  { token, hash, registry }: { token: SignedToken; hash: string; registry: Registry },
): CredentialName | undefined {
  const issued = client.credentials.find(({ kind, id }) => kind === 'signed-token' && sameHex(id, hash));
  if (issued) return { kind: 'signed-token', id: issued.id };
  // Not a token that was handed over: a client may mint its own with its certificate's key.
  const certificate = certificates(client, registry).find((each) => signatureHolds(token, each.key));
  return certificate && { kind: 'signed-token', id: certificate.id };
}

function proofBy(client: Client, credential: CredentialName, registry: Registry): Proof | null {
  const terms = termsOf(client, credential, registry);
  if (terms === undefined) return null;
  const found = client.owner === null ? undefined : registry.userById(client.owner);
  // A user who was made later than the client was handed over is another one of the same name.
  const owner = found && found.createdAt <= client.updatedAt ? found : undefined;
  const ownerGone = client.owner !== null && owner === undefined ? client.updatedAt : null;
  const own = client.domain === null ? [] : [client.domain];
  const isWithin = owner === undefined || owner.domains.includes('*');
  return {
    // What belongs to somebody stops when they do, and never does more than they may.
    revokedAt: client.revokedAt ?? terms.revokedAt ?? owner?.disabledAt ?? ownerGone,
    principal: {
      kind: 'client',
      id: client.id,
      label: terms.label ?? client.label,
      owner: client.owner,
      groups: [],
      domains:
        client.domain === null
          ? (owner?.domains ?? [])
          : own.filter((domain) => isWithin || owner?.domains.includes(domain)),
      scopes: owner ? narrowScopes(owner.scopes, terms.scopes) : terms.scopes,
      credential,
      notBefore: Math.max(client.notBefore, terms.notBefore),
      expiresAt: Math.min(client.notAfter, terms.expiresAt),
    },
  };
}

/** What one of a client's credentials is worth by itself. */
type Terms = Pick<Proof, 'revokedAt'> & Pick<Principal, 'label' | 'scopes' | 'notBefore' | 'expiresAt'>;

function termsOf(client: Client, { kind, id }: CredentialName, registry: Registry): Terms | undefined {
  if (kind === 'api-key') {
    const key = apiKeys(client).find((credential) => credential.id === id);
    if (key === undefined) return undefined;
    // Written out: whoever connects passes here, and to spread an object costs more than to find the key.
    const { label, scopes, createdAt, expiresAt, revokedAt } = key;
    return { label, scopes, notBefore: createdAt, expiresAt, revokedAt };
  }
  if (kind === 'password') {
    const password = passwordOf(client);
    if (!password?.alone || password.id !== id) return undefined;
    const { createdAt: notBefore } = password;
    return { label: null, scopes: client.scopes, revokedAt: null, notBefore, expiresAt: NEVER };
  }
  // A signed token holds with its certificate; one that the client minted is named by the certificate itself.
  const token = client.credentials.find(
    (credential) => credential.kind === 'signed-token' && credential.id === id,
  );
  const certificateId = token?.kind === 'signed-token' ? token.certificateId : id;
  const certificate = certificates(client, registry).find((credential) => credential.id === certificateId);
  if (certificate === undefined) return undefined;
  const { notBefore, notAfter: expiresAt } = certificate;
  return { label: null, scopes: client.scopes, revokedAt: null, notBefore, expiresAt };
}

/** Proves an access token that was opened: by what it is bound to, as that is now. */
function proveToken(claims: AccessTokenClaims | undefined, registry: Registry): RememberedProof | undefined {
  if (claims === undefined || !registry.slow.isTrusted(claims.keyId)) return undefined;
  const withdrawn = registry.withdrawnTokenById(claims.familyId);
  const base =
    claims.origin.kind === 'session'
      ? proveSession(claims.subject, claims.origin.sessionId, registry)
      : proveOrigin(claims.subject, { kind: claims.origin.kind, id: claims.origin.credentialId }, registry);
  return {
    proof: base.proof && narrowed(base.proof, { claims, withdrawn }),
    isCurrent: () =>
      base.isCurrent() &&
      registry.slow.isTrusted(claims.keyId) &&
      registry.withdrawnTokenById(claims.familyId) === withdrawn,
  };
}

/** Who an access token may be for at most, before it was looked at what the token itself says. */
interface Basis {
  readonly proof: (Omit<Proof, 'principal'> & { readonly principal: Omit<Principal, 'credential'> }) | null;
  isCurrent(): boolean;
}

function proveOrigin(clientId: string, credential: CredentialName, registry: Registry): Basis {
  const client = registry.clientById(clientId);
  const proof = client ? proofBy(client, credential, registry) : null;
  return { proof, isCurrent: clientUnchanged({ clientId, client }, registry) };
}

function proveSession(userId: string, sessionId: string, registry: Registry): Basis {
  const user = registry.userById(userId);
  const session = registry.sessionById(sessionId);
  const isCurrent = () => registry.userById(userId) === user && registry.sessionById(sessionId) === session;
  if (user === undefined || session?.userId !== userId) return { proof: null, isCurrent };
  const ended = session.createdAt < user.sessionsSince ? user.sessionsSince : null;
  const { id, groups, domains, email: label } = user;
  const scopes = narrowScopes(user.scopes, session.scopes);
  const { createdAt: notBefore, expiresAt } = session;
  return {
    isCurrent,
    proof: {
      revokedAt: session.revokedAt ?? user.disabledAt ?? ended,
      principal: { kind: 'user', id, label, owner: null, groups, domains, scopes, notBefore, expiresAt },
    },
  };
}

/** What a token adds to what it comes from: an end of its own, and never more than either of them has. */
function narrowed(
  { principal, revokedAt }: NonNullable<Basis['proof']>,
  {
    claims,
    withdrawn,
  }: { readonly claims: AccessTokenClaims; readonly withdrawn: WithdrawnToken | undefined },
): Proof {
  const within = (mine: readonly string[], theirs: readonly string[]) =>
    theirs.includes('*') ? mine : mine.filter((each) => theirs.includes(each));
  return {
    revokedAt: revokedAt ?? withdrawn?.withdrawnAt ?? null,
    principal: {
      ...principal,
      groups: within(claims.groups, principal.groups),
      domains: within(claims.domains, principal.domains),
      scopes: narrowScopes(principal.scopes, claims.scopes),
      credential: { kind: 'access-token', id: claims.id, claims },
      notBefore: Math.max(principal.notBefore, claims.issuedAt),
      expiresAt: Math.min(principal.expiresAt, claims.expiresAt),
    },
  };
}

/** The client whose API key this is. */
function keyHolder(token: string, registry: Registry): Client | undefined {
  if (credentialKind(token) !== 'api-key') return undefined;
  const proof = proveText(token, registry);
  return proof ? registry.clientById(proof.principal.id) : undefined;
}

/** The password by which a client of that name gets in without anything else. */
function passwordAlone(userName: string, registry: Registry): PasswordCredential | undefined {
  const client = registry.clientById(userName);
  const password = client && passwordOf(client);
  return password?.alone ? password : undefined;
}

/** A client's MQTT password. */
export function passwordOf({ credentials }: Client): PasswordCredential | undefined {
  return credentials.find((credential) => credential.kind === 'password');
}

function certificates(client: Client, registry: Registry) {
  if (client === DECOY) return [{ id: '', key: nobodysKey(), notBefore: 0, notAfter: 0 }];
  return registry
    .certificatesOf(client.id)
    .flatMap(({ fingerprint, key, withdrawn, notBefore, notAfter }) =>
      withdrawn === null && fingerprint !== null && key !== null
        ? [{ id: fingerprint, key, notBefore, notAfter }]
        : [],
    );
}

function apiKeys(client: Client): ApiKeyCredential[] {
  return client.credentials.filter((credential) => credential.kind === 'api-key');
}

function sameHex(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}
