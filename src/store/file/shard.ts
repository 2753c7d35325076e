import { statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { type Adapter, Low } from 'lowdb';
import type { Certificate, CertificateHolder } from '../../core/model/certificate.js';
import { KeywrightError } from '../../core/model/errors.js';
import { prepareFile, readOptional, replaceFile } from '../../disk/durable-file.js';
import { ioError } from '../../disk/io-error.js';
import { upgradeFormat1 } from './format-1.js';
import { KINDS, type RawRecords, type StoredKind, type StoredTypes, writable } from './kinds.js';

/** The version of the format below; a file of a newer one is refused. */
export const FORMAT = 2;

// The kernel's clock for file times ticks every 4 to 10 ms.
const CLOCK_GRAIN_MS = 50;

interface ShardFile {
  readonly schema: number;
  readonly records: RawRecords;
}

/** What tells two states of a file apart. Every rename gives it another inode, and every write another time. */
export interface FileVersion {
  readonly inode: bigint;
  readonly text: string;
  /** True if a later write would show, which one at the same tick of the kernel's clock does not. */
  readonly isSettled: boolean;
}

/** Ids after the one, up to and with the other. */
interface IdRange {
  readonly after?: string | undefined;
  readonly upTo?: string | undefined;
}

/** One file of records: durable, whole or not at all, closed to other users. Writers hold its lock. */
export class Shard {
  readonly path: string;
  readonly #file: DurableJson;
  readonly #low: Low<ShardFile>;

  private constructor(path: string) {
    this.path = path;
    this.#file = new DurableJson(path);
    this.#low = new Low(this.#file, emptyShard());
  }

  /** Reads a file; one that does not exist is empty. @throws KeywrightError `store-corrupt`, `store-newer`, `io` */
  static async read(path: string): Promise<Shard> {
    const shard = new Shard(path);
    await shard.#low.read();
    return shard;
  }

  /** @throws KeywrightError `store-corrupt` if the record is not one of its kind */
  get<Kind extends StoredKind>(kind: Kind, id: string): StoredTypes[Kind] | undefined {
    return this.#parse(kind, this.#low.data.records[kind]?.[id]);
  }

  /** All records of a kind, or those in a range of ids. @throws KeywrightError `store-corrupt` */
  all<Kind extends StoredKind>(kind: Kind, { after = '', upTo }: IdRange = {}): StoredTypes[Kind][] {
    return Object.entries(this.#low.data.records[kind] ?? {})
      .filter(([id]) => id > after && (upTo === undefined || id <= upTo))
      .flatMap(([, value]) => this.#parse(kind, value) ?? []);
  }

  /** The certificates of a holder, withdrawn ones included. @throws KeywrightError `store-corrupt` */
  certificatesOf({ kind, id }: CertificateHolder): Certificate[] {
    return this.all('certificate').filter(({ holder }) => holder.kind === kind && holder.id === id);
  }

  /** The certificates of all clients, withdrawn ones included, by client. @throws KeywrightError `store-corrupt` */
  certificatesByClient(): ReadonlyMap<string, Certificate[]> {
    const byClient = new Map<string, Certificate[]>();
    for (const certificate of this.all('certificate')) {
      const { kind, id } = certificate.holder;
      if (kind !== 'client') continue;
      const ofClient = byClient.get(id) ?? [];
      ofClient.push(certificate);
      byClient.set(id, ofClient);
    }
    return byClient;
  }

  /**
   * Adds or replaces a record, with the next revision.
   * @throws KeywrightError `invalid-input` if the record could not be read back
   */
  put<Kind extends StoredKind>(kind: Kind, given: StoredTypes[Kind]): void {
    const record = writable(kind, given);
    const { records } = this.#low.data;
    const ofKind = records[kind] ?? Object.create(null);
    ofKind[record.id] = { ...record, revision: (this.get(kind, record.id)?.revision ?? 0) + 1 };
    records[kind] = ofKind;
  }

  delete(kind: StoredKind, id: string): void {
    delete this.#low.data.records[kind]?.[id];
  }

  /** Replaces the file. @returns what went wrong after that, if anything did @throws KeywrightError `io` */
  async write(): Promise<KeywrightError | undefined> {
    await this.#low.write();
    return this.#file.trouble;
  }

  /** Writes what the file is to become under a temporary name. @returns that name @throws KeywrightError `io` */
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

/** The version of a file or a directory now; undefined if there is none. @throws KeywrightError `io` */
export function fileVersion(path: string): FileVersion | undefined {
  try {
    // Synchronous: it takes a tenth of the CPU, and a follower asks for hundreds of files a second.
    const found = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (found === undefined) return undefined;
    const { ino: inode, mtimeNs, ctimeNs, ctimeMs, size } = found;
    // A copy in place may keep the time of its content, but never that of the inode.
    return {
      inode,
      text: `${inode}-${mtimeNs}-${ctimeNs}-${size}`,
      isSettled: Math.abs(Date.now() - Number(ctimeMs)) > CLOCK_GRAIN_MS,
    };
  } catch (error) {
    throw ioError('look at', path, error);
  }
}

class DurableJson implements Adapter<ShardFile> {
  /** What went wrong after the last write. */
  trouble: KeywrightError | undefined;
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async read(): Promise<ShardFile | null> {
    const text = await readOptional(this.#path);
    return text === undefined ? emptyShard() : parseShard(text, this.#path);
  }

  async write(shard: ShardFile): Promise<void> {
    this.trouble = await replaceFile(this.#path, { data: JSON.stringify(shard), mode: 0o600 });
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

// Without a prototype: an id such as __proto__ is a key like any other.
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

/** An error that names the damaged file, which stays as it is. */
function corrupt(path: string, cause?: unknown): KeywrightError {
  const detail = cause instanceof KeywrightError ? `: ${cause.message}` : '';
  return new KeywrightError('store-corrupt', `${basename(dirname(path))} file ${path} is damaged${detail}`, {
    hint: 'put back a copy from a backup; keywright does not overwrite it',
    cause,
  });
}
