import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { listDirectory } from '../../disk/directory.js';
import { createFile, putInPlace, readOptional, syncDirectory } from '../../disk/durable-file.js';
import type { Place } from './kinds.js';

/** A complete file under a temporary name in its directory. */
export interface Prepared extends Place {
  readonly temporary: string;
}

/**
 * Gives several prepared files their names, all or none. The journal is on the disk before the first rename, and the
 * next writer finishes it after a kill. The caller must hold the locks of all files.
 * @param root the store's directory
 * @throws KeywrightError `io`
 */
export async function putAllInPlace(root: string, prepared: readonly Prepared[]): Promise<void> {
  const journal = join(root, `journal-${randomBytes(6).toString('hex')}`);
  await createFile(journal, { data: JSON.stringify(prepared), mode: 0o600 });
  await syncDirectory(root);
  for (const each of prepared) await rename(root, each);
  await rm(journal, { force: true });
}

/**
 * Finishes the change of a file that a killed writer left half done. The caller must hold the file's lock.
 * @throws KeywrightError `io`
 */
export async function finishPlace(root: string, place: Place): Promise<void> {
  for (const journal of await journals(root)) {
    for (const each of await readJournal(journal)) {
      if (each.directory === place.directory && each.name === place.name) await finish(root, each);
    }
  }
}

/**
 * Finishes all changes that killed writers left half done.
 * @param lock waits for the lock of a file, and finishes that file
 */
export async function finishJournals(root: string, lock: (place: Place) => Promise<void>): Promise<void> {
  for (const journal of await journals(root)) {
    for (const place of await readJournal(journal)) await lock(place);
    await rm(journal, { force: true });
  }
}

// If a temporary file is gone, its writer renamed it before it was killed.
async function finish(root: string, { directory, name, temporary }: Prepared): Promise<void> {
  const names = await listDirectory(join(root, directory));
  if (names.includes(temporary)) await rename(root, { directory, name, temporary });
}

function rename(root: string, { directory, name, temporary }: Prepared): Promise<void> {
  return putInPlace(join(root, directory, temporary), join(root, directory, `${name}.json`));
}

async function journals(root: string): Promise<string[]> {
  const names = await listDirectory(root);
  return names.filter((name) => name.startsWith('journal-')).map((name) => join(root, name));
}

// An incomplete journal means that its writer was killed before the first rename.
async function readJournal(path: string): Promise<Prepared[]> {
  try {
    const entries: unknown = JSON.parse((await readOptional(path)) ?? '[]');
    return Array.isArray(entries) ? entries.filter(isPrepared) : [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

function isPrepared(entry: Partial<Record<keyof Prepared, unknown>>): entry is Prepared {
  const { directory, name, temporary } = entry;
  const texts = [directory, name, temporary];
  return texts.every((text) => typeof text === 'string' && text !== '..' && basename(text) === text);
}
