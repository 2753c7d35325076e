import type { KeyObject } from 'node:crypto';
import { liveClient, newClient, type PasswordCredential } from '../model/client.js';
import { KeywrightError } from '../model/errors.js';
import { type KeyAlgorithm, makeKeyPair } from '../model/key-algorithm.js';
import { signToken, textHash } from '../model/signed-token.js';
import { isTheirs, ownerOfNew, requireAdmin, requireGrantable } from './actor.js';
import { newCertificate, withdrawAll } from './certificates.js';
import { type ClientWithCertificates, changedMeanwhile } from './clients.js';
import type { Managing } from './management.js';
import { requireOwnable } from './ownership.js';
import type { Validity } from './validity.js';

const DEFAULT_SCOPES = ['ingest'];

/** What a newly issued client is to be; what is left out keeps its former value on a replacement, else its default. */
export interface IssueRequest {
  /** Canonical client id. */
  readonly clientId: string;
  readonly validity: Validity;
  readonly label?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  /** The user that it belongs to. */
  readonly owner?: string | undefined;
  readonly domain?: string | undefined;
  /** An MQTT password that it is to have from the start; a replacement without one takes the former away. */
  readonly mqttPassword?: PasswordCredential | undefined;
  /** Replace the credentials of a client that exists: the old ones stop working. */
  readonly replace: boolean;
}

/** What is handed over once, and kept nowhere: texts of the certificate, the private key and the token. */
export interface Bundle {
  readonly certificate: string;
  readonly privateKey: string;
  readonly token: string;
}

/** A bundle that was delivered, and can be taken back until the client is registered. */
export interface Delivery {
  keep(): Promise<void>;
  takeBack(): Promise<void>;
}

/** Hands over what was issued. */
export interface HandOver<Issued> {
  /** Refuses what could not be handed over, before a key is made; whatever it throws changes nothing. */
  check?(): Promise<void>;
  deliver(issued: Issued): Promise<Delivery>;
}

/**
 * Issues a client's certificate, key and token. The bundle is delivered before the client is registered: whoever stops
 * this half-way leaves credentials that nothing accepts, never accepted credentials that nobody holds.
 * @throws KeywrightError `already-exists` where the id is taken and `replace` is false; `refused`; whatever `deliver` throws
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
 * Issues a certificate for a key that stays with the client, which makes its signed token itself. In everything else like
 * `issueClient`. @param publicKey of a request whose proof of possession was checked
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

/** A key that is to be certified, and what is handed over with its certificate. */
interface KeyToCertify {
  readonly publicKey: KeyObject;
  readonly token: string | undefined;
  deliver(certificate: string): Promise<Delivery>;
}

interface Certifying {
  readonly action: string;
  /** Is asked once nothing speaks against the client: keys take a while to make. */
  makeKey(): Promise<KeyToCertify>;
}

/**
 * Certifies a key. All that can be refused is refused before the key is made and anything is delivered; the client is
 * registered only as it was then, because two that replace at once would leave files that the other's made worthless.
 */
async function certify(
  { keyStore, changes, authority, clock, actor, licence }: Managing<'authority' | 'licence'>,
  asked: IssueRequest,
  { action, makeKey }: Certifying,
): Promise<ClientWithCertificates> {
  const { clientId, validity } = asked;
  const seen = await keyStore.clients.get(clientId);
  const former = liveClient(seen);
  // Of somebody else's client nothing is told but that the id is taken.
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
      return { client, certificates: [certificate] };
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
