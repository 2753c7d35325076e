import { readFile, stat } from 'node:fs/promises';
import { createSecureContext, type SecureContext } from 'node:tls';
import { KeywrightError } from '../core/model/errors.js';
import { ioError } from '../disk/io-error.js';
import { checkSharedSecret, readSharedSecret } from '../disk/secret-file.js';
import type { ServeSettings, UpstreamSettings } from './read.js';

/**
 * Reads the secret for call-backs; undefined if only this machine may call.
 * @throws KeywrightError `invalid-input`, `io`
 */
export async function callbackSecretOf({
  callbackSecret,
  callbackSecretFile,
}: Pick<ServeSettings, 'callbackSecret' | 'callbackSecretFile'>): Promise<string | undefined> {
  if (callbackSecret === undefined) return callbackSecretFile && readSharedSecret(callbackSecretFile);
  if (callbackSecretFile === undefined) return checkSharedSecret(callbackSecret, 'KEYWRIGHT_CALLBACK_SECRET');
  throw new KeywrightError('invalid-input', 'the secret of call-backs is given twice', {
    hint: 'use KEYWRIGHT_CALLBACK_SECRET or a callback-secret-file',
  });
}

// MQTT 3.1.1 section 3.1.3.5
const MAX_PASSWORD_BYTES = 65_535;

/** A broker, with the content of the files that the settings name. */
export interface OpenedUpstream {
  readonly host: string;
  readonly port: number;
  readonly password: Buffer | undefined;
  /** The TLS settings; undefined for plain TCP. */
  readonly tls: SecureContext | undefined;
}

/** Reads the files that the settings of an upstream broker name. @throws KeywrightError `io`, `invalid-input` */
export async function openUpstream(settings: UpstreamSettings): Promise<OpenedUpstream> {
  const { host, port, tls, caFile, password, passwordFile } = settings;
  const secret = passwordFile === undefined ? password : await readPassword(passwordFile);
  const bytes = secret === undefined ? undefined : Buffer.from(secret);
  if (bytes && bytes.length > MAX_PASSWORD_BYTES) {
    throw new KeywrightError('invalid-input', 'the password of the upstream broker is too long for MQTT');
  }
  return { host, port, password: bytes, tls: tls ? await authorities(caFile) : undefined };
}

async function readPassword(path: string): Promise<string> {
  const text = await read(path);
  const { mode } = await stat(path).catch((error) => {
    throw ioError('read', path, error);
  });
  if ((mode & 0o077) !== 0) {
    throw new KeywrightError('invalid-input', `${path} can be read by others, and has a password in it`, {
      hint: `chmod 600 ${path}`,
    });
  }
  const password = text.replace(/\r?\n$/, '');
  if (password === '') throw new KeywrightError('invalid-input', `${path} is empty`);
  return password;
}

async function authorities(path: string | undefined): Promise<SecureContext> {
  const ca = path === undefined ? undefined : await read(path);
  if (ca !== undefined && !ca.includes('-----BEGIN CERTIFICATE-----')) {
    throw new KeywrightError('invalid-input', `${path} has no certificate in it`);
  }
  try {
    return createSecureContext({ minVersion: 'TLSv1.2', ...(ca !== undefined && { ca }) });
  } catch (error) {
    throw new KeywrightError('invalid-input', `${path} has no certificate that can be read`, {
      cause: error,
    });
  }
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw ioError('read', path, error);
  }
}
