import type { KeyObject } from 'node:crypto';
import { isHeld } from '../model/certificate.js';
import { type Client, liveClient, type PasswordCredential } from '../model/client.js';
import { KeywrightError } from '../model/errors.js';
import { type KeyAlgorithm, makeKeyPair } from '../model/key-algorithm.js';
import { signToken, textHash } from '../model/signed-token.js';
import { addDuration } from '../model/time.js';
import type { KeyStore } from '../ports/key-store.js';
import { isTheirs } from './actor.js';
import { newCertificate, type ReplacedCertificate, replaceAll } from './certificates.js';
import { requirePasswordGrant, withPassword } from './client-password.js';
import type { ClientWithCertificates } from './client-state.js';
import { type AskedTerms, certifiedClient, clientTerms, signedTokenCredential } from './client-terms.js';
import { changedMeanwhile } from './clients.js';
import type { Managing } from './management.js';

/** A client to issue. */
export interface IssueRequest extends AskedTerms {
  /** The canonical client id. */
  readonly clientId: string;
  /** The client's MQTT password, in place of a former one. */
  readonly mqttPassword?: PasswordCredential | undefined;
  /** True to replace the certificate and the signed token of an existing client. Its other credentials stay. */
  readonly replace: boolean;
  /** A duration for which a replaced certificate and its signed token still hold; without it, they stop at once. */
  readonly overlap?: string | undefined;
}

/** A client that got a certificate. */
export interface IssuedClient extends ClientWithCertificates {
  /** The certificates that the new one replaces. Their signed tokens end with them. */
  readonly replaced: readonly ReplacedCertificate[];
  /** True if the certificate ends earlier than it otherwise would, because the CA does. */
  readonly isCut: boolean;
}

/** The texts of a new client's certificate, private key and token. They are handed over once and kept nowhere. */
export interface Bundle {
  readonly certificate: string;
  readonly privateKey: string;
  readonly token: string;
}

/** A bundle that is ready to be handed over: `keep` does so when the client is registered, `takeBack` forgets it. */
interface Delivery {
  keep(): Promise<void>;
  takeBack(): Promise<void>;
}

/** Hands over a new bundle or certificate. */
export interface HandOver<Issued> {
  /**
   * Runs `issue` while nobody else hands over to the same place. It returns the client of a command that was killed
   * after it had registered it, if this is the same command again.
   */
  exclusively?(issue: () => Promise<IssuedClient>): Promise<IssuedClient>;
  /** Refuses what cannot be handed over, before a key is made. An error leaves everything unchanged. */
  check?(): Promise<void>;
  /** Prepares the handing over. What it prepares is in nobody's way, and lost with the process. */
  deliver(issued: Issued): Promise<Delivery>;
}

/**
 * Issues a client's certificate, key and token. It prepares the bundle before it registers the client, and hands it over
 * after that: the former bundle stays in its place as long as it works.
 * @throws KeywrightError `already-exists` if the id is taken and `replace` is false; `refused`; also any error of
 * `deliver`
 */
export function issueClient(
  services: Managing<'authority' | 'licence'>,
  { algorithm, ...asked }: IssueRequest & { readonly algorithm: KeyAlgorithm },
  { check, deliver, exclusively }: HandOver<Bundle>,
): Promise<IssuedClient> {
  const { clientId, replace } = asked;
  return certify(services, asked, {
    action: replace ? 'key.replace' : 'key.gen',
    exclusively,
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
  { check, deliver, exclusively }: HandOver<string>,
): Promise<IssuedClient> {
  return certify(services, asked, {
    action: asked.replace ? 'key.replace' : 'key.sign',
    exclusively,
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
  readonly exclusively: HandOver<unknown>['exclusively'];
  /** Makes the key. It is called after all checks, because a key takes time to make. */
  makeKey(): Promise<KeyToCertify>;
}

/**
 * Certifies a key. It checks everything before it makes the key and delivers anything. It registers the client only if
 * the client has not changed since the check: of two replacements at once, one fails, so that no one gets files that do
 * not work.
 */
async function certify(
  services: Managing<'authority' | 'licence'>,
  asked: IssueRequest,
  certifying: Certifying,
): Promise<IssuedClient> {
  // It is seen before anybody else's handing over is waited for.
  const seen = await services.keyStore.clients.get(asked.clientId);
  const issue = () => certifySeen(services, { ...asked, seen }, certifying);
  return certifying.exclusively ? certifying.exclusively(issue) : issue();
}

async function certifySeen(
  { keyStore, changes, authority, clock, actor, licence }: Managing<'authority' | 'licence'>,
  { seen, ...asked }: IssueRequest & { readonly seen: Client | undefined },
  { action, makeKey }: Certifying,
): Promise<IssuedClient> {
  const { clientId } = asked;
  const now = clock.now();
  const holdUntil = asked.overlap === undefined ? undefined : addDuration(now, asked.overlap);
  const former = liveClient(seen);
  // The caller learns nothing of another owner's client but that the id is taken.
  if (former && !(asked.replace && isTheirs(actor, former))) throw alreadyExists(clientId);
  const lifetimeMs = former && (await presentLifetime(keyStore, clientId));
  const terms = await clientTerms(asked, {
    ...{ actor, authority, now, former: former && { client: former, lifetimeMs } },
    userById: (id) => keyStore.users.get(id),
  });
  const { owner, validity } = terms;
  if (former && asked.mqttPassword) requirePasswordGrant(actor, former);
  if (former === undefined) await licence.requireSeat();

  const { publicKey, token, deliver } = await makeKey();
  const issued = authority.issueClient({ clientId, publicKey, ...validity });
  const holder = { kind: 'client', id: clientId } as const;
  const certificate = newCertificate({ holder, authority, issued, publicKey, validity });
  const delivery = await deliver(issued.pem);
  let isRegistered = false;
  try {
    const registered = await changes.change({ action, target: clientId }, async (records) => {
      const current = await records.get('client', clientId);
      if (former === undefined && liveClient(current)) throw alreadyExists(clientId);
      if (current?.revision !== seen?.revision) throw changedMeanwhile(clientId);
      const at = clock.now();
      const replaced = await replaceAll(records, holder, { at, until: holdUntil ?? at });
      const holding = replaced.filter(({ until }) => until > at).map(({ certificate }) => certificate);
      const kept = (former?.credentials ?? []).filter(
        (each) =>
          each.kind !== 'signed-token' ||
          holding.some(({ fingerprint }) => fingerprint === each.certificateId),
      );
      const credentials =
        token === undefined ? kept : [signedTokenCredential(textHash(token), issued.fingerprint), ...kept];
      const user = owner === null ? undefined : await records.get('user', owner);
      const client = certifiedClient({
        ...{ clientId, at, terms, current, former, owner: user },
        credentials: asked.mqttPassword ? withPassword(credentials, asked.mqttPassword) : credentials,
      });
      records.put('certificate', certificate);
      records.put('client', client);
      return {
        client,
        certificates: [certificate, ...holding],
        owner: user,
        replaced,
        isCut: validity.isCut,
      };
    });
    isRegistered = true;
    await delivery.keep();
    return registered;
  } catch (error) {
    if (!isRegistered) await delivery.takeBack();
    throw error;
  }
}

/** Finds the time for which a client's present certificate was made. */
async function presentLifetime(
  { certificates }: Pick<KeyStore, 'certificates'>,
  clientId: string,
): Promise<number | undefined> {
  const present = (await certificates.ofClients([clientId])).find((each) => isHeld(each) && !each.replaced);
  return present && present.notAfter - present.notBefore;
}

function alreadyExists(clientId: string): KeywrightError {
  return new KeywrightError('already-exists', `client ${clientId} already exists`, {
    hint: 'use --force to replace its certificate and its signed token; the old ones stop working, or hold for --overlap',
  });
}
