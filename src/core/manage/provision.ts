import { randomUUID, timingSafeEqual } from 'node:crypto';
import { parseApiKey } from '../model/api-key.js';
import { type Client, newClient, parseLabel } from '../model/client.js';
import { KeywrightError } from '../model/errors.js';
import {
  PROVISIONING_KEY_PREFIX,
  type ProvisioningKey,
  provisioningKeyId,
} from '../model/provisioning-key.js';
import { changedAt } from '../model/terms.js';
import { NEVER, type Timestamp } from '../model/time.js';
import type { User } from '../model/user.js';
import type { CertificateAuthority, CertificationRequest } from '../ports/certificate-authority.js';
import type { Records } from '../ports/unit-of-work.js';
import { OPERATOR } from './actor.js';
import { newCertificate } from './certificates.js';
import { requireRequestFor } from './certification-request.js';
import { makeClientPassword } from './client-password.js';
import type { Management } from './management.js';
import { ownersIn, requireOwnable } from './ownership.js';
import { freshApiKey } from './register-api-key.js';
import { clientValidity } from './validity.js';

/** The request of a device. */
export interface DeviceRequest {
  /** The client's label. */
  readonly agentName: string;
  /** A PKCS#10 request in PEM; the device keeps its private key. */
  readonly csr?: string | undefined;
}

/** A new client that a device registered. Its secrets exist only here. */
export interface ProvisionedClient {
  readonly client: Client;
  readonly apiKey: string;
  readonly mqttPassword: string;
  /** The certificate in PEM; undefined if the device asked for none. */
  readonly certificate: string | undefined;
}

/** The prefix of devices' API keys. */
export const DEVICE_KEY_PREFIX = 'iotsk_live_';

/**
 * Finds a usable provisioning key by its text. It checks the shape and the checksum, looks the key up, compares it in
 * constant time, and checks its end.
 */
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
 * Makes a client and spends one use of a provisioning key, both in one change.
 * @returns undefined if another device took the last use meanwhile
 * @throws KeywrightError `invalid-input` if the name or the request is unreadable; `refused` by the licence or the
 * key's owner; `busy`
 */
export async function redeemProvisioningKey(
  services: Omit<Management, 'actor' | 'sealer' | 'tokenIssuer' | 'clockToleranceMs'>,
  { id: keyId, hash, scopes, owner }: ProvisioningKey,
  { agentName, csr }: DeviceRequest,
): Promise<ProvisionedClient | undefined> {
  const { changes, clock, authority, licence } = services;
  const label = parseLabel(agentName);
  const request = csr === undefined ? undefined : authority.readRequest(csr);
  if (request) requireRequestFor(request, label);
  await licence.requireSeat();
  const id = randomUUID();
  const certified = request && certify({ id, request, authority, now: clock.now() });
  const { key: apiKey, credential } = freshApiKey(services, {
    ...{ label, scopes, expiresAt: NEVER, prefix: DEVICE_KEY_PREFIX },
  });
  const password = await makeClientPassword(services, { alone: false });
  return changes.change({ action: 'provision.redeem', target: id }, async (records) => {
    const key = await records.get('provisioning-key', keyId);
    const now = clock.now();
    if (key === undefined || !isUsable(key, { hash, now })) return undefined;
    const user = await requireOwner(records, key);
    if (key.usesLeft > 1) records.put('provisioning-key', { ...key, usesLeft: key.usesLeft - 1 });
    else records.delete('provisioning-key', keyId);
    const credentials = [credential, password.credential];
    const made = newClient({ id, label, owner, scopes, createdAt: now, credentials });
    const client = { ...made, updatedAt: changedAt(made, { now, owner: user }) };
    records.put('client', client);
    if (certified) records.put('certificate', certified.certificate);
    return { client, apiKey, mqttPassword: password.text, certificate: certified?.pem };
  });
}

function isUsable(
  key: ProvisioningKey | undefined,
  { hash, now }: { readonly hash: string; readonly now: Timestamp },
): boolean {
  if (key?.hash.length !== hash.length) return false;
  return timingSafeEqual(Buffer.from(key.hash), Buffer.from(hash)) && key.usesLeft > 0 && now < key.expiresAt;
}

/**
 * Checks the key's owner again: the owner must exist, be enabled and hold the key's scopes.
 * @returns the owner; undefined for nobody
 * @throws KeywrightError `refused`
 */
async function requireOwner(
  records: Records,
  { owner, scopes, createdAt }: ProvisioningKey,
): Promise<User | undefined> {
  const refused = (cause?: unknown) =>
    new KeywrightError('refused', 'this provisioning key makes no clients any more', {
      hint: 'the user whom they would belong to is gone, is disabled or lacks a scope: ask for another key',
      cause,
    });
  const ownership = { owner, domain: null, scopes: [scopes] };
  const user = await requireOwnable(ownersIn(records, OPERATOR), ownership).catch((error) => {
    const isOwners = error instanceof KeywrightError && ['refused', 'not-found'].includes(error.code);
    throw isOwners ? refused(error) : error;
  });
  // A user who is newer than the key is another person of the same name.
  if (user !== undefined && user.createdAt > createdAt) throw refused();
  return user;
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
  const holder = { kind: 'client', id } as const;
  return { pem: issued.pem, certificate: newCertificate({ holder, authority, issued, publicKey, validity }) };
}
