import type { KeyObject } from 'node:crypto';
import { liveClient, newClient, type PasswordCredential } from '../model/client.js';
import { KeywrightError } from '../model/errors.js';
import { type KeyAlgorithm, makeKeyPair } from '../model/key-algorithm.js';
import { signToken, textHash } from '../model/signed-token.js';
import { isTheirs, ownerOfNew, requireAdmin, requireGrantable } from './actor.js';
import { newCertificate, withdrawAll } from './certificates.js';
import type { ClientWithCertificates } from './client-state.js';
import { changedMeanwhile } from './clients.js';
import type { Managing } from './management.js';
import { requireOwnable } from './ownership.js';
import type { Validity } from './validity.js';

const DEFAULT_SCOPES = ['ingest'];

/**
 * The settings of a client to issue. A field that is left out keeps its value on a replacement, and gets its default
 * otherwise.
 */
export interface IssueRequest {
  /** The canonical client id. */
  readonly clientId: string;
  readonly validity: Validity;
  readonly label?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  /** The user that owns the client. */
  readonly owner?: string | undefined;
  readonly domain?: string | undefined;
  /** The client's first MQTT password. A replacement without one removes the former password. */
  readonly mqttPassword?: PasswordCredential | undefined;
  /** True to replace the credentials of an existing client; the old ones then stop working. */
  readonly replace: boolean;
}

/** The texts of a new client's certificate, private key and token. They are handed over once and kept nowhere. */
export interface Bundle {
  readonly certificate: string;
  readonly privateKey: string;
  readonly token: string;
}

/** A delivered bundle. `takeBack` undoes the delivery if the client cannot be registered. */
export interface Delivery {
  keep(): Promise<void>;
  takeBack(): Promise<void>;
}

/** Hands over a new bundle or certificate. */
export interface HandOver<Issued> {
  /** Refuses what cannot be handed over, before a key is made. An error leaves everything unchanged. */
  check?(): Promise<void>;
  deliver(issued: Issued): Promise<Delivery>;
}

/**
 * Issues a client's certificate, key and token. It delivers the bundle before it registers the client: an interruption
 * leaves only credentials that do not work.
 * @throws KeywrightError `already-exists` if the id is taken and `replace` is false; `refused`; also any error of
 * `deliver`
 */
export function issueClient(
  services: Managing<'authority' | 'licence'>,
  { algorithm, ...asked }: IssueRequest & { readonly algorithm: KeyAlgorithm },
  { check, deliver }: HandOver<Bundle>,
): Promise<ClientWithCertificates> {
  const { clientId, replace } = asked;
  return certify(services, asked, {
    action: replace ? 'key.replace' : 'key.gen',
    makeKey: async () => {
      await check?.();
      const { publicKey, privateKey } = await makeKeyPair(algorithm);
      const token = signToken(clientId, privateKey);
      const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
      return { publicKey, token, deliver: (certificate) => deliver({ certificate, privateKey: key, token }) };
    },
  });
}

/**
 * Issues a certificate for a key that stays with the client. The client makes its signed token itself. Everything else
 * is as in `issueClient`.
 * @param publicKey the key of a request whose proof of possession is checked
 */
export function signClient(
  services: Managing<'authority' | 'licence'>,
  { publicKey, ...asked }: IssueRequest & { readonly publicKey: KeyObject },
  { check, deliver }: HandOver<string>,
): Promise<ClientWithCertificates> {
  return certify(services, asked, {
    action: asked.replace ? 'key.replace' : 'key.sign',
    makeKey: async () => {
      await check?.();
      return { publicKey, token: undefined, deliver };
    },
  });
}

/** A key to certify, and the delivery of its certificate. */
interface KeyToCertify {
  readonly publicKey: KeyObject;
  readonly token: string | undefined;
  deliver(certificate: string): Promise<Delivery>;
}

interface Certifying {
  readonly action: string;
  /** Makes the key. It is called after all checks, because a key takes time to make. */
  makeKey(): Promise<KeyToCertify>;
}

/**
 * Certifies a key. It checks everything before it makes the key and delivers anything. It registers the client only if
 * the client has not changed since the check: of two replacements at once, one fails, so that no one gets files that do
 * not work.
 */
async function certify(
  { keyStore, changes, authority, clock, actor, licence }: Managing<'authority' | 'licence'>,
  asked: IssueRequest,
  { action, makeKey }: Certifying,
): Promise<ClientWithCertificates> {
  const { clientId, validity } = asked;
  const seen = await keyStore.clients.get(clientId);
  const former = liveClient(seen);
  // The caller learns nothing of another owner's client but that the id is taken.
  if (former && !(asked.replace && isTheirs(actor, former))) throw alreadyExists(clientId);
  const owner = former ? (asked.owner ?? former.owner) : ownerOfNew(actor, asked.owner);
  if (former && owner !== former.owner) requireAdmin(actor);
  const scopes = asked.scopes ?? former?.scopes ?? DEFAULT_SCOPES;
  requireGrantable(actor, scopes);
  const domain = asked.domain ?? former?.domain ?? null;
  await requireOwnable(
    { actor, userById: (id) => keyStore.users.get(id) },
    { owner, domain, scopes: [scopes] },
  );
  if (former === undefined) await licence.requireSeat();

  const { publicKey, token, deliver } = await makeKey();
  const issued = authority.issueClient({ clientId, publicKey, ...validity });
  const holder = { kind: 'client', id: clientId } as const;
  const certificate = newCertificate({ holder, authority, issued, publicKey, validity });
  const delivery = await deliver(issued.pem);
  try {
    const registered = await changes.change({ action, target: clientId }, async (records) => {
      const current = await records.get('client', clientId);
      if (former === undefined && liveClient(current)) throw alreadyExists(clientId);
      if (current?.revision !== seen?.revision) throw changedMeanwhile(clientId);
      const now = clock.now();
      const client = newClient({
        id: clientId,
        label: asked.label ?? former?.label ?? null,
        owner,
        domain,
        scopes,
        notBefore: validity.notBefore,
        notAfter: validity.notAfter,
        createdAt: former?.createdAt ?? now,
        updatedAt: now,
        credentials: [
          ...(token === undefined ? [] : [signedToken(token, issued.fingerprint)]),
          ...(asked.mqttPassword === undefined ? [] : [asked.mqttPassword]),
        ],
      });
      await withdrawAll(records, holder, { at: now, reason: 'replaced' });
      records.put('certificate', certificate);
      records.put('client', client);
      const user = owner === null ? undefined : await records.get('user', owner);
      return { client, certificates: [certificate], owner: user };
    });
    await delivery.keep();
    return registered;
  } catch (error) {
    await delivery.takeBack();
    throw error;
  }
}

function signedToken(token: string, certificateId: string) {
  return { kind: 'signed-token', id: textHash(token), certificateId } as const;
}

function alreadyExists(clientId: string): KeywrightError {
  return new KeywrightError('already-exists', `client ${clientId} already exists`, {
    hint: 'use --force to replace its credentials: the old ones stop working',
  });
}
