import { lstat, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Bundle, Delivery } from '../core/manage/issue-client.js';
import { KeywrightError } from '../core/model/errors.js';
import { createFile, type FileContent, syncDirectory } from '../disk/durable-file.js';
import { ioError, systemCode } from '../disk/io-error.js';

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

export interface WriteOptions {
  /** True if existing files are replaced instead of refused. */
  readonly replace: boolean;
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

/** @throws KeywrightError `already-exists` that names the first file that exists */
export async function refuseExisting(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const found = await stat(path).catch((error) => {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw ioError('write', path, error);
    });
    if (found !== undefined) throw fileExists(path);
  }
}

/** Writes the files of a bundle. Only their owner can read them, except for the certificate. */
export function writeBundle(
  bundle: WrittenBundle,
  files: BundleFiles,
  options: WriteOptions,
): Promise<Delivery> {
  return writeFiles(contents(bundle, files), options);
}

/** Writes a certificate whose key stays with the client. */
export function writeCertificate(
  certificate: string,
  path: string,
  options: WriteOptions,
): Promise<Delivery> {
  return writeFiles([[path, { data: certificate, mode: 0o644 }]], options);
}

/** Writes one archive with the files and the CA certificate that clients trust. */
export async function writeArchive(
  bundle: WrittenBundle,
  { path, prefix, serverCertificate }: { path: string; prefix: string; serverCertificate: string },
  options: WriteOptions,
): Promise<Delivery> {
  const names = bundleFiles(basename(prefix), { withPassword: bundle.mqttPassword !== undefined });
  const { zip } = await import('./zip.js');
  const data = await zip([
    ...contents(bundle, names).map(([name, content]) => ({ name, ...content })),
    { name: 'server_cert.pem', data: serverCertificate, mode: 0o644 },
  ]);
  return writeFiles([[path, { data, mode: 0o600 }]], options);
}

function contents(
  { certificate, privateKey, token, mqttPassword }: WrittenBundle,
  files: BundleFiles,
): (readonly [path: string, content: { readonly data: string; readonly mode: number }])[] {
  return [
    [files.certificate, { data: certificate, mode: 0o644 }],
    [files.privateKey, { data: privateKey, mode: 0o600 }],
    [files.token, { data: token, mode: 0o600 }],
    ...(files.mqttPassword !== undefined && mqttPassword !== undefined
      ? [[files.mqttPassword, { data: mqttPassword, mode: 0o600 }] as const]
      : []),
  ];
}

/** Writes all files or none. After a failure, it removes the new files and restores the old ones. */
export async function writeFiles(
  files: readonly (readonly [path: string, content: FileContent])[],
  { replace }: WriteOptions,
): Promise<Delivery> {
  const written: string[] = [];
  const asides: { path: string; aside: string }[] = [];
  const delivery = {
    keep: async () => {
      for (const { aside } of asides) await rm(aside, { force: true });
    },
    takeBack: async () => {
      for (const path of written) await rm(path, { force: true });
      for (const { path, aside } of asides) await rename(aside, path);
    },
  };
  try {
    for (const [path, content] of files) {
      if (replace) {
        const aside = await moveAside(path);
        if (aside !== undefined) asides.push({ path, aside });
      }
      await createFile(path, content);
      written.push(path);
    }
    for (const directory of new Set(written.map((path) => dirname(path)))) await syncDirectory(directory);
    return delivery;
  } catch (error) {
    await delivery.takeBack();
    const path = files[written.length]?.[0] ?? '';
    throw systemCode(error) === 'EEXIST' ? fileExists(path) : ioError('write', path, error);
  }
}

// The name is always the same, so that the next command replaces what a killed one left.
async function moveAside(path: string): Promise<string | undefined> {
  const aside = `${path}.old`;
  try {
    if ((await lstat(path)).isDirectory())
      throw new KeywrightError('io', `cannot replace ${path}: it is a directory`);
    await rename(path, aside);
    return aside;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw ioError('replace', path, error);
  }
}

function fileExists(path: string): KeywrightError {
  return new KeywrightError('already-exists', `the file ${path} already exists`, {
    hint: 'name another with --output, or use --force to replace it and the credentials: the old ones stop working',
  });
}
