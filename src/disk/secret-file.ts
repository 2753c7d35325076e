import { randomBytes } from 'node:crypto';
import { link, rm, stat } from 'node:fs/promises';
import { KeywrightError } from '../core/model/errors.js';
import { createFile, readOptional } from './durable-file.js';
import { ioError, systemCode } from './io-error.js';
import { temporaryPath } from './temporary.js';

const SECRET_BYTES = 32;

/**
 * Reads a secret of 256 bits; undefined if there is none.
 * @throws KeywrightError `store-corrupt` if it is damaged; `io`
 */
export async function readSecret(path: string): Promise<Buffer | undefined> {
  const text = await readOptional(path);
  if (text === undefined) return undefined;
  const secret = Buffer.from(text.trim(), 'base64');
  if (secret.length === SECRET_BYTES) return secret;
  throw new KeywrightError('store-corrupt', `${path} is damaged`, { hint: 'put it back from a backup' });
}

/** Makes a secret, unless another process has made one. @throws KeywrightError `io` if it cannot be written */
export async function createSecret(path: string): Promise<void> {
  const draft = temporaryPath(path);
  await createFile(draft, { data: `${randomBytes(SECRET_BYTES).toString('base64')}\n`, mode: 0o600 });
  try {
    // The file is complete before it gets its name, and never replaces another.
    await link(draft, path);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw ioError('create', path, error);
  } finally {
    await rm(draft, { force: true }).catch(() => undefined);
  }
}

// Brokers put the secret into URLs, configuration files and headers.
const SHARED_SECRET = /^[A-Za-z0-9._~-]{16,256}$/;

/**
 * Reads a secret that is shared with others.
 * @throws KeywrightError `invalid-input` if it is missing, too weak, or readable by everybody; `io`
 */
export async function readSharedSecret(path: string): Promise<string> {
  const text = await readOptional(path);
  if (text === undefined) throw new KeywrightError('invalid-input', `there is no file ${path}`);
  const { mode } = await stat(path);
  if ((mode & 0o007) !== 0 && process.getuid !== undefined) {
    throw new KeywrightError('invalid-input', `${path} is open to every user of this machine`, {
      hint: `close it with: chmod o= ${path}`,
    });
  }
  return checkSharedSecret(text.trim(), path);
}

/**
 * Checks a shared secret.
 * @param source names it in the error
 * @throws KeywrightError `invalid-input` if it is too weak
 */
export function checkSharedSecret(secret: string, source: string): string {
  if (SHARED_SECRET.test(secret)) return secret;
  throw new KeywrightError('invalid-input', `the secret in ${source} is too weak, or cannot stand in a URL`, {
    hint: 'it has 16 to 256 letters, digits, ".", "_", "~" or "-": make one with: openssl rand -hex 32',
  });
}
