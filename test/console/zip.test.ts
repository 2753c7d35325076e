import { describe, expect, it } from 'vitest';
import { fromBuffer } from 'yauzl';
import { zip } from '../../console/src/kit/zip.js';
import { readArchived } from '../../src/cli/unzip.js';

const FILES = [
  {
    name: 'ann_key.pem',
    data: '-----BEGIN PRIVATE KEY-----\nMIG…\n-----END PRIVATE KEY-----\n',
    mode: 0o600,
  },
  { name: 'größe_token', data: '', mode: 0o600 },
  { name: 'server_cert.pem', data: 'x'.repeat(70_000), mode: 0o644 },
];

describe('the archive that the console makes', () => {
  it('is read back whole by another reader, names, contents, modes and checksums', async () => {
    const archive = zip(FILES, new Date(2026, 10, 29, 10, 20, 30));
    expect(await readBack(Buffer.from(archive))).toEqual(
      FILES.map((file) => ({ ...file, at: new Date(2026, 10, 29, 10, 20, 30).toISOString() })),
    );
  });

  it('is read by the command line, which looks for a token in it', () => {
    const archive = Buffer.from(zip(FILES));
    expect(readArchived(archive, (name) => name.endsWith('_key.pem'))?.toString()).toBe(FILES[0]?.data);
  });
});

interface ReadFile {
  readonly name: string;
  readonly data: string;
  readonly mode: number;
  readonly at: string;
}

function readBack(archive: Buffer): Promise<ReadFile[]> {
  const found: ReadFile[] = [];
  return new Promise((resolve, reject) => {
    fromBuffer(archive, { lazyEntries: true, validateEntrySizes: true }, (error, file) => {
      if (error) return reject(error);
      file.on('error', reject);
      file.on('end', () => resolve(found));
      file.on('entry', (entry) => {
        file.openReadStream(entry, async (failed, stream) => {
          if (failed) return reject(failed);
          const chunks: Buffer[] = [];
          for await (const chunk of stream) chunks.push(chunk);
          found.push({
            name: entry.fileName,
            data: Buffer.concat(chunks).toString(),
            mode: (entry.externalFileAttributes >>> 16) & 0o777,
            at: entry.getLastModDate().toISOString(),
          });
          file.readEntry();
        });
      });
      file.readEntry();
    });
  });
}
