import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Bundle } from '../core/manage/issue-client.js';
import { KeywrightError } from '../core/model/errors.js';
import type { Replaceable } from './file-owner.js';
import type { OutputFile } from './output-files.js';

/** A client's bundle, with the MQTT password if it got one. */
export interface WrittenBundle extends Bundle {
  readonly mqttPassword?: string | undefined;
}

/** The paths of a bundle's files. `mqttPassword` is missing if there is none. */
export interface BundleFiles {
  readonly certificate: string;
  readonly privateKey: string;
  readonly token: string;
  readonly mqttPassword?: string;
}

/**
 * Finds the prefix of a bundle's files: the one from `--output`, a name inside that directory, or `./<client-id>`.
 * @throws KeywrightError `invalid-input`
 */
export async function outputPrefix(told: string | undefined, clientId: string): Promise<string> {
  if (told === undefined) return `./${clientId}`;
  if (told === '') throw new KeywrightError('invalid-input', '--output is empty');
  const isDirectory = await stat(told).then(
    (found) => found.isDirectory(),
    () => false,
  );
  return isDirectory || told.endsWith('/') ? join(told, clientId) : told;
}

/** Names a bundle's files: `PREFIX_cert.pem`, `PREFIX_key.pem`, `PREFIX_token`, and `PREFIX_mqtt_password`. */
export function bundleFiles(
  prefix: string,
  { withPassword }: { readonly withPassword: boolean },
): BundleFiles {
  return {
    ...{ certificate: `${prefix}_cert.pem`, privateKey: `${prefix}_key.pem`, token: `${prefix}_token` },
    ...(withPassword && { mqttPassword: `${prefix}_mqtt_password` }),
  };
}

/** The files of a bundle, with what tells whose they are. */
export function replaceableFiles({
  certificate,
  privateKey,
  token,
  mqttPassword,
}: BundleFiles): Replaceable[] {
  return [
    { path: certificate, kind: 'certificate' },
    { path: privateKey, kind: 'privateKey' },
    { path: token, kind: 'token' },
    ...(mqttPassword === undefined ? [] : [{ path: mqttPassword, kind: 'secret' as const }]),
  ];
}

/** The files with a bundle. Only their owner can read them, except for the certificate. */
export function bundleContents(
  { certificate, privateKey, token, mqttPassword }: WrittenBundle,
  files: BundleFiles,
): OutputFile[] {
  return [
    certificateFile(certificate, files.certificate),
    [files.privateKey, { data: privateKey, mode: 0o600 }],
    [files.token, { data: token, mode: 0o600 }],
    ...(files.mqttPassword !== undefined && mqttPassword !== undefined
      ? [[files.mqttPassword, { data: mqttPassword, mode: 0o600 }] as const]
      : []),
  ];
}

/** The file with a certificate. */
export function certificateFile(certificate: string, path: string): OutputFile {
  return [path, { data: certificate, mode: 0o644 }];
}

/** One archive with the files and the CA certificate that clients trust. */
export async function archiveFile(
  bundle: WrittenBundle,
  { path, prefix, serverCertificate }: { path: string; prefix: string; serverCertificate: string },
): Promise<OutputFile> {
  const names = bundleFiles(basename(prefix), { withPassword: bundle.mqttPassword !== undefined });
  const { zip } = await import('./zip.js');
  const data = await zip([
    ...bundleContents(bundle, names).map(([name, { data, mode }]) => ({ name, data: String(data), mode })),
    { name: 'server_cert.pem', data: serverCertificate, mode: 0o644 },
  ]);
  return [path, { data, mode: 0o600 }];
}
