import { generateKeyPairSync } from 'node:crypto';
import { KeywrightError } from './errors.js';
import { corrupt, flag, list, object, optional, text, texts, time } from './fields.js';
import type { KeyAlgorithm } from './key-algorithm.js';
import { NEVER, type Timestamp } from './time.js';

/** An X.509 certificate that the CA issued to a client. */
export interface CertificateCredential {
  readonly kind: 'certificate';
  /** SHA-256 of the DER, lower-case hex. */
  readonly id: string;
  /** Serial number, lower-case hex. */
  readonly serial: string;
  readonly algorithm: KeyAlgorithm;
  /** SubjectPublicKeyInfo, DER, base64. */
  readonly publicKey: string;
  readonly notBefore: Timestamp;
  readonly notAfter: Timestamp;
}

/** A signed token that was handed over with a certificate; it holds as long as that certificate does. */
export interface SignedTokenCredential {
  readonly kind: 'signed-token';
  /** SHA-256 of the token's text, lower-case hex. */
  readonly id: string;
  /** `id` of the certificate whose key signed it. */
  readonly certificateId: string;
}

/** An API key, of which only what is needed to recognise it is kept. */
export interface ApiKeyCredential {
  readonly kind: 'api-key';
  /** Tells the client's keys apart: six hexadecimal digits. */
  readonly id: string;
  /** Keyed hash of the key's text, lower-case hex. */
  readonly hash: string;
  readonly prefix: string;
  /** How it begins, to recognise it in a list. */
  readonly hint: string;
  readonly label: string | null;
  readonly scopes: readonly string[];
  readonly createdAt: Timestamp;
  readonly expiresAt: Timestamp;
  readonly revokedAt: Timestamp | null;
}

/** A client's MQTT password. A client has at most one. */
export interface PasswordCredential {
  readonly kind: 'password';
  /** Changes with the password. */
  readonly id: string;
  /** argon2id, PHC string format. */
  readonly hash: string;
  /** Whether it suffices by itself, with the client id as user name; otherwise it goes beside an API key. */
  readonly alone: boolean;
  readonly createdAt: Timestamp;
}

export type Credential =
  | CertificateCredential
  | SignedTokenCredential
  | ApiKeyCredential
  | PasswordCredential;

/** A certificate that was withdrawn before its end, remembered until then. */
export interface RetiredCertificate {
  readonly serial: string;
  readonly notAfter: Timestamp;
  readonly retiredAt: Timestamp;
}

/** A machine identity: a device, a service, a script. Times are milliseconds since the epoch. */
export interface Client {
  readonly id: string;
  readonly label: string | null;
  readonly owner: string | null;
  readonly domain: string | null;
  readonly scopes: readonly string[];
  readonly notBefore: Timestamp;
  readonly notAfter: Timestamp;
  readonly revokedAt: Timestamp | null;
  readonly createdAt: Timestamp;
  readonly updatedAt: Timestamp;
  /** Set on a deleted client, which stays only to remember `retired`. */
  readonly deletedAt: Timestamp | null;
  readonly credentials: readonly Credential[];
  readonly retired: readonly RetiredCertificate[];
}

/** Makes a client: without an end, and with nothing to present, unless told otherwise. */
export function newClient(given: Pick<Client, 'id' | 'createdAt'> & Partial<Client>): Client {
  return {
    ...{ label: null, owner: null, domain: null, scopes: [], notBefore: given.createdAt, notAfter: NEVER },
    ...{ revokedAt: null, updatedAt: given.createdAt, deletedAt: null, credentials: [], retired: [] },
    ...given,
  };
}

/** A certificate whose private key is thrown away: what a signed token is checked against if its client has none. */
export function decoyCertificate(): CertificateCredential {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return {
    kind: 'certificate',
    id: '',
    serial: '',
    algorithm: 'ec-p256',
    publicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
    notBefore: 0,
    notAfter: 0,
  };
}

/** A client's certificates. */
export function certificatesOf({ credentials }: Client): CertificateCredential[] {
  return credentials.filter((credential) => credential.kind === 'certificate');
}

/** A client's API keys. */
export function apiKeysOf({ credentials }: Client): ApiKeyCredential[] {
  return credentials.filter((credential) => credential.kind === 'api-key');
}

/** A client's MQTT password. */
export function passwordOf({ credentials }: Client): PasswordCredential | undefined {
  return credentials.find((credential) => credential.kind === 'password');
}

/** Checks a name for people: 1 to 200 characters, none of which moves a terminal's cursor. @throws KeywrightError `invalid-input` */
export function parseLabel(text: string): string {
  if (text.length === 0 || text.length > 200 || /\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/u.test(text)) {
    throw new KeywrightError('invalid-input', `label ${JSON.stringify(text.slice(0, 80))} is not allowed`, {
      hint: 'a label has 1 to 200 characters, and no control characters',
    });
  }
  return text;
}

export type ClientStatus = 'valid' | 'revoked' | 'not yet valid' | 'expired';

export function clientStatus(client: Client, now: Timestamp): ClientStatus {
  if (client.revokedAt !== null) return 'revoked';
  if (now < client.notBefore) return 'not yet valid';
  return now >= client.notAfter ? 'expired' : 'valid';
}

/** The client, unless it is a deleted one's remainder. */
export function liveClient(client: Client | undefined): Client | undefined {
  return client?.deletedAt === null ? client : undefined;
}

/** Deletes a client. @returns the record that remains: its id, and the serials of its certificates until they would have ended */
export function deletedClient(client: Client, now: Timestamp): Client {
  const retired = retireCertificates(client, now);
  return { ...client, label: null, scopes: [], credentials: [], retired, updatedAt: now, deletedAt: now };
}

/** Withdraws a client's certificates. @returns their serials, and those withdrawn before, that would not have ended yet */
export function retireCertificates(client: Client, now: Timestamp): RetiredCertificate[] {
  const remembered = client.retired.filter((certificate) => certificate.notAfter > now);
  const withdrawn = certificatesOf(client)
    .filter((certificate) => certificate.notAfter > now)
    .map(({ serial, notAfter }) => ({ serial, notAfter, retiredAt: now }));
  return [...remembered, ...withdrawn];
}

/** Reads a client as a keystore holds it. @throws KeywrightError `store-corrupt` that names the field */
export function parseClient(value: unknown): Client {
  const record = object(value, 'client');
  return {
    id: text(record, 'id'),
    label: optional(text, record, 'label'),
    owner: optional(text, record, 'owner'),
    domain: optional(text, record, 'domain'),
    scopes: texts(record, 'scopes'),
    notBefore: time(record, 'notBefore'),
    notAfter: time(record, 'notAfter'),
    revokedAt: optional(time, record, 'revokedAt'),
    createdAt: time(record, 'createdAt'),
    updatedAt: time(record, 'updatedAt'),
    deletedAt: optional(time, record, 'deletedAt'),
    credentials: list(record, 'credentials').map(parseCredential),
    retired: list(record, 'retired').map((retired) => {
      const entry = object(retired, 'retired');
      return {
        serial: text(entry, 'serial'),
        notAfter: time(entry, 'notAfter'),
        retiredAt: time(entry, 'retiredAt'),
      };
    }),
  };
}

function parseCredential(value: unknown): Credential {
  const record = object(value, 'credential');
  const id = text(record, 'id');
  switch (record.kind) {
    case 'certificate':
      return {
        kind: 'certificate',
        id,
        serial: text(record, 'serial'),
        algorithm: text(record, 'algorithm') as KeyAlgorithm,
        publicKey: text(record, 'publicKey'),
        notBefore: time(record, 'notBefore'),
        notAfter: time(record, 'notAfter'),
      };
    case 'signed-token':
      return { kind: 'signed-token', id, certificateId: text(record, 'certificateId') };
    case 'api-key':
      return {
        kind: 'api-key',
        id,
        hash: text(record, 'hash'),
        prefix: text(record, 'prefix'),
        hint: text(record, 'hint'),
        label: optional(text, record, 'label'),
        scopes: texts(record, 'scopes'),
        createdAt: time(record, 'createdAt'),
        expiresAt: time(record, 'expiresAt'),
        revokedAt: optional(time, record, 'revokedAt'),
      };
    case 'password':
      return {
        kind: 'password',
        id,
        hash: text(record, 'hash'),
        // Passwords that were set before there were others go beside a key.
        alone: record.alone === undefined ? false : flag(record, 'alone'),
        createdAt: time(record, 'createdAt'),
      };
    default:
      throw corrupt('kind');
  }
}
