import { timingSafeEqual } from 'node:crypto';
import { parseApiKey, unwrapApiKey } from './api-key.js';
import {
  type ApiKeyCredential,
  type CertificateCredential,
  type Client,
  type Credential,
  decoyClient,
} from './client.js';
import { canonicalClientId } from './client-id.js';
import type { PresentedCertificate, Principal } from './presentation.js';
import type { Proof, ProofMemory } from './proof-memory.js';
import { parseSignedToken, type SignedToken, signatureHolds, textHash } from './signed-token.js';

/** What verification looks things up in. */
export interface Registry {
  /** The live client of that canonical id. @throws where the keystore cannot be followed */
  clientById(id: string): Client | undefined;
  /** The id of the client that has an API key of that keyed hash. */
  clientIdByKeyHash(keyHash: string): string | undefined;
  /** The keyed hash of a secret, lower-case hex. */
  hashSecret(secret: string): string;
  readonly proofs: ProofMemory;
}

/** What a text presents, by its shape alone. */
export function credentialKind(text: string): 'api-key' | 'signed-token' | undefined {
  if (parseApiKey(text) ?? unwrapApiKey(text)) return 'api-key';
  return parseSignedToken(text) && 'signed-token';
}

/** Proves a text: shape → checksum → look-up → constant-time compare. null where it proves nothing. */
export function proveText(text: string, registry: Registry): Proof | null {
  const hash = textHash(text);
  const known = registry.proofs.recall(hash);
  // An answer holds for one state of the client: any change puts another object in its place.
  if (known && registry.clientById(known.clientId) === known.client) return known.proof;
  const claim = claimOf(text, registry);
  if (claim === undefined) return null;
  const { clientId, matches } = claim;
  // Without a client the same work is done for nobody, so that no clock tells which ids exist.
  const client = registry.clientById(clientId);
  const credential = matches(client ?? nobody(), hash);
  const proof = client && credential ? proofBy(client, credential) : null;
  registry.proofs.keep(hash, { clientId, client, proof });
  return proof;
}

/** Proves a certificate by its fingerprint. null where it is not a registered one. */
export function proveCertificate(presented: PresentedCertificate, registry: Registry): Proof | null {
  const client = presented.clientId === undefined ? undefined : registry.clientById(presented.clientId);
  const found = client?.credentials.find(
    ({ kind, id }) => kind === 'certificate' && sameHex(id, presented.fingerprint),
  );
  return client && found ? proofBy(client, found) : null;
}

/** What a credential that was proved before comes to now. null where the client does not have it any more. */
export function proveAgain({ clientId, credential }: Principal, registry: Registry): Proof | null {
  const client = registry.clientById(clientId);
  return client ? proofBy(client, credential) : null;
}

let decoy: Client | undefined;

/** A client that has one certificate, whose key nobody has. */
function nobody(): Client {
  decoy ??= decoyClient();
  return decoy;
}

type CredentialName = Pick<Credential, 'kind' | 'id'>;

interface Claim {
  readonly clientId: string;
  /** The client's credential that the text is. */
  matches(client: Client, hash: string): CredentialName | undefined;
}

/** Whose credential a text says to be; nobody's where its shape or its checksum is wrong. */
function claimOf(text: string, registry: Registry): Claim | undefined {
  const token = parseSignedToken(text);
  if (token)
    return { clientId: token.clientId, matches: (client, hash) => matchingToken(client, token, hash) };
  const wrapped = unwrapApiKey(text);
  const key = wrapped?.key ?? text;
  if (!parseApiKey(key)?.intact) return undefined;
  const keyHash = registry.hashSecret(key);
  const clientId = registry.clientIdByKeyHash(keyHash);
  if (clientId === undefined || (wrapped && canonicalClientId(wrapped.clientId) !== clientId))
    return undefined;
  return {
    clientId,
    matches: (client) => apiKeys(client).find((credential) => sameHex(credential.hash, keyHash)),
  };
}

function matchingToken(client: Client, token: SignedToken, hash: string): CredentialName | undefined {
  const issued = client.credentials.find(({ kind, id }) => kind === 'signed-token' && sameHex(id, hash));
  if (issued) return issued;
  // Not a token that was handed over: a client may mint its own with its certificate's key.
  const certificate = certificates(client).find((each) => signatureHolds(token, each));
  return certificate && { kind: 'signed-token', id: certificate.id };
}

function proofBy(client: Client, { kind, id }: CredentialName): Proof | null {
  if (kind === 'api-key') {
    const key = apiKeys(client).find((credential) => credential.id === id);
    return key ? proofOfKey(client, key) : null;
  }
  // A signed token holds with its certificate; one that the client minted is named by the certificate itself.
  const token = client.credentials.find(
    (credential) => credential.kind === 'signed-token' && credential.id === id,
  );
  const certificateId = token?.kind === 'signed-token' ? token.certificateId : id;
  const certificate = certificates(client).find((credential) => credential.id === certificateId);
  if (certificate === undefined) return null;
  const { id: clientId, label, owner, scopes } = client;
  const notBefore = Math.max(client.notBefore, certificate.notBefore);
  const expiresAt = Math.min(client.notAfter, certificate.notAfter);
  const credential = { kind, id };
  return {
    client,
    revokedAt: client.revokedAt,
    principal: { clientId, label, owner, scopes, credential, notBefore, expiresAt },
  };
}

function proofOfKey(client: Client, { kind, id, label, scopes, createdAt, ...key }: ApiKeyCredential): Proof {
  return {
    client,
    revokedAt: client.revokedAt ?? key.revokedAt,
    principal: {
      clientId: client.id,
      label: label ?? client.label,
      owner: client.owner,
      scopes,
      credential: { kind, id },
      notBefore: Math.max(client.notBefore, createdAt),
      expiresAt: Math.min(client.notAfter, key.expiresAt),
    },
  };
}

function certificates(client: Client): CertificateCredential[] {
  return client.credentials.filter((credential) => credential.kind === 'certificate');
}

function apiKeys(client: Client): ApiKeyCredential[] {
  return client.credentials.filter((credential) => credential.kind === 'api-key');
}

function sameHex(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}
