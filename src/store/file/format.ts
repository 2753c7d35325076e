import { copyFile, link, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { KeywrightError } from '../../core/model/errors.js';
import { listDirectory } from '../../disk/directory.js';
import { readOptional, replaceFile } from '../../disk/durable-file.js';
import { ioError } from '../../disk/io-error.js';
import { withLock } from '../../disk/lock.js';
import type { StoreFiles } from './files.js';
import { KINDS } from './kinds.js';
import { FORMAT } from './shard.js';

export interface FormatOptions {
  readonly home: string;
  readonly files: StoreFiles;
  /** Gets messages for the user. */
  readonly notice: (text: string) => void;
}

/** Refuses the home of a later program. @throws KeywrightError `store-newer`, `store-corrupt`, `io` */
export async function checkFormat(home: string): Promise<number | undefined> {
  const path = versionPath(home);
  const text = await readOptional(path);
  if (text === undefined) return undefined;
  const format = Number(text.trim());
  if (!Number.isSafeInteger(format) || format < 1) {
    throw new KeywrightError('store-corrupt', `${path} is damaged: it names no format`, {
      hint: 'put back a copy from a backup',
    });
  }
  if (format > FORMAT) {
    throw new KeywrightError(
      'store-newer',
      `${path} names format ${format}; this keywright reads up to ${FORMAT}`,
      { hint: 'use the keywright that wrote it, or a later one' },
    );
  }
  return format;
}

/**
 * Brings the files of an older program to the present format, before the first write. It keeps a copy of the old files.
 * After a kill it repeats the step.
 * @throws KeywrightError `store-newer`, `store-corrupt`, `store-busy`, `io`
 */
export async function prepareFormat(options: FormatOptions): Promise<void> {
  const { home } = options;
  if ((await checkFormat(home)) === FORMAT) return;
  await withLock(join(home, 'store-version.lock'), async () => {
    if ((await checkFormat(home)) === FORMAT) return;
    await migrate(options);
    await replaceFile(versionPath(home), { data: `${FORMAT}\n`, mode: 0o600 });
  });
}

async function migrate({ home, files, notice }: FormatOptions): Promise<void> {
  const directories = new Set(Object.values(KINDS).map(({ directory }) => directory));
  const found = await listDirectory(files.root);
  const old = [...directories].filter((directory) => found.includes(directory));
  if (old.length === 0) return;
  const copy = join(home, 'store.format-1');
  await keepCopy(files.root, { directories: old, copy });
  for (const directory of old) {
    for (const place of await files.placesIn(directory)) {
      await files.exclusively([place], async () => (await files.read(place)).write());
    }
  }
  notice(`brought the key store to format ${FORMAT}; what it was is kept in ${copy}`);
}

async function keepCopy(
  root: string,
  { directories, copy }: { readonly directories: readonly string[]; readonly copy: string },
): Promise<void> {
  const unfinished = `${copy}.new`;
  try {
    await rm(unfinished, { recursive: true, force: true });
    for (const directory of directories) {
      await mkdir(join(unfinished, directory), { recursive: true, mode: 0o700 });
      for (const name of await listDirectory(join(root, directory))) {
        const [from, to] = [join(root, directory, name), join(unfinished, directory, name)];
        // Files are replaced, never overwritten, so a second link keeps the old content.
        if (name.endsWith('.json')) await link(from, to).catch(() => copyFile(from, to));
      }
    }
    // A complete copy is from an earlier attempt, before any change.
    await rename(unfinished, copy).catch(() => rm(unfinished, { recursive: true, force: true }));
  } catch (error) {
    throw ioError('keep a copy of the key store in', copy, error);
  }
}

function versionPath(home: string): string {
  return join(home, 'store-version');
}
