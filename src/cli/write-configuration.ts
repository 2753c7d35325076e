import { join } from 'node:path';
import { createFile } from '../disk/durable-file.js';
import { SECRET_PLACEHOLDER } from '../integrate/broker-contract.js';
import type { ConfigurationFile } from '../integrate/integration.js';
import { refuseExisting } from './bundle-files.js';

export interface WriteConfigurationOptions {
  readonly directory: string;
  /** Of call-backs: what is printed is seen and kept, so it is in files only, and these then for their owner alone. */
  readonly secret: string | undefined;
  readonly onWritten: (path: string) => void;
}

/** Writes the files of a configuration. @returns their paths @throws KeywrightError `already-exists` that names the first that is there; `io` */
export async function writeConfiguration(
  files: readonly ConfigurationFile[],
  { directory, secret, onWritten }: WriteConfigurationOptions,
): Promise<string[]> {
  const paths = files.map(({ name }) => join(directory, name));
  await refuseExisting(paths);
  for (const { name, text } of files) {
    const path = join(directory, name);
    const isSecret = secret !== undefined && text.includes(SECRET_PLACEHOLDER);
    // The line that tells people to put it there has done its work.
    const data = isSecret
      ? text.replace(/^# Put the text.*\n/m, '').replaceAll(SECRET_PLACEHOLDER, secret)
      : text;
    await createFile(path, { data, mode: isSecret ? 0o600 : 0o644 });
    onWritten(path);
  }
  return paths;
}
