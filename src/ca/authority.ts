import { type KeyObject, randomBytes, X509Certificate } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { KeywrightError } from '../core/model/errors.js';
import { type KeyAlgorithm, makeKeyPair } from '../core/model/key-algorithm.js';
import { soundTime } from '../core/model/sound-time.js';
import { addDuration, type Timestamp, wholeSeconds } from '../core/model/time.js';
import type { CertificateAuthority } from '../core/ports/certificate-authority.js';
import { createFile, putInPlace, syncDirectory } from '../disk/durable-file.js';
import { prepareHome } from '../disk/home.js';
import { ioError, systemCode } from '../disk/io-error.js';
import { temporaryPath } from '../disk/temporary.js';
import { authorityFiles } from './read-authority.js';
import { type IssuingTerms, signingAuthority } from './signing-authority.js';
import { parseSubject } from './subject.js';
import { signCertificate, spki } from './x509.js';

export interface AuthorityRequest {
  /** `CN=…,O=…`; undefined for a name that keywright makes up. */
  readonly subject?: string | undefined;
  readonly algorithm: KeyAlgorithm;
  /** A duration: `10y`. */
  readonly validFor: string;
}

/** The CA that is made if the user does not choose. */
export const DEFAULT_AUTHORITY: AuthorityRequest = { algorithm: 'ec-p256', validFor: '10y' };

// What it issues begins before now as well, but never before the CA.
const BACKDATE_MS = 86_400_000;

/** A CA that is not in any home yet. */
export interface AuthorityDraft {
  readonly certificate: X509Certificate;
  readonly privateKey: KeyObject;
}

/** Makes a CA's key and certificate. @throws KeywrightError `invalid-input` if the subject or the validity is none */
export async function draftAuthority(
  { subject, algorithm, validFor }: AuthorityRequest,
  now: Timestamp,
): Promise<AuthorityDraft> {
  const start = wholeSeconds(soundTime(now));
  const notBefore = start - BACKDATE_MS;
  const notAfter = addDuration(start, validFor);
  const name = parseSubject(subject ?? `CN=keywright CA ${randomBytes(4).toString('hex')}`);
  const { publicKey, privateKey } = await makeKeyPair(algorithm);
  const template = {
    profile: 'ca' as const,
    subject: name,
    subjectKey: spki(publicKey),
    notBefore,
    notAfter,
    alternativeNames: [],
  };
  const { der } = signCertificate(template, { privateKey, own: undefined });
  return { certificate: new X509Certificate(der), privateKey };
}

/**
 * Puts a CA into a home. Its files appear together or not at all; if several processes try at once, one wins.
 * @throws KeywrightError `already-exists` if there is a CA already; `io` if it cannot be written
 */
export async function publishAuthority(
  home: string,
  { certificate, privateKey }: AuthorityDraft,
  terms: IssuingTerms = {},
): Promise<CertificateAuthority> {
  await prepareHome(home);
  const { directory } = authorityFiles(home);
  const draft = temporaryPath(directory);
  try {
    // The rename fails if the target is a directory that is not empty.
    await mkdir(draft, { mode: 0o700 });
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    await createFile(join(draft, 'key.pem'), { data: key, mode: 0o600 });
    await createFile(join(draft, 'cert.pem'), { data: certificate.toString(), mode: 0o644 });
    await syncDirectory(draft);
    await putInPlace(draft, directory);
  } catch (error) {
    await rm(draft, { recursive: true, force: true }).catch(() => undefined);
    const code = systemCode(error instanceof KeywrightError ? error.cause : error);
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw ioError('write the CA in', directory, error);
    throw new KeywrightError('already-exists', `the home ${home} has a CA already`, {
      hint: 'see it with: keywright ca show',
    });
  }
  return signingAuthority(certificate, privateKey, terms);
}
