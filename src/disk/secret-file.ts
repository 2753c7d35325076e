import { randomBytes } from 'node:crypto';
import { link, rm } from 'node:fs/promises';
import { KeywrightError } from '../core/errors.js';
import { createFile, readOptional } from './durable-file.js';
import { ioError, systemCode } from './io-error.js';

const SECRET_BYTES = 32;

/** Reads a secret of 256 bits; undefined where there is none. @throws KeywrightError `io`, `store-corrupt` */
export async function readSecret(path: string): Promise<Buffer | undefined> {
  const text = await readOptional(path);
  if (text === undefined) return undefined;
  const secret = Buffer.from(text.trim(), 'base64');
  if (secret.length === SECRET_BYTES) return secret;
  throw new KeywrightError('store-corrupt', `${path} is damaged`, { hint: 'put it back from a backup' });
}

/** Makes a secret, unless another process was there first: then nothing changes. @throws KeywrightError `io` */
export async function createSecret(path: string): Promise<void> {
  const draft = `${path}.new-${randomBytes(6).toString('hex')}`;
  await createFile(draft, { data: `${randomBytes(SECRET_BYTES).toString('base64')}\n`, mode: 0o600 });
  try {
    // Whole before it has its name, and never over another.
    await link(draft, path);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw ioError('create', path, error);
  } finally {
    await rm(draft, { force: true });
  }
}
