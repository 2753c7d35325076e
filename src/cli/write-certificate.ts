import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { KeywrightError } from '../core/model/errors.js';
import { ioError, systemCode } from '../disk/io-error.js';
import { OutputFiles } from './output-files.js';

/**
 * Writes a certificate into a file of its own, or in the place of another certificate.
 * @throws KeywrightError `already-exists` if there is another file; `io`
 */
export async function writeCertificate(path: string, data: string | Buffer): Promise<void> {
  const output = new OutputFiles({ prefix: path, command: 'certificate', isDone: async () => false });
  const work = async () => {
    await requireCertificate(path);
    await output.stage([[path, { data, mode: 0o644 }]]);
    await output.place();
  };
  await output.exclusively(path, { work, done: work });
}

async function requireCertificate(path: string): Promise<void> {
  const former = await readFile(path).catch((error) => {
    if (systemCode(error) === 'ENOENT') return Buffer.alloc(0);
    throw ioError('replace', path, error);
  });
  if (former.length === 0 || isCertificate(former)) return;
  throw new KeywrightError('already-exists', `the file ${path} already exists, and is no certificate`, {
    hint: 'name another with --output, or move that file away',
  });
}

function isCertificate(data: Buffer): boolean {
  try {
    return new X509Certificate(data).serialNumber !== '' && !data.includes('PRIVATE KEY');
  } catch {
    return false;
  }
}
