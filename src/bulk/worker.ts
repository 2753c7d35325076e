import { X509Certificate } from 'node:crypto';
import { closeSync, constants, fchmodSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { signingAuthority } from '../ca/signing-authority.js';
import { makeWrittenKeys } from '../core/model/key-der.js';
import { signToken, textHash } from '../core/model/signed-token.js';
import type { Bundled, FileToWrite, MakeTask, Task, WorkerData, WriteTask } from './task.js';

// The thread that makes bundles and writes their files. Everything in it is synchronous: it has nothing else to do.
const { certificate, privateKey } = workerData as WorkerData;
const authority = signingAuthority(new X509Certificate(certificate), privateKey, {});

parentPort?.on('message', (task: Task) => {
  parentPort?.postMessage(task.do === 'make' ? make(task) : write(task));
});

function make({ clients }: MakeTask): Bundled[] {
  return clients.map(({ clientId, algorithm, notBefore, notAfter }) => {
    const keys = makeWrittenKeys(algorithm);
    const token = signToken(clientId, keys.privateKey);
    const { pem, serial, fingerprint } = authority.issueClient({
      ...{ clientId, publicKey: keys.publicKey, publicKeyDer: keys.publicKeyDer, notBefore, notAfter },
    });
    return {
      ...{ certificate: pem, privateKey: keys.privateKeyPem, token },
      ...{ serial, fingerprint, tokenId: textHash(token) },
      publicKey: keys.publicKeyDer.toString('base64'),
    };
  });
}

/** @returns what went wrong with each file; undefined if nothing did */
function write({ files, isAgain }: WriteTask): (string | undefined)[] {
  return files.map((file) => {
    try {
      writeOne(file, isAgain);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  });
}

function writeOne({ path, data, mode }: FileToWrite, isAgain: boolean): void {
  const file = openNew(path, { data, isAgain });
  try {
    const bytes = Buffer.from(data);
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    if (mode !== 0o600) fchmodSync(file, mode);
  } finally {
    closeSync(file);
  }
}

/** Opens a file that nobody else has: one that a killed run has written, in part or whole, is made anew. */
function openNew(
  path: string,
  { data, isAgain }: { readonly data: string; readonly isAgain: boolean },
): number {
  try {
    return openSync(path, 'wx', 0o600);
  } catch (error) {
    const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    if (!isThere || !isAgain || !data.startsWith(readAsItIs(path))) throw error;
    // Somebody else may have put it there meanwhile, or may read it.
    rmSync(path);
    return openSync(path, 'wx', 0o600);
  }
}

/** Reads a file that may be anything: through no link, and without waiting for a writer. */
function readAsItIs(path: string): string {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const file = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}
