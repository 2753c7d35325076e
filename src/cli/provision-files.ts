import { lstat } from 'node:fs/promises';
import type { Delivery } from '../core/manage/issue-client.js';
import { KeywrightError } from '../core/model/errors.js';
import { refuseExisting, type WriteOptions, writeFiles } from './bundle-files.js';

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

/** Checks early that the files can be written. @throws KeywrightError `already-exists`, `io` */
export async function checkDeviceFiles(files: DeviceFiles, { replace }: WriteOptions): Promise<void> {
  const paths = Object.values(files);
  if (!replace) return refuseExisting(paths);
  for (const path of paths) {
    const found = await lstat(path).catch(() => undefined);
    if (found?.isDirectory()) throw new KeywrightError('io', `cannot replace ${path}: it is a directory`);
  }
}

/** Writes the private key before the device asks the server: if this file can be written, so can the others. */
export function writePrivateKey(
  key: string,
  { privateKey }: DeviceFiles,
  options: WriteOptions,
): Promise<Delivery> {
  return writeFiles([[privateKey, { data: key, mode: 0o600 }]], options);
}

/** Writes the server's answer. Only their owner can read the secret files. */
export function writeIdentity(
  { agentUuid, ...identity }: DeviceIdentity,
  { files, url, name }: { readonly files: DeviceFiles; readonly url: string; readonly name: string },
  options: WriteOptions,
): Promise<Delivery> {
  const mqttClientId = `agent-${agentUuid}`;
  const described = JSON.stringify({ agentUuid, agentName: name, mqttClientId, url }, null, 2);
  return writeFiles(
    [
      [files.apiKey, { data: identity.apiKey, mode: 0o600 }],
      [files.mqttPassword, { data: identity.mqttPassword, mode: 0o600 }],
      [files.certificate, { data: identity.certificate, mode: 0o644 }],
      [files.caCertificate, { data: identity.caCertificate, mode: 0o644 }],
      [files.identity, { data: `${described}\n`, mode: 0o644 }],
    ],
    options,
  );
}
