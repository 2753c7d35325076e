import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { KeywrightError } from '../core/model/errors.js';
import { readOptional } from '../disk/durable-file.js';
import { clientOf, refuseExisting } from './file-owner.js';
import type { OutputFile } from './output-files.js';

/** The identity that a device gets from its server. */
export interface DeviceIdentity {
  readonly agentUuid: string;
  readonly apiKey: string;
  readonly mqttPassword: string;
  readonly certificate: string;
  readonly caCertificate: string;
}

/** Names a device's files. */
export function deviceFiles(prefix: string) {
  return {
    privateKey: `${prefix}_key.pem`,
    certificate: `${prefix}_cert.pem`,
    caCertificate: `${prefix}_ca.pem`,
    apiKey: `${prefix}_apikey`,
    mqttPassword: `${prefix}_mqtt_password`,
    identity: `${prefix}.json`,
  };
}

export type DeviceFiles = ReturnType<typeof deviceFiles>;

/**
 * Refuses to replace other files than those of a device that was registered here before.
 * @throws KeywrightError `already-exists`, `io`
 */
export async function checkDeviceFiles(files: DeviceFiles, { replace }: { replace: boolean }): Promise<void> {
  if (!replace) return refuseExisting(Object.values(files));
  const agentUuid = await readAgentUuid(files).catch(() => undefined);
  for (const path of Object.values(files)) {
    const text = await readOptional(path);
    if (
      text === undefined ||
      text === '' ||
      (agentUuid && (await isDevices(path, text, { files, agentUuid })))
    )
      continue;
    throw new KeywrightError(
      'already-exists',
      `the file ${path} already exists, and is not one of a device here`,
      {
        hint: 'name another prefix with --output, or move that file away',
      },
    );
  }
}

/** Reads the client id that a device got, from its files. @throws KeywrightError `io` if they do not say it */
export async function readAgentUuid({ identity }: DeviceFiles): Promise<string> {
  try {
    const { agentUuid } = JSON.parse(await readFile(identity, 'utf8'));
    if (typeof agentUuid === 'string') return agentUuid;
  } catch {
    // Whatever it is, it does not say it.
  }
  throw new KeywrightError('io', `${identity} does not say which client this device is`);
}

async function isDevices(
  path: string,
  text: string,
  { files, agentUuid }: { files: DeviceFiles; agentUuid: string },
): Promise<boolean> {
  try {
    if (path === files.caCertificate) return new X509Certificate(text).ca;
    if (path === files.certificate) return clientOf(new X509Certificate(text)) === agentUuid;
    if (path !== files.privateKey) return true;
    const certificate = new X509Certificate(await readFile(files.certificate));
    return certificate.checkPrivateKey(createPrivateKey(text));
  } catch {
    return false;
  }
}

/** The file with the private key, which is written before the device asks the server. */
export function privateKeyFile(key: string, { privateKey }: DeviceFiles): OutputFile {
  return [privateKey, { data: key, mode: 0o600 }];
}

/** The files with the server's answer. Only their owner can read the secret ones. */
export function identityFiles(
  { agentUuid, ...identity }: DeviceIdentity,
  { files, url, name }: { readonly files: DeviceFiles; readonly url: string; readonly name: string },
): OutputFile[] {
  const mqttClientId = `agent-${agentUuid}`;
  const described = JSON.stringify({ agentUuid, agentName: name, mqttClientId, url }, null, 2);
  return [
    [files.apiKey, { data: identity.apiKey, mode: 0o600 }],
    [files.mqttPassword, { data: identity.mqttPassword, mode: 0o600 }],
    [files.certificate, { data: identity.certificate, mode: 0o644 }],
    [files.caCertificate, { data: identity.caCertificate, mode: 0o644 }],
    [files.identity, { data: `${described}\n`, mode: 0o644 }],
  ];
}
