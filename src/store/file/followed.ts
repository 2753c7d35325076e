import { isDeepStrictEqual } from 'node:util';
import type { Change, RecordKind, RecordTypes } from '../../core/ports/key-store.js';
import { KINDS, type Place } from './kinds.js';
import type { Shard } from './shard.js';

export const FOLLOWED: readonly RecordKind[] = [
  'signing-keys',
  'user',
  'session',
  'withdrawn-token',
  'client',
  'certificate',
  'provisioning-key',
];
/** The directories of their files. */
export const DIRECTORIES = [...new Set(FOLLOWED.map((kind) => KINDS[kind].directory))];

/** Tells if a file holds records that a watcher gets. */
export function isFollowed({ directory }: Place): boolean {
  return DIRECTORIES.includes(directory);
}

/** The kinds that a watcher gets from the files of a directory. */
export function kindsIn(directory: string): readonly RecordKind[] {
  return FOLLOWED.filter((kind) => KINDS[kind].directory === directory);
}

export type Followed = {
  readonly [Kind in RecordKind]: { readonly kind: Kind; readonly record: RecordTypes[Kind] };
}[RecordKind];

/** The records of a file that a watcher gets. */
export function recordsOf(shard: Shard, directory: string): Map<string, Followed> {
  const records = new Map<string, Followed>();
  const add = <Kind extends RecordKind>(kind: Kind) => {
    for (const record of shard.all(kind)) records.set(`${kind} ${record.id}`, { kind, record } as Followed);
  };
  for (const kind of FOLLOWED) if (KINDS[kind].directory === directory) add(kind);
  return records;
}

/** Finds the changes between two states of a file. */
export function difference(
  before: ReadonlyMap<string, Followed>,
  after: ReadonlyMap<string, Followed>,
): Change[] {
  const changes: Change[] = [];
  for (const [key, { kind, record }] of after) {
    const former = before.get(key)?.record;
    // A file that was edited or restored by hand may have the same revision.
    if (former?.revision === record.revision && isDeepStrictEqual(former, record)) continue;
    changes.push({ kind, id: record.id, before: former, after: record } as Change);
  }
  for (const [key, { kind, record }] of before) {
    if (!after.has(key)) changes.push({ kind, id: record.id, before: record, after: undefined } as Change);
  }
  return changes;
}
