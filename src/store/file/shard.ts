import { readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Adapter, Low } from 'lowdb';
import { KeywrightError } from '../../core/model/errors.js';
import { readOptional, replaceFile, temporaryPrefix } from '../../disk/durable-file.js';
import { ioError, systemCode } from '../../disk/io-error.js';

/** The version of the format below; a file of a newer one is refused. */
const SCHEMA_VERSION = 1;

/** What one file of a collection holds: a part of its records, by id. */
export interface Shard {
  readonly schema: number;
  readonly records: Record<string, unknown>;
}

/** Changes whenever a file was replaced: it gets a new inode by every rename. */
export type FileVersion = string;

/** A lowdb database over one file: durable, whole or not at all, closed to other users. Writers hold the shard's lock. */
export function openShard(path: string): Low<Shard> {
  return new Low(new DurableJson(path), emptyShard());
}

/** The file's version now; undefined where there is none. @throws KeywrightError `io` */
export async function shardVersion(path: string): Promise<FileVersion | undefined> {
  try {
    const { ino, mtimeNs, size } = await stat(path, { bigint: true });
    return `${ino}-${mtimeNs}-${size}`;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw ioError('look at', path, error);
  }
}

/** Removes what a killed writer of this file left behind; its lock must be held. */
export async function sweepTemporaries(path: string): Promise<void> {
  const prefix = temporaryPrefix(path);
  for (const name of await readdir(dirname(path))) {
    if (name.startsWith(prefix)) await rm(join(dirname(path), name), { force: true });
  }
}

class DurableJson implements Adapter<Shard> {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async read(): Promise<Shard | null> {
    const text = await readOptional(this.#path);
    return text === undefined ? emptyShard() : parseShard(text, this.#path);
  }

  async write(shard: Shard): Promise<void> {
    await replaceFile(this.#path, { data: JSON.stringify(shard), mode: 0o600 });
  }
}

// Object.create(null): an id such as __proto__ must be a key like any other.
function emptyShard(): Shard {
  return { schema: SCHEMA_VERSION, records: Object.create(null) };
}

function parseShard(text: string, path: string): Shard {
  const value = parseJson(text, path);
  if (typeof value !== 'object' || value === null || !('schema' in value) || !('records' in value))
    throw corrupt(path);
  const { schema, records } = value;
  if (typeof schema === 'number' && schema > SCHEMA_VERSION) {
    throw new KeywrightError(
      'store-newer',
      `${path} has format ${schema}; this keywright reads up to ${SCHEMA_VERSION}`,
      {
        hint: 'use the keywright that wrote it, or a later one',
      },
    );
  }
  if (
    schema !== SCHEMA_VERSION ||
    typeof records !== 'object' ||
    records === null ||
    Array.isArray(records)
  ) {
    throw corrupt(path);
  }
  return { schema, records: Object.assign(Object.create(null), records) };
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw corrupt(path, error);
  }
}

/** An error that names the damaged file, which stays as it is. */
export function corrupt(path: string, cause?: unknown): KeywrightError {
  const detail = cause instanceof KeywrightError ? `: ${cause.message}` : '';
  return new KeywrightError('store-corrupt', `${basename(dirname(path))} file ${path} is damaged${detail}`, {
    hint: 'put back a copy from a backup; keywright does not overwrite it',
    cause,
  });
}
