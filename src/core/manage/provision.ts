import { randomUUID, timingSafeEqual } from 'node:crypto';
import { parseApiKey } from '../model/api-key.js';
import { type Client, type Credential, newClient, parseLabel } from '../model/client.js';
import { KeywrightError } from '../model/errors.js';
import {
  PROVISIONING_KEY_PREFIX,
  type ProvisioningKey,
  provisioningKeyId,
} from '../model/provisioning-key.js';
import { NEVER, type Timestamp } from '../model/time.js';
import type { CertificateAuthority, CertificationRequest } from '../ports/certificate-authority.js';
import type { KeyStore } from '../ports/key-store.js';
import { OPERATOR } from './actor.js';
import { freshApiKey } from './api-keys.js';
import { requireRequestFor } from './certification-request.js';
import { type FreshPassword, makeClientPassword } from './client-password.js';
import { certificateCredential, clientValidity } from './issue-client.js';
import type { Management } from './management.js';
import { requireOwnable } from './ownership.js';

/** What a device says of itself. */
export interface DeviceRequest {
  /** Becomes the client's label. */
  readonly agentName: string;
  /** PKCS#10, PEM: the device keeps its private key. */
  readonly csr?: string | undefined;
}

/** A client that a device became: the only time that its secrets exist. */
export interface ProvisionedClient {
  readonly client: Client;
  readonly apiKey: string;
  readonly mqttPassword: string;
  /** PEM; undefined where none was asked for. */
  readonly certificate: string | undefined;
}

/** What devices' API keys begin with. */
export const DEVICE_KEY_PREFIX = 'iotsk_live_';

/** The provisioning key of that text, if it is one that may be used: shape → checksum → look-up → constant-time compare → expired. */
export async function findProvisioningKey(
  { keyStore, clock, hashSecret }: Pick<Management, 'keyStore' | 'clock' | 'hashSecret'>,
  text: string,
): Promise<ProvisioningKey | undefined> {
  const { prefix, intact } = parseApiKey(text) ?? {};
  if (prefix !== PROVISIONING_KEY_PREFIX || !intact) return undefined;
  const hash = hashSecret(text);
  const found = await keyStore.provisioningKeys.get(provisioningKeyId(hash));
  return isUsable(found, { hash, now: clock.now() }) ? found : undefined;
}

/**
 * Makes a client by one use of a provisioning key; undefined where the last use went to another meanwhile. Everything that
 * can be refused is, before the use is spent; whoever kills this half-way has spent it, and never leaves half a client.
 * @throws KeywrightError `invalid-input` on a name or a request that is none; `refused` by the licence or the key's owner;
 * `busy`, and then the use is given back
 */
export async function redeemProvisioningKey(
  services: Omit<Management, 'actor' | 'sealer' | 'tokenIssuer'>,
  key: ProvisioningKey,
  { agentName, csr }: DeviceRequest,
): Promise<ProvisionedClient | undefined> {
  const { keyStore, clock, authority, licence, audit } = services;
  const label = parseLabel(agentName);
  const request = csr === undefined ? undefined : authority.readRequest(csr);
  if (request) requireRequestFor(request, label);
  await requireOwner(keyStore, key);
  const id = randomUUID();
  const certificate = request && certify({ id, request, authority, now: clock.now() });
  const { key: apiKey, credential } = freshApiKey(services, {
    ...{ label, scopes: key.scopes, expiresAt: NEVER, prefix: DEVICE_KEY_PREFIX },
  });
  const register = async ({ credential: password }: FreshPassword) => {
    const now = clock.now();
    const credentials: Credential[] = [credential, password];
    if (certificate) credentials.push(certificate.credential);
    return keyStore.clients.update(id, (current) => {
      if (current !== undefined) throw new KeywrightError('already-exists', `client ${id} already exists`);
      return newClient({ id, label, owner: key.owner, scopes: key.scopes, createdAt: now, credentials });
    });
  };
  try {
    return await licence.takeSeat(() =>
      audit.record({ action: 'provision.redeem', target: id }, async () => {
        const giveBack = await spend(services, key);
        try {
          const password = await makeClientPassword(services, { alone: false });
          const client = await register(password);
          return { client, apiKey, mqttPassword: password.text, certificate: certificate?.pem };
        } catch (error) {
          await takeBack(keyStore, id)
            .then(giveBack)
            .catch(() => undefined);
          throw error;
        }
      }),
    );
  } catch (error) {
    if (error instanceof Spent) return undefined;
    throw error;
  }
}

/** Somebody else had the last use. */
class Spent extends Error {}

/** Takes one use. @returns what gives it back @throws Spent */
async function spend(
  { keyStore, clock }: Pick<Management, 'keyStore' | 'clock'>,
  { id, hash }: ProvisioningKey,
): Promise<() => Promise<unknown>> {
  let before: ProvisioningKey | undefined;
  const after = await keyStore.provisioningKeys.update(id, (current) => {
    if (current === undefined || !isUsable(current, { hash, now: clock.now() })) throw new Spent();
    before = current;
    return current.usesLeft > 1 ? { ...current, usesLeft: current.usesLeft - 1 } : undefined;
  });
  return () =>
    keyStore.provisioningKeys.update(id, (current) => {
      if (current !== undefined) return { ...current, usesLeft: current.usesLeft + 1 };
      // One that is gone without our doing was deleted, or used up by others: it stays gone.
      return after === undefined ? before : undefined;
    });
}

/** Removes a client whose registering failed after it was written: no use is given back beside a client. */
async function takeBack({ clients }: KeyStore, id: string): Promise<void> {
  if ((await clients.get(id)) !== undefined) await clients.update(id, () => undefined);
}

function isUsable(
  key: ProvisioningKey | undefined,
  { hash, now }: { readonly hash: string; readonly now: Timestamp },
): boolean {
  if (key?.hash.length !== hash.length) return false;
  return timingSafeEqual(Buffer.from(key.hash), Buffer.from(hash)) && key.usesLeft > 0 && now < key.expiresAt;
}

/** Whoever made the key could grant this then; its owner must still be able to. */
async function requireOwner(
  keyStore: KeyStore,
  { owner, scopes, createdAt }: ProvisioningKey,
): Promise<void> {
  const refused = (cause?: unknown) =>
    new KeywrightError('refused', 'this provisioning key makes no clients any more', {
      hint: 'the user whom they would belong to is gone, is disabled or lacks a scope: ask for another key',
      cause,
    });
  await requireOwnable({ keyStore, actor: OPERATOR }, { owner, domain: null, scopes: [scopes] }).catch(
    (error) => {
      const isTheirs = error instanceof KeywrightError && ['refused', 'not-found'].includes(error.code);
      throw isTheirs ? refused(error) : error;
    },
  );
  // A user who was made later than the key is another one of the same name.
  const user = owner === null ? undefined : await keyStore.users.get(owner);
  if (user !== undefined && user.createdAt > createdAt) throw refused();
}

interface Certifying {
  readonly id: string;
  readonly request: CertificationRequest;
  readonly authority: CertificateAuthority;
  readonly now: Timestamp;
}

function certify({ id, request: { publicKey }, authority, now }: Certifying) {
  const validity = clientValidity({}, authority, now);
  const issued = authority.issueClient({ clientId: id, publicKey, ...validity });
  return { pem: issued.pem, credential: certificateCredential(issued, publicKey, validity) };
}
