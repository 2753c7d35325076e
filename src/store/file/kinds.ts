import { hash } from 'node:crypto';
import { parseCertificate } from '../../core/model/certificate.js';
import { liveClient, parseClient } from '../../core/model/client.js';
import { KeywrightError } from '../../core/model/errors.js';
import { type Fields, object, revision, text, time } from '../../core/model/fields.js';
import type { LastUse } from '../../core/model/last-use.js';
import { parseProvisioningKey } from '../../core/model/provisioning-key.js';
import { parseSession } from '../../core/model/session.js';
import { parseSigningKeyRing } from '../../core/model/signing-key.js';
import { parseUser } from '../../core/model/user.js';
import { parseWithdrawnToken } from '../../core/model/withdrawn-token.js';
import type { RecordTypes } from '../../core/ports/key-store.js';

/** The user with an e-mail address, under that address. It keeps two users from having the same one. */
interface EmailHolder {
  readonly id: string;
  readonly revision: number;
  readonly userId: string;
}

/** The last use of an API key, under `<client-id>:<key-id>`. */
interface StoredUse extends LastUse {
  readonly id: string;
  readonly revision: number;
}

/** The types of the records in the files: those of the port, and two more of the files' own. */
export interface StoredTypes extends RecordTypes {
  readonly email: EmailHolder;
  readonly use: StoredUse;
}

export type StoredKind = keyof StoredTypes;

/** The raw records of one file, by kind and id. */
export type RawRecords = Partial<Record<StoredKind, Record<string, unknown>>>;

interface KindOfRecord<T> {
  /** The directory of its files. Two kinds that change together share a directory. */
  readonly directory: string;
  /** Reads one record. @throws KeywrightError `store-corrupt` */
  readonly parse: (value: unknown) => T;
  /** The text whose hash names the file of a record. */
  readonly placeOf: (record: T) => string;
  /** A text that only one record of the kind may have. */
  readonly uniqueOf?: (record: T) => string | null;
  /** Tells if the record takes a seat of the licence. */
  readonly takesSeat?: (record: T) => boolean;
}

const placedById = ({ id }: { readonly id: string }) => id;

/** Every kind of record, and its place. */
export const KINDS: { readonly [Kind in StoredKind]: KindOfRecord<StoredTypes[Kind]> } = {
  client: {
    directory: 'clients',
    parse: parseClient,
    placeOf: placedById,
    takesSeat: (client) => liveClient(client) !== undefined,
  },
  // A certificate lies with its client, so that one write changes both.
  certificate: { directory: 'clients', parse: parseCertificate, placeOf: ({ holder }) => holder.id },
  user: { directory: 'users', parse: parseUser, placeOf: placedById, uniqueOf: ({ email }) => email },
  email: { directory: 'emails', parse: parseEmailHolder, placeOf: placedById },
  session: { directory: 'sessions', parse: parseSession, placeOf: placedById },
  'withdrawn-token': { directory: 'sessions', parse: parseWithdrawnToken, placeOf: placedById },
  'signing-keys': { directory: 'signing-keys', parse: parseSigningKeyRing, placeOf: placedById },
  'provisioning-key': { directory: 'provisioning-keys', parse: parseProvisioningKey, placeOf: placedById },
  use: { directory: 'uses', parse: parseUse, placeOf: ({ id }) => useBucket(id) },
};

/**
 * Checks a record that is to be written with the reader of its kind: a file never holds what cannot be read back.
 * @returns what a reader will see
 * @throws KeywrightError `invalid-input` that names the field
 */
export function writable<Kind extends StoredKind>(kind: Kind, record: StoredTypes[Kind]): StoredTypes[Kind] {
  try {
    return KINDS[kind].parse(record);
  } catch (error) {
    const detail = error instanceof KeywrightError ? error.message : 'it cannot be read';
    throw new KeywrightError(
      'invalid-input',
      `no ${kind} is written that could not be read back: ${detail}`,
      {
        cause: error,
      },
    );
  }
}

/** One of the 256 files in a directory of the store. */
export interface Place {
  readonly directory: string;
  /** Two hexadecimal digits. */
  readonly name: string;
}

/** Finds the file of a record. @param text the record's id, unless `KINDS` has another text */
export function placeAt(kind: StoredKind, text: string): Place {
  return { directory: KINDS[kind].directory, name: shardName(text) };
}

/** Makes the two hexadecimal digits that name a file. */
export function shardName(place: string): string {
  return hash('sha256', place, 'hex').slice(0, 2);
}

export function isShardName(name: string): boolean {
  return /^[0-9a-f]{2}$/.test(name);
}

/**
 * Finds the place of a key's last use. It is the same as in format 1, which kept the uses of many keys in one record.
 */
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
