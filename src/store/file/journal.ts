import { randomBytes } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { KeywrightError } from '../../core/model/errors.js';
import { listDirectory } from '../../disk/directory.js';
import { readOptional, replaceFile, syncDirectory } from '../../disk/durable-file.js';
import { ioError, systemCode } from '../../disk/io-error.js';
import { removeLeftovers } from '../../disk/temporary.js';
import type { Place } from './kinds.js';

/** A complete file under a temporary name in its directory. */
export interface Prepared extends Place {
  readonly temporary: string;
}

/**
 * Gives several prepared files their names, all or none. The journal is on the disk before the first rename, and the
 * next writer finishes it after a kill. The caller must hold the locks of all files.
 * @param root the store's directory
 * @returns what went wrong after the journal was written, if anything did: the change holds, and the next writer
 * finishes it
 * @throws KeywrightError `io` if nothing was changed
 */
export async function putAllInPlace(
  root: string,
  prepared: readonly Prepared[],
): Promise<KeywrightError | undefined> {
  const journal = join(root, `journal-${randomBytes(6).toString('hex')}`);
  const trouble = await replaceFile(journal, { data: JSON.stringify(prepared), mode: 0o600 });
  const put = async () => {
    for (const each of prepared) await takePlace(root, each);
    for (const directory of new Set(prepared.map((each) => each.directory)))
      await syncDirectory(join(root, directory));
    await rm(journal, { force: true });
  };
  // What the journal says is decided: it is not given up for an error that may pass.
  return put()
    .catch(put)
    .then(
      () => trouble,
      (error) => ioError('finish', journal, error),
    );
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

/**
 * Removes temporary files whose writers are gone, but for those that a journal names. A writer that is gone has written
 * its journal before, so the journals are read last.
 */
export async function removeUnnamed(root: string, leftovers: readonly string[]): Promise<void> {
  const named = new Set<string>();
  for (const journal of await journals(root))
    for (const { directory, temporary } of await readJournal(journal))
      named.add(join(root, directory, temporary));
  await removeLeftovers(leftovers.filter((path) => !named.has(path)));
}

async function finish(root: string, prepared: Prepared): Promise<void> {
  await takePlace(root, prepared);
  await syncDirectory(join(root, prepared.directory));
}

// If a temporary file is gone, it has its name already.
async function takePlace(root: string, { directory, name, temporary }: Prepared): Promise<void> {
  const path = join(root, directory, `${name}.json`);
  try {
    await rename(join(root, directory, temporary), path);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw ioError('write', path, error);
  }
}

async function journals(root: string): Promise<string[]> {
  const names = await listDirectory(root);
  return names.filter((name) => name.startsWith('journal-')).map((name) => join(root, name));
}

// An incomplete journal is from the first version, whose writer was killed before the first rename.
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
