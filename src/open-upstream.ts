import { readFile, stat } from 'node:fs/promises';
import { createSecureContext, type SecureContext } from 'node:tls';
import { KeywrightError } from './core/errors.js';
import { ioError } from './disk/io-error.js';
import type { UpstreamOptions } from './mqtt/relay/upstream-engine.js';
import type { UpstreamSettings } from './settings.js';

// MQTT 3.1.1 section 3.1.3.5
const MAX_PASSWORD_BYTES = 65_535;

/** Reads what the settings of an upstream broker name. @throws KeywrightError `io`, `invalid-input` */
export async function openUpstream(settings: UpstreamSettings): Promise<UpstreamOptions> {
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
