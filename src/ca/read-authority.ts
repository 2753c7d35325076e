import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CertificateAuthority } from '../core/ports/certificate-authority.js';
import { readOptional, statOptional } from '../disk/durable-file.js';
import { type HomeAccess, isOpenToOthers } from '../disk/home.js';
import { type IssuingTerms, signingAuthority } from './signing-authority.js';
import { unusable } from './unusable.js';

/** Names the files of a home's CA. */
export function authorityFiles(home: string) {
  const directory = join(home, 'ca');
  return { directory, certificateFile: join(directory, 'cert.pem'), keyFile: join(directory, 'key.pem') };
}

/**
 * Reads the CA of a home; undefined if none was ever made.
 * @throws KeywrightError `ca-unusable` if a file is missing, damaged or open to others, if the two do not belong together,
 * or if clients' certificates would not hold by this CA
 */
export async function readAuthority(
  home: string,
  { access, ...terms }: IssuingTerms & { readonly access?: HomeAccess } = {},
): Promise<CertificateAuthority | undefined> {
  const read = await readAuthorityKeys(home, access);
  return read && signingAuthority(read.certificate, read.privateKey, terms);
}

/** A CA's certificate and its private key, for whoever signs as that CA. The key is handed over in memory alone. */
export interface AuthorityKeys {
  readonly certificate: X509Certificate;
  readonly privateKey: KeyObject;
}

/** Reads the keys of a home's CA; undefined if none was ever made. @throws KeywrightError `ca-unusable` as `readAuthority` */
export async function readAuthorityKeys(
  home: string,
  access: HomeAccess = {},
): Promise<AuthorityKeys | undefined> {
  const { directory, certificateFile, keyFile } = authorityFiles(home);
  if ((await statOptional(directory)) === undefined) return undefined;
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
  const privateKey = readKey(keyPem, keyFile);
  if (!certificate.checkPrivateKey(privateKey)) {
    throw unusable(`the CA key ${keyFile} does not belong to the CA certificate ${certificateFile}`);
  }
  requireRoot(certificate, certificateFile);
  return { certificate, privateKey };
}

function readKey(pem: string, file: string): KeyObject {
  // PKCS#8 says it in its first line, older forms in a header.
  if (/^-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(pem)) {
    throw unusable(
      `the CA key ${file} is encrypted, and keywright asks for no passphrase`,
      `decrypt it with: umask 077; openssl pkey -in ${file} -out decrypted.pem && mv decrypted.pem ${file}`,
    );
  }
  return parsed(() => createPrivateKey(pem), `${file} is not a private key`);
}

const OWN_ROOT = 'keywright needs a root; it makes one with: keywright ca init, in a home without ca/';

/** Refuses a CA under which TLS would refuse every client, or the server. */
function requireRoot(certificate: X509Certificate, file: string): void {
  if (!certificate.ca) throw unusable(`${file} is not a CA certificate`);
  const name = nameOf(certificate.subject);
  if (!certificate.checkIssued(certificate) || !certificate.verify(certificate.publicKey)) {
    const issuer = nameOf(certificate.issuer);
    throw unusable(`${file} is an intermediate: ${issuer} issued the CA certificate of ${name}`, OWN_ROOT);
  }
  const uses: readonly string[] | undefined = certificate.keyUsage;
  if (uses && !uses.includes(ANY_USE) && !NEEDED_USES.every((use) => uses.includes(use)))
    throw unusable(`${file} limits what its certificates are for: not both servers and clients`, OWN_ROOT);
}

// RFC 5280 section 4.2.1.12.
const ANY_USE = '2.5.29.37.0';
const NEEDED_USES = ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'];

function nameOf(name: string | undefined): string {
  return JSON.stringify((name ?? '').replaceAll('\n', ', '));
}

function parsed<T>(parse: () => T, complaint: string): T {
  try {
    return parse();
  } catch (error) {
    throw unusable(complaint, undefined, error);
  }
}
