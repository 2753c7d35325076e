import { createHash } from 'node:crypto';
import { parseCertificate } from '../../core/model/certificate.js';
import { liveClient, parseClient } from '../../core/model/client.js';
import { type Fields, object, revision, text, time } from '../../core/model/fields.js';
import type { LastUse } from '../../core/model/last-use.js';
import { parseProvisioningKey } from '../../core/model/provisioning-key.js';
import { parseSession } from '../../core/model/session.js';
import { parseSigningKeyRing } from '../../core/model/signing-key.js';
import { parseUser } from '../../core/model/user.js';
import { parseWithdrawnToken } from '../../core/model/withdrawn-token.js';
import type { RecordTypes } from '../../core/ports/key-store.js';

/** The user that has an e-mail address, under that address: what keeps an address one user's. */
interface EmailHolder {
  readonly id: string;
  readonly revision: number;
  readonly userId: string;
}

/** When an API key was used last, under `<client-id>:<key-id>`. */
interface StoredUse extends LastUse {
  readonly id: string;
  readonly revision: number;
}

/** What the files hold: the records of the port, and those that only the files need. */
export interface StoredTypes extends RecordTypes {
  readonly email: EmailHolder;
  readonly use: StoredUse;
}

export type StoredKind = keyof StoredTypes;

/** What one file holds: records by kind and id, each as it was written. */
export type RawRecords = Partial<Record<StoredKind, Record<string, unknown>>>;

interface KindOfRecord<T> {
  /** The directory of its files. Records of two kinds that change together lie in one. */
  readonly directory: string;
  /** Reads one record. @throws KeywrightError `store-corrupt` */
  readonly parse: (value: unknown) => T;
  /** The text whose hash says in which file a record lies. */
  readonly placeOf: (record: T) => string;
  /** A text that only one record of the kind may have. */
  readonly uniqueOf?: (record: T) => string | null;
  /** Tells whether the record takes a seat of the licence. */
  readonly takesSeat?: (record: T) => boolean;
}

const placedById = ({ id }: { readonly id: string }) => id;

/** Every kind of record, and where it lies. */
export const KINDS: { readonly [Kind in StoredKind]: KindOfRecord<StoredTypes[Kind]> } = {
  client: {
    directory: 'clients',
    parse: parseClient,
    placeOf: placedById,
    takesSeat: (client) => liveClient(client) !== undefined,
  },
  // With its client, so that both are written at once.
  certificate: { directory: 'clients', parse: parseCertificate, placeOf: ({ holder }) => holder.id },
  user: { directory: 'users', parse: parseUser, placeOf: placedById, uniqueOf: ({ email }) => email },
  email: { directory: 'emails', parse: parseEmailHolder, placeOf: placedById },
  session: { directory: 'sessions', parse: parseSession, placeOf: placedById },
  'withdrawn-token': { directory: 'sessions', parse: parseWithdrawnToken, placeOf: placedById },
  'signing-keys': { directory: 'signing-keys', parse: parseSigningKeyRing, placeOf: placedById },
  'provisioning-key': { directory: 'provisioning-keys', parse: parseProvisioningKey, placeOf: placedById },
  use: { directory: 'uses', parse: parseUse, placeOf: ({ id }) => useBucket(id) },
};

/** One file of the store: which directory, and which of its 256. */
export interface Place {
  readonly directory: string;
  /** Two hexadecimal digits. */
  readonly name: string;
}

/** The file of a record whose place is said by a text: its id, unless `KINDS` says otherwise. */
export function placeAt(kind: StoredKind, text: string): Place {
  return { directory: KINDS[kind].directory, name: shardName(text) };
}

/** The two hexadecimal digits that name the file of a place. */
export function shardName(place: string): string {
  return createHash('sha256').update(place).digest('hex').slice(0, 2);
}

/** The place of a key's last use: that of format 1, which kept the uses of many keys in one record. */
export function useBucket(apiKeyId: string): string {
  return shardName(apiKeyId);
}

function parseEmailHolder(value: unknown): EmailHolder {
  const record = object(value, 'e-mail');
  return { ...stored(record), userId: text(record, 'userId') };
}

function parseUse(value: unknown): StoredUse {
  const record = object(value, 'use');
  return { ...stored(record), at: time(record, 'at'), from: text(record, 'from') };
}

function stored(record: Fields) {
  return { id: text(record, 'id'), revision: revision(record) };
}
