import { createPrivateKey, type KeyObject, randomBytes, X509Certificate } from 'node:crypto';
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { wrongRequest } from '../core/manage/certification-request.js';
import { clientUrn } from '../core/model/client-id.js';
import { KeywrightError } from '../core/model/errors.js';
import { type KeyAlgorithm, keyAlgorithmOf, makeKeyPair } from '../core/model/key-algorithm.js';
import { addDuration, type Timestamp, wholeSeconds } from '../core/model/time.js';
import type {
  CertificateAuthority,
  ClientCertificateRequest,
  IssuedCertificate,
  ServerCertificateRequest,
} from '../core/ports/certificate-authority.js';
import { certificateFingerprint } from '../core/verify/presentation.js';
import { createFile, putInPlace, readOptional, syncDirectory } from '../disk/durable-file.js';
import { type HomeAccess, isOpenToOthers, prepareHome } from '../disk/home.js';
import { ioError, systemCode } from '../disk/io-error.js';
import { temporaryPath } from '../disk/temporary.js';
import { readRequest } from './request.js';
import { parseSubject } from './subject.js';
import { type AlternativeName, signCertificate } from './x509.js';

export interface AuthorityRequest {
  /** `CN=…,O=…`; undefined for a name that keywright makes up. */
  readonly subject?: string | undefined;
  readonly algorithm: KeyAlgorithm;
  /** A duration: `10y`. */
  readonly validFor: string;
}

/** The CA that is made if the user does not choose. */
export const DEFAULT_AUTHORITY: AuthorityRequest = { algorithm: 'ec-p256', validFor: '10y' };

/**
 * Reads the CA of a home; undefined if none was ever made.
 * @throws KeywrightError `ca-unusable` if a file is missing, damaged or open to others, or the two do not belong together
 */
export async function readAuthority(
  home: string,
  access: HomeAccess = {},
): Promise<CertificateAuthority | undefined> {
  const { directory, certificateFile, keyFile } = files(home);
  if (!(await exists(directory))) return undefined;
  const [certificatePem, keyPem] = [await readOptional(certificateFile), await readOptional(keyFile)];
  if (certificatePem === undefined) throw unusable(`the CA certificate ${certificateFile} is missing`);
  if (keyPem === undefined) throw unusable(`the CA key ${keyFile} is missing`);
  if (isOpenToOthers(await stat(keyFile), access)) {
    throw unusable(`the CA key ${keyFile} is open to other users`, `close it with: chmod 600 ${keyFile}`);
  }
  const certificate = parsed(
    () => new X509Certificate(certificatePem),
    `${certificateFile} is not a certificate`,
  );
  const privateKey = parsed(() => createPrivateKey(keyPem), `${keyFile} is not a private key`);
  if (!certificate.checkPrivateKey(privateKey)) {
    throw unusable(`the CA key ${keyFile} does not belong to the CA certificate ${certificateFile}`);
  }
  if (!certificate.ca) throw unusable(`${certificateFile} is not a CA certificate`);
  return authority(certificate, privateKey);
}

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
  const notBefore = wholeSeconds(now);
  const notAfter = addDuration(notBefore, validFor);
  const name = parseSubject(subject ?? `CN=keywright CA ${randomBytes(4).toString('hex')}`);
  const { publicKey, privateKey } = await makeKeyPair(algorithm);
  const template = {
    profile: 'ca' as const,
    subject: name,
    publicKey,
    notBefore,
    notAfter,
    alternativeNames: [],
  };
  return { certificate: signCertificate(template, { certificate: undefined, privateKey }), privateKey };
}

/**
 * Puts a CA into a home. Its files appear together or not at all; if several processes try at once, one wins.
 * @throws KeywrightError `already-exists` if there is a CA already; `io` if it cannot be written
 */
export async function publishAuthority(
  home: string,
  { certificate, privateKey }: AuthorityDraft,
): Promise<CertificateAuthority> {
  await prepareHome(home);
  const { directory } = files(home);
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
  return authority(certificate, privateKey);
}

function authority(certificate: X509Certificate, privateKey: KeyObject): CertificateAuthority {
  const issuer = { certificate, privateKey };
  const algorithm = keyAlgorithmOf(privateKey);
  if (algorithm === undefined) throw unusable('the CA key is of a type that keywright does not use');
  return {
    certificate: certificate.toString(),
    fingerprint: certificateFingerprint(certificate),
    subject: certificate.subject.replaceAll('\n', ', '),
    serial: certificate.serialNumber.toLowerCase(),
    notBefore: Date.parse(certificate.validFrom),
    notAfter: Date.parse(certificate.validTo),
    algorithm,
    issueClient(request) {
      // Whoever asks would hold the CA's private key, or has copied a request of its holder's.
      if (request.publicKey.equals(certificate.publicKey)) throw wrongRequest('has the key of the CA itself');
      return issued(signCertificate(clientTemplate(request), issuer));
    },
    readRequest,
    issueServer: (request) => issued(signCertificate(serverTemplate(request), issuer)),
  };
}

function clientTemplate({ clientId, publicKey, notBefore, notAfter }: ClientCertificateRequest) {
  const uri: AlternativeName = { kind: 'uri', value: clientUrn(clientId) };
  const names = isDnsName(clientId) ? [{ kind: 'dns' as const, value: clientId }, uri] : [uri];
  const subject = [{ type: 'CN' as const, value: clientId }];
  return { profile: 'client' as const, subject, publicKey, notBefore, notAfter, alternativeNames: names };
}

function serverTemplate({ names, publicKey, notBefore, notAfter }: ServerCertificateRequest) {
  const subject = [{ type: 'CN' as const, value: 'keywright server' }];
  return { profile: 'server' as const, subject, publicKey, notBefore, notAfter, alternativeNames: names };
}

// RFC 1123 section 2.1: letters, digits and inner hyphens in labels of at most 63.
function isDnsName(text: string): boolean {
  return text.split('.').every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label));
}

function issued(certificate: X509Certificate): IssuedCertificate {
  return {
    pem: certificate.toString(),
    serial: certificate.serialNumber.toLowerCase(),
    fingerprint: certificateFingerprint(certificate),
  };
}

function files(home: string) {
  const directory = join(home, 'ca');
  return { directory, certificateFile: join(directory, 'cert.pem'), keyFile: join(directory, 'key.pem') };
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw ioError('look at', path, error);
  }
}

function parsed<T>(parse: () => T, complaint: string): T {
  try {
    return parse();
  } catch (error) {
    throw new KeywrightError('ca-unusable', complaint, { hint: RESTORE, cause: error });
  }
}

const RESTORE = 'put it back from a backup: the CA is never made anew by itself';

function unusable(message: string, hint = RESTORE): KeywrightError {
  return new KeywrightError('ca-unusable', message, { hint });
}
