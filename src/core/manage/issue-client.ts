import type { KeyObject } from 'node:crypto';
import {
  type CertificateCredential,
  type Client,
  deletedClient,
  liveClient,
  newClient,
  type PasswordCredential,
  parseLabel,
  retireCertificates,
} from '../model/client.js';
import { KeywrightError } from '../model/errors.js';
import { type KeyAlgorithm, keyAlgorithmOf, makeKeyPair } from '../model/key-algorithm.js';
import { signToken, textHash } from '../model/signed-token.js';
import { addDuration, formatTime, type Timestamp, wholeSeconds } from '../model/time.js';
import { parseGroupName } from '../model/user.js';
import type { CertificateAuthority, IssuedCertificate } from '../ports/certificate-authority.js';
import type { KeyStore } from '../ports/key-store.js';
import { isTheirs, ownerOfNew, requireAdmin, requireGrantable } from './actor.js';
import type { Managing } from './management.js';
import { requireOwnable } from './ownership.js';

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

export interface Validity {
  readonly notBefore: Timestamp;
  readonly notAfter: Timestamp;
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

/**
 * Issues a client's certificate, key and token. The bundle is delivered before the client is registered: whoever stops
 * this half-way leaves credentials that nothing accepts, never accepted credentials that nobody holds.
 * @throws KeywrightError `already-exists` where the id is taken and `replace` is false; `refused`; whatever `deliver` throws
 */
export function issueClient(
  services: Managing<'authority' | 'licence'>,
  { algorithm, ...asked }: IssueRequest & { readonly algorithm: KeyAlgorithm },
  deliver: (bundle: Bundle) => Promise<Delivery>,
): Promise<Client> {
  const { clientId, replace } = asked;
  return certify(services, asked, {
    action: replace ? 'key.replace' : 'key.gen',
    makeKey: async () => {
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
  deliver: (certificate: string) => Promise<Delivery>,
): Promise<Client> {
  return certify(services, asked, {
    action: asked.replace ? 'key.replace' : 'key.sign',
    makeKey: async () => ({ publicKey, token: undefined, deliver }),
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

async function certify(
  { keyStore, authority, clock, audit, actor, licence }: Managing<'authority' | 'licence'>,
  asked: IssueRequest,
  { action, makeKey }: Certifying,
): Promise<Client> {
  const { clientId, validity, replace } = asked;
  const refuseTaken = (current: Client | undefined) => {
    if (!replace && liveClient(current)) throw alreadyExists(clientId);
  };
  const seen = await keyStore.clients.get(clientId);
  refuseTaken(seen);
  const former = liveClient(seen);
  // Of somebody else's client nothing is told but that the id is taken.
  if (former && !isTheirs(actor, former)) throw alreadyExists(clientId);
  const owner = former ? (asked.owner ?? former.owner) : ownerOfNew(actor, asked.owner);
  if (former && owner !== former.owner) requireAdmin(actor);
  const scopes = asked.scopes ?? former?.scopes ?? DEFAULT_SCOPES;
  requireGrantable(actor, scopes);
  const domain = asked.domain ?? former?.domain ?? null;
  await requireOwnable({ keyStore, actor }, { owner, domain, scopes: [scopes] });
  const request = { ...asked, owner, scopes, domain };

  const { publicKey, token, deliver } = await makeKey();
  const register = async () => {
    const certificate = authority.issueClient({ clientId, publicKey, ...validity });
    const delivery = await deliver(certificate.pem);
    let client: Client;
    try {
      client = await audit.record({ action, target: clientId }, () =>
        keyStore.clients.update(clientId, (current) => {
          refuseTaken(current);
          // Two that replace at once would each leave files that the other's registration made worthless.
          if (JSON.stringify(current) !== JSON.stringify(seen)) throw changedMeanwhile(clientId);
          return registered(request, { current, certificate, publicKey, token, now: clock.now() });
        }),
      );
    } catch (error) {
      await delivery.takeBack();
      throw error;
    }
    await delivery.keep();
    return client;
  };
  return former ? register() : licence.takeSeat(register);
}

/** What is kept of a certificate. */
export function certificateCredential(
  { serial, fingerprint }: IssuedCertificate,
  key: KeyObject,
  validity: Validity,
): CertificateCredential {
  const algorithm = keyAlgorithmOf(key);
  if (algorithm === undefined) throw new TypeError('the client has a key of an unknown type');
  const publicKey = key.export({ type: 'spki', format: 'der' }).toString('base64');
  return { kind: 'certificate', id: fingerprint, serial, algorithm, publicKey, ...validity };
}

/**
 * Deletes a client: its credentials stop working; its certificates' serials are remembered until they would have ended.
 * @throws KeywrightError `not-found`
 */
export async function deleteClient(
  { keyStore, clock, audit, actor }: Managing,
  clientId: string,
): Promise<void> {
  if (!isTheirs(actor, await requireClient(keyStore, clientId))) throw noSuchClient(clientId);
  await audit.record({ action: 'key.del', target: clientId }, () =>
    keyStore.clients.update(clientId, (current) => {
      const client = liveClient(current);
      if (client === undefined) throw noSuchClient(clientId);
      return deletedClient(client, clock.now());
    }),
  );
}

/** What may be changed of a client without new credentials; what is left out stays. */
export interface ClientEdit {
  readonly label?: string | null | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly owner?: string | null | undefined;
  readonly domain?: string | null | undefined;
}

/** @throws KeywrightError `not-found`, `refused` */
export async function editClient(
  { keyStore, clock, audit, actor }: Managing,
  clientId: string,
  edit: ClientEdit,
): Promise<Client> {
  const found = await requireClient(keyStore, clientId);
  if (!isTheirs(actor, found)) throw noSuchClient(clientId);
  const label = typeof edit.label === 'string' ? parseLabel(edit.label) : edit.label;
  const changed = {
    scopes: edit.scopes ?? found.scopes,
    owner: edit.owner === undefined ? found.owner : edit.owner,
    domain:
      typeof edit.domain === 'string'
        ? parseGroupName(edit.domain)
        : edit.domain === null
          ? null
          : found.domain,
  };
  const isMore = edit.scopes !== undefined || edit.owner !== undefined || edit.domain !== undefined;
  if (edit.owner !== undefined) requireAdmin(actor);
  if (isMore) {
    // With another owner, all that the client has may do more than before.
    const held = edit.owner === undefined ? [] : keyScopes(found);
    for (const scopes of [changed.scopes, ...held]) requireGrantable(actor, scopes);
    await requireOwnable({ keyStore, actor }, { ...changed, scopes: [changed.scopes, ...held] });
  }
  return audit.record({ action: 'client.edit', target: clientId }, () =>
    keyStore.clients.update(clientId, (current) => {
      const client = liveClient(current);
      if (client === undefined || !isTheirs(actor, client)) throw noSuchClient(clientId);
      const terms = ({ owner, scopes, domain, credentials }: Client) =>
        JSON.stringify([owner, scopes, domain, keyScopes({ credentials })]);
      // What was checked must be what is changed.
      if (isMore && terms(client) !== terms(found)) throw changedMeanwhile(clientId);
      const next = isMore ? { ...client, ...changed } : client;
      return { ...next, label: label === undefined ? client.label : label, updatedAt: clock.now() };
    }),
  );
}

function keyScopes({ credentials }: Pick<Client, 'credentials'>): (readonly string[])[] {
  return credentials.flatMap((credential) => (credential.kind === 'api-key' ? [credential.scopes] : []));
}

/** @throws KeywrightError `already-exists` where the id is a client's */
export async function requireFreeId(keyStore: KeyStore, clientId: string): Promise<void> {
  if (liveClient(await keyStore.clients.get(clientId))) throw alreadyExists(clientId);
}

/** Fetches a client. @throws KeywrightError `not-found` */
export async function requireClient(keyStore: KeyStore, clientId: string): Promise<Client> {
  const client = liveClient(await keyStore.clients.get(clientId));
  if (client === undefined) throw noSuchClient(clientId);
  return client;
}

/** All live clients, or those that end before `expiringBefore`, also when they have ended already. */
export async function listClients(
  keyStore: KeyStore,
  { expiringBefore }: { readonly expiringBefore?: Timestamp | undefined } = {},
): Promise<Client[]> {
  const clients = (await keyStore.clients.list()).filter((client) => liveClient(client));
  if (expiringBefore === undefined) return clients;
  return clients.filter((client) => client.notAfter <= expiringBefore);
}

const DEFAULT_VALID_FOR = '3y';
const DEFAULT_SCOPES = ['ingest'];

/** What is asked of a validity; what is left out gets its default. */
export interface AskedValidity {
  readonly notBefore?: Timestamp;
  readonly notAfter?: Timestamp;
  /** A duration, in place of an end. */
  readonly validFor?: string;
}

/** The validity of a new client within the CA's own. @throws KeywrightError `invalid-input` on an impossible span */
export function clientValidity(
  asked: AskedValidity,
  authority: CertificateAuthority,
  now: Timestamp,
): Validity {
  if (now >= authority.notAfter) {
    throw new KeywrightError('ca-unusable', `the CA ended at ${formatTime(authority.notAfter)}`);
  }
  const notBefore = wholeSeconds(asked.notBefore ?? now);
  const told =
    asked.notAfter ?? (asked.validFor === undefined ? undefined : addDuration(notBefore, asked.validFor));
  // An end that nobody asked for gives way to the CA's.
  const notAfter = told ?? Math.min(addDuration(notBefore, DEFAULT_VALID_FOR), authority.notAfter);
  const span = `${formatTime(notBefore)} to ${formatTime(notAfter)}`;
  if (notAfter <= notBefore)
    throw new KeywrightError('invalid-input', `the validity ends before it begins: ${span}`);
  if (notAfter <= now) throw new KeywrightError('invalid-input', `the validity ends in the past: ${span}`);
  if (notBefore < authority.notBefore || notAfter > authority.notAfter) {
    throw new KeywrightError('invalid-input', `the validity ${span} is not within that of the CA`, {
      hint: `the CA is valid from ${formatTime(authority.notBefore)} to ${formatTime(authority.notAfter)}`,
    });
  }
  return { notBefore, notAfter };
}

interface Issued {
  readonly current: Client | undefined;
  readonly certificate: IssuedCertificate;
  readonly publicKey: KeyObject;
  readonly token: string | undefined;
  readonly now: Timestamp;
}

/** A request with all that it left out. */
type SettledRequest = Omit<IssueRequest, 'owner' | 'scopes' | 'domain'> &
  Pick<Client, 'owner' | 'scopes' | 'domain'>;

function registered(
  request: SettledRequest,
  { current, certificate, publicKey, token, now }: Issued,
): Client {
  const { clientId, validity, label, scopes, owner, domain, mqttPassword } = request;
  const former = liveClient(current);
  const kept = certificateCredential(certificate, publicKey, validity);
  return newClient({
    ...{ id: clientId, label: label ?? former?.label ?? null, owner, domain, scopes, ...validity },
    ...{ createdAt: former?.createdAt ?? now, updatedAt: now },
    credentials: [
      kept,
      ...(token === undefined
        ? []
        : [{ kind: 'signed-token' as const, id: textHash(token), certificateId: kept.id }]),
      ...(mqttPassword === undefined ? [] : [mqttPassword]),
    ],
    retired: current === undefined ? [] : retireCertificates(current, now),
  });
}

function alreadyExists(clientId: string): KeywrightError {
  return new KeywrightError('already-exists', `client ${clientId} already exists`, {
    hint: 'use --force to replace its credentials: the old ones stop working',
  });
}

/** What is said where what was checked is not what would be changed any more. */
export function changedMeanwhile(clientId: string): KeywrightError {
  return new KeywrightError('store-busy', `client ${clientId} was changed by another command meanwhile`, {
    hint: 'nothing was replaced; try again',
  });
}

/** What is said of a client that does not exist, or is not for the caller to see. */
export function noSuchClient(clientId: string): KeywrightError {
  return new KeywrightError('not-found', `there is no client ${clientId}`, {
    hint: 'list the clients with: keywright key list',
  });
}
