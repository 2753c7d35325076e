import { readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Adapter, Low } from 'lowdb';
import type { Certificate } from '../../core/model/certificate.js';
import { KeywrightError } from '../../core/model/errors.js';
import { prepareFile, readOptional, replaceFile, temporaryPrefix } from '../../disk/durable-file.js';
import { ioError, systemCode } from '../../disk/io-error.js';
import { upgradeFormat1 } from './format-1.js';
import { KINDS, type RawRecords, type StoredKind, type StoredTypes } from './kinds.js';

/** The version of this format. Files of a newer version are refused. */
export const FORMAT = 2;

interface ShardFile {
  readonly schema: number;
  readonly records: RawRecords;
}

/** A version of a file. Every write renames a new file into place, so the inode changes. */
export type FileVersion = string;

/**
 * One file of records. A write is durable, and complete or not done at all. Other users cannot read it. Writers hold
 * its lock.
 */
export class Shard {
  readonly path: string;
  readonly #low: Low<ShardFile>;

  private constructor(path: string) {
    this.path = path;
    this.#low = new Low(new DurableJson(path), emptyShard());
  }

  /** Reads a file. A missing file counts as empty. @throws KeywrightError `store-corrupt`, `store-newer`, `io` */
  static async read(path: string): Promise<Shard> {
    const shard = new Shard(path);
    await shard.#low.read();
    return shard;
  }

  /** Finds a record. @throws KeywrightError `store-corrupt` if the record is malformed */
  get<Kind extends StoredKind>(kind: Kind, id: string): StoredTypes[Kind] | undefined {
    return this.#parse(kind, this.#low.data.records[kind]?.[id]);
  }

  /** Lists all records of a kind. @throws KeywrightError `store-corrupt` */
  all<Kind extends StoredKind>(kind: Kind): StoredTypes[Kind][] {
    const values = Object.values(this.#low.data.records[kind] ?? {});
    return values.flatMap((value) => this.#parse(kind, value) ?? []);
  }

  /** Lists the certificates of a client, withdrawn ones included. @throws KeywrightError `store-corrupt` */
  certificatesOf(clientId: string): Certificate[] {
    return this.all('certificate').filter(({ holder }) => holder.kind === 'client' && holder.id === clientId);
  }

  /** Adds or replaces a record, with the next revision. */
  put<Kind extends StoredKind>(kind: Kind, record: StoredTypes[Kind]): void {
    const { records } = this.#low.data;
    const ofKind = records[kind] ?? Object.create(null);
    ofKind[record.id] = { ...record, revision: (this.get(kind, record.id)?.revision ?? 0) + 1 };
    records[kind] = ofKind;
  }

  delete(kind: StoredKind, id: string): void {
    delete this.#low.data.records[kind]?.[id];
  }

  /** Replaces the file. @throws KeywrightError `io` */
  async write(): Promise<void> {
    await this.#low.write();
  }

  /** Writes the file's new content under a temporary name. @returns that name @throws KeywrightError `io` */
  prepare(): Promise<string> {
    return prepareFile(this.path, { data: JSON.stringify(this.#low.data), mode: 0o600 });
  }

  #parse<Kind extends StoredKind>(kind: Kind, value: unknown): StoredTypes[Kind] | undefined {
    if (value === undefined) return undefined;
    try {
      return KINDS[kind].parse(value);
    } catch (error) {
      throw corrupt(this.path, error);
    }
  }
}

/** Finds the file's present version; undefined if there is no file. @throws KeywrightError `io` */
export async function shardVersion(path: string): Promise<FileVersion | undefined> {
  try {
    const { ino, mtimeNs, size } = await stat(path, { bigint: true });
    return `${ino}-${mtimeNs}-${size}`;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw ioError('look at', path, error);
  }
}

/** Removes the temporary files of a killed writer. The caller must hold the file's lock. */
export async function sweepTemporaries(path: string): Promise<void> {
  const prefix = temporaryPrefix(path);
  for (const name of await readdir(dirname(path))) {
    if (name.startsWith(prefix)) await rm(join(dirname(path), name), { force: true });
  }
}

class DurableJson implements Adapter<ShardFile> {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async read(): Promise<ShardFile | null> {
    const text = await readOptional(this.#path);
    return text === undefined ? emptyShard() : parseShard(text, this.#path);
  }

  async write(shard: ShardFile): Promise<void> {
    await replaceFile(this.#path, { data: JSON.stringify(shard), mode: 0o600 });
  }
}

function emptyShard(): ShardFile {
  return { schema: FORMAT, records: {} };
}

function parseShard(text: string, path: string): ShardFile {
  const value = parseJson(text, path);
  if (!isObject(value) || typeof value.schema !== 'number' || !isObject(value.records)) throw corrupt(path);
  const { schema, records } = value;
  if (schema > FORMAT) {
    throw new KeywrightError(
      'store-newer',
      `${path} has format ${schema}; this keywright reads up to ${FORMAT}`,
      { hint: 'use the keywright that wrote it, or a later one' },
    );
  }
  if (schema === FORMAT) return { schema, records: byKind(records, path) };
  if (schema !== 1) throw corrupt(path);
  try {
    return { schema: FORMAT, records: byKind(upgradeFormat1(basename(dirname(path)), records), path) };
  } catch (error) {
    throw corrupt(path, error);
  }
}

// The object has no prototype: an id such as __proto__ is a key like any other.
function byKind(records: Record<string, unknown>, path: string): RawRecords {
  return Object.fromEntries(
    Object.entries(records).map(([kind, ofKind]) => {
      if (!Object.hasOwn(KINDS, kind) || !isObject(ofKind)) throw corrupt(path);
      return [kind, Object.assign(Object.create(null), ofKind)];
    }),
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw corrupt(path, error);
  }
}

/** Makes an error that names the damaged file. The file stays unchanged. */
function corrupt(path: string, cause?: unknown): KeywrightError {
  const detail = cause instanceof KeywrightError ? `: ${cause.message}` : '';
  return new KeywrightError('store-corrupt', `${basename(dirname(path))} file ${path} is damaged${detail}`, {
    hint: 'put back a copy from a backup; keywright does not overwrite it',
    cause,
  });
}
