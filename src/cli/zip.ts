import { buffer } from 'node:stream/consumers';
import archiver from 'archiver';

export interface ZipEntry {
  readonly name: string;
  readonly data: string;
  readonly mode: number;
}

/** Makes a ZIP archive of the entries. */
export async function zip(entries: readonly ZipEntry[]): Promise<Buffer> {
  const archive = archiver('zip');
  for (const { name, data, mode } of entries) archive.append(data, { name, mode });
  const [content] = await Promise.all([buffer(archive), archive.finalize()]);
  return content;
}
