import { unwrapApiKey } from '../model/api-key.js';
import { type Client, liveClient } from '../model/client.js';
import { parseSignedToken, textHash } from '../model/signed-token.js';
import type { Clock } from '../ports/clock.js';
import type { KeyStore } from '../ports/key-store.js';
import type { Presentation, Verdict } from './presentation.js';
import { Memory } from './proof-memory.js';
import { credentialKind, type Registry } from './prove.js';
import { refusalCause } from './refusal-cause.js';
import type { SlowProofs } from './slow-proofs.js';
import { verifyPrepared } from './verify.js';

export interface OnceServices {
  readonly keyStore: KeyStore;
  readonly clock: Clock;
  /** Asked for only where a secret has to be hashed. */
  hashSecret(): Promise<(secret: string) => string>;
  slowProofs(): Promise<SlowProofs>;
}

/** A verdict, with the cause of a refusal for whoever holds the home. */
export type ExplainedVerdict =
  | Extract<Verdict, { outcome: 'accepted' }>
  | (Extract<Verdict, { outcome: 'rejected' }> & { readonly cause: string });

/** Verifies one presentation straight from the keystore, for a program that ends afterwards. @throws KeywrightError where the keystore cannot be read */
export async function verifyOnce(
  presentation: Presentation,
  services: OnceServices,
): Promise<ExplainedVerdict> {
  const { keyStore, clock } = services;
  const { token } = presentation;
  const kind = token === undefined ? undefined : credentialKind(token);
  const hashSecret = kind === 'api-key' ? await services.hashSecret() : () => '';
  const slow = kind === 'access-token' ? await services.slowProofs() : NOTHING_SLOW;
  if (token !== undefined) await slow.openToken(token);
  const claims = token === undefined ? undefined : slow.claims(textHash(token));
  const candidates =
    kind === 'api-key'
      ? await withKey(keyStore, hashSecret(unwrapApiKey(token ?? '')?.key ?? token ?? ''))
      : await byId(keyStore.clients, [claimedId(token), presentation.certificate?.clientId, claims?.subject]);
  const clients = candidates.flatMap((client) => liveClient(client) ?? []);
  const users = await byId(keyStore.users, [claims?.subject, ...clients.map(({ owner }) => owner)]);
  const certificates = await keyStore.certificates.ofClients(candidates.map(({ id }) => id));
  const withdrawn = await byId(keyStore.withdrawnTokens, [claims?.familyId]);
  const sessionId = claims?.origin.kind === 'session' ? claims.origin.sessionId : undefined;
  const sessions = await byId(keyStore.sessions, [sessionId, claims?.familyId]);
  const registry: Registry = {
    clientById: (id) => clients.find((client) => client.id === id),
    deletedClientById: (id) => candidates.find((client) => client.id === id && !liveClient(client)),
    clientIdByKeyHash: (hash) => clients.find((client) => hasKey(client, hash))?.id,
    hasPasswordsAlone: () => false,
    certificatesOf: (clientId) => certificates.filter(({ holder }) => holder.id === clientId),
    withdrawnTokenById: (id) => withdrawn.find((each) => each.id === id),
    userById: (id) => users.find((user) => user.id === id),
    sessionById: (id) => sessions.find((session) => session.id === id),
    hashSecret,
    proofs: new Memory(),
    tokenProofs: new Memory(),
    slow,
  };
  const verdict = await verifyPrepared(presentation, registry, clock);
  if (verdict.outcome === 'accepted') return verdict;
  const { reason } = verdict;
  return { ...verdict, cause: refusalCause({ presentation, reason, registry, now: clock.now() }) };
}

async function withKey(keyStore: KeyStore, hash: string): Promise<Client[]> {
  const client = await keyStore.clients.byKeyHash(hash);
  return client ? [client] : [];
}

const NOTHING_SLOW: Registry['slow'] = {
  claims: () => undefined,
  isTrusted: () => false,
  passwordHolds: () => false,
  openToken: () => undefined,
  checkPassword: () => undefined,
};

/** The client that a signed token names. */
function claimedId(token: string | undefined): string | undefined {
  return token === undefined ? undefined : parseSignedToken(token)?.clientId;
}

async function byId<T>(
  collection: { get(id: string): Promise<T | undefined> },
  ids: readonly (string | null | undefined)[],
): Promise<T[]> {
  const wanted = new Set(ids.flatMap((id) => id ?? []));
  const found = await Promise.all([...wanted].map((id) => collection.get(id)));
  return found.filter((record) => record !== undefined);
}

function hasKey(client: Client, hash: string): boolean {
  return client.credentials.some((credential) => credential.kind === 'api-key' && credential.hash === hash);
}
