import { createPrivateKey, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import type { NewCertificate } from '../core/manage/certificates.js';
import { KeywrightError } from '../core/model/errors.js';
import { makeKeyPair } from '../core/model/key-algorithm.js';
import { isUnsound, soundTime } from '../core/model/sound-time.js';
import { addDuration, formatTime, type Timestamp, wholeSeconds } from '../core/model/time.js';
import type {
  CertificateAuthority,
  ServerKeyAlgorithm,
  ServerName,
} from '../core/ports/certificate-authority.js';
import type { Clock } from '../core/ports/clock.js';
import { readOptional, replaceFile } from '../disk/durable-file.js';

/** A TLS server's certificate and key, PEM. */
export interface ServerLeaf {
  readonly certificate: string;
  readonly privateKey: string;
  readonly notAfter: Timestamp;
  /** It was made by this call. */
  readonly fresh: boolean;
}

export interface LeafOptions {
  readonly home: string;
  readonly authority: CertificateAuthority;
  readonly names: readonly ServerName[];
  /** Of its key; EC P-256 unless told. */
  readonly algorithm?: ServerKeyAlgorithm;
  readonly clock: Clock;
  /** Keeps a record of a certificate that was just issued. */
  readonly register: (issued: Omit<NewCertificate, 'holder'> & { readonly name: string }) => Promise<void>;
}

// Of their files, and of what they are registered as.
const NAMES = { 'ec-p256': 'server', 'rsa-2048': 'server-rsa' } satisfies Record<ServerKeyAlgorithm, string>;

// CA/Browser Forum baseline requirements, 6.3.2: clients refuse server certificates of more than 398 days.
const VALID_FOR = '397d';

/**
 * The server's certificate for these names: the one in the home while it is this CA's, covers them all and has at least
 * a third of its life left, else a new one. By a clock that is plainly wrong, the one in the home has no times.
 * @throws KeywrightError `ca-unusable` once the CA itself has ended; `wrong-clock` if one has to be made by such a clock
 */
export async function ensureServerLeaf({
  home,
  authority,
  names,
  algorithm = 'ec-p256',
  clock,
  register,
}: LeafOptions): Promise<ServerLeaf> {
  const path = join(home, `${NAMES[algorithm]}.pem`);
  const now = clock.now();
  const kept = usableLeaf(await readOptional(path), { authority, names, now });
  if (kept !== undefined) return kept;
  soundTime(now);
  if (now >= authority.notAfter) {
    throw new KeywrightError('ca-unusable', `the CA ended at ${formatTime(authority.notAfter)}`);
  }
  const notBefore = authority.beginningAt(now);
  const notAfter = Math.min(addDuration(wholeSeconds(now), VALID_FOR), authority.notAfter);
  const keys = await makeKeyPair(algorithm);
  const { publicKey } = keys;
  const issued = authority.issueServer({ names, publicKey, notBefore, notAfter });
  // Registered first: a certificate that nobody got is harmless, one that nothing knows of is not.
  await register({ name: NAMES[algorithm], authority, issued, publicKey, validity: { notBefore, notAfter } });
  const privateKey = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  // One file: no crash can part the key from its certificate.
  await replaceFile(path, { data: issued.pem + privateKey, mode: 0o600 });
  return { certificate: issued.pem, privateKey, notAfter, fresh: true };
}

function usableLeaf(
  text: string | undefined,
  {
    authority,
    names,
    now,
  }: { authority: CertificateAuthority; names: readonly ServerName[]; now: Timestamp },
): ServerLeaf | undefined {
  if (text === undefined) return undefined;
  try {
    const certificate = new X509Certificate(text);
    const key = createPrivateKey(text);
    const [notBefore, notAfter] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
    const root = new X509Certificate(authority.certificate);
    const renewAt = notAfter === authority.notAfter ? notAfter : notAfter - (notAfter - notBefore) / 3;
    const isInTime = isUnsound(now) || (now >= notBefore && now < renewAt);
    if (!isInTime || !certificate.checkPrivateKey(key)) return undefined;
    if (!certificate.verify(root.publicKey) || !names.every((name) => covers(certificate, name)))
      return undefined;
    return {
      certificate: certificate.toString(),
      privateKey: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
      notAfter,
      fresh: false,
    };
  } catch {
    // A leaf can always be made anew: a damaged one is no loss.
    return undefined;
  }
}

function covers(certificate: X509Certificate, { kind, value }: ServerName): boolean {
  return (kind === 'ip' ? certificate.checkIP(value) : certificate.checkHost(value)) !== undefined;
}
