import { join } from 'node:path';
import { KeywrightError } from '../core/model/errors.js';
import { listDirectory, makePublicDirectory } from '../disk/directory.js';
import { createFile } from '../disk/durable-file.js';
import { SECRET_PLACEHOLDER } from '../integrate/broker-contract.js';
import type { ConfigurationFile } from '../integrate/integration.js';

export interface WriteConfigurationOptions {
  readonly directory: string;
  /** The secret of call-backs. It is only in files, never printed, and only the owner can read those files. */
  readonly secret: string | undefined;
  readonly onWritten: (path: string) => void;
}

/**
 * Writes the files of a configuration, into a directory that it makes if need be.
 * @returns the paths of the files
 * @throws KeywrightError `already-exists` that names the first file that exists; `io`
 */
export async function writeConfiguration(
  files: readonly ConfigurationFile[],
  { directory, secret, onWritten }: WriteConfigurationOptions,
): Promise<string[]> {
  const there = await listDirectory(directory);
  const taken = files.find(({ name }) => there.includes(name));
  if (taken !== undefined) {
    throw new KeywrightError('already-exists', `the file ${join(directory, taken.name)} already exists`, {
      hint: 'name another directory and merge the two by hand; nothing was written',
    });
  }
  await makePublicDirectory(directory);
  const paths = files.map(({ name }) => join(directory, name));
  for (const { name, text } of files) {
    const path = join(directory, name);
    const isSecret = secret !== undefined && text.includes(SECRET_PLACEHOLDER);
    // The template asks the reader to insert the secret. That line is no longer needed.
    const data = isSecret
      ? text.replace(/^# Put the text.*\n/m, '').replaceAll(SECRET_PLACEHOLDER, secret)
      : text;
    await createFile(path, { data, mode: isSecret ? 0o600 : 0o644 });
    onWritten(path);
  }
  return paths;
}
