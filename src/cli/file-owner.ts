import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { KeywrightError } from '../core/model/errors.js';
import { parseSignedToken } from '../core/model/signed-token.js';
import { statOptional } from '../disk/durable-file.js';
import { ioError } from '../disk/io-error.js';
import { readArchived } from './unzip.js';

/** What is in the files of a client, by which they are told from those of others. */
type OwnedKind = 'certificate' | 'privateKey' | 'token' | 'archive' | 'secret';

/** A file that a command may replace. */
export interface Replaceable {
  readonly path: string;
  readonly kind: OwnedKind;
}

interface Found extends Replaceable {
  readonly data: Buffer;
}

export interface OwnerOptions {
  readonly clientId: string;
  /** Tells if a public key (SubjectPublicKeyInfo, DER, base64) is or was the client's. */
  readonly isClientKey: (publicKey: string) => Promise<boolean>;
  /** True if files of the client are replaced. */
  readonly replace: boolean;
}

// A bundle is a few kilobytes.
const LONGEST_FILE = 1_000_000;

/**
 * Refuses to replace what is not the client's own: the files of another client, and any other file.
 * @throws KeywrightError `already-exists` that names the first such file
 */
export async function requireOwnFiles(
  files: readonly Replaceable[],
  { clientId, isClientKey, replace }: OwnerOptions,
): Promise<void> {
  const found: Found[] = [];
  for (const file of files) {
    const data = await readExisting(file.path);
    if (data !== undefined) found.push({ ...file, data });
  }
  const isOwn = await ownership(found, { clientId, isClientKey });
  for (const { path, kind, data } of found) {
    const owner = ownerOf({ kind, data });
    if (replace && (data.length === 0 || (await isOwn({ kind, data })))) continue;
    throw (await isOwn({ kind, data })) ? fileExists(path) : notOwn(path, { clientId, owner });
  }
}

/** Refuses to replace any file. @throws KeywrightError `already-exists` that names the first file that exists */
export async function refuseExisting(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    if ((await statOptional(path, 'write')) !== undefined)
      throw new KeywrightError('already-exists', `the file ${path} already exists`, ELSEWHERE);
  }
}

const ELSEWHERE = { hint: 'name another place with --output, or move that file away' };

async function ownership(
  found: readonly Found[],
  { clientId, isClientKey }: Pick<OwnerOptions, 'clientId' | 'isClientKey'>,
) {
  const certificates = found
    .filter(({ kind }) => kind === 'certificate')
    .map(({ data }) => certificateOf(data));
  const isOwn = async ({ kind, data }: Omit<Found, 'path'>): Promise<boolean> => {
    if (kind !== 'privateKey') return ownerOf({ kind, data }) === clientId;
    const publicKey = publicKeyOf(data);
    if (publicKey === undefined) return false;
    const its = certificates.find((each) => each !== undefined && keyOf(each) === publicKey);
    return its === undefined ? isClientKey(publicKey) : clientOf(its) === clientId;
  };
  // A password says nothing of its client: it is whose the files beside it are.
  const others = found.filter(({ kind, data }) => kind !== 'secret' && data.length > 0);
  const areOwn = others.length > 0 && (await Promise.all(others.map(isOwn))).every(Boolean);
  return async (file: Omit<Found, 'path'>) => (file.kind === 'secret' ? areOwn : isOwn(file));
}

function ownerOf({ kind, data }: Omit<Found, 'path'>): string | undefined {
  switch (kind) {
    case 'certificate': {
      const certificate = certificateOf(data);
      return certificate && clientOf(certificate);
    }
    case 'token':
      return parseSignedToken(data.toString().trim())?.clientId;
    case 'archive': {
      const token = readArchived(data, (name) => name.endsWith('_token'));
      return token && parseSignedToken(token.toString().trim())?.clientId;
    }
    case 'privateKey':
    case 'secret':
      return undefined;
  }
}

function certificateOf(data: Buffer): X509Certificate | undefined {
  try {
    return new X509Certificate(data);
  } catch {
    return undefined;
  }
}

/** Finds the client that a certificate names. */
export function clientOf({ subjectAltName }: X509Certificate): string | undefined {
  return /(?:^|, )URI:urn:keywright:client:([^,"]+)(?:,|$)/.exec(subjectAltName ?? '')?.[1];
}

function publicKeyOf(data: Buffer): string | undefined {
  try {
    return createPublicKey(createPrivateKey(data)).export({ type: 'spki', format: 'der' }).toString('base64');
  } catch {
    return undefined;
  }
}

function keyOf({ publicKey }: X509Certificate): string {
  return publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
}

async function readExisting(path: string): Promise<Buffer | undefined> {
  const found = await statOptional(path, 'write');
  if (found === undefined) return undefined;
  try {
    if (!found.isFile()) throw new KeywrightError('io', `cannot replace ${path}: it is no file`);
    return found.size > LONGEST_FILE ? Buffer.from('too long') : await readFile(path);
  } catch (error) {
    throw ioError('replace', path, error);
  }
}

function fileExists(path: string): KeywrightError {
  return new KeywrightError('already-exists', `the file ${path} already exists`, {
    hint: 'name another with --output, or use --force to replace it and the credentials: the old ones stop working',
  });
}

function notOwn(path: string, { clientId, owner }: { clientId: string; owner: string | undefined }) {
  const whose = owner === undefined ? `is not one of client ${clientId}` : `belongs to client ${owner}`;
  const other = basename(path).startsWith(clientId) ? `./${clientId}-new` : `./${clientId}`;
  return new KeywrightError('already-exists', `the file ${path} already exists, and ${whose}`, {
    hint: `name another prefix, as with --output ${other}, or move that file away`,
  });
}
