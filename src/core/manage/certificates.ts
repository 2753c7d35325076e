import type { KeyObject } from 'node:crypto';
import {
  type CertificateHolder,
  type HeldCertificate,
  isHeld,
  type Withdrawal,
  withdraw,
} from '../model/certificate.js';
import { keyAlgorithmOf } from '../model/key-algorithm.js';
import type { Timestamp } from '../model/time.js';
import type { CertificateAuthority, IssuedCertificate } from '../ports/certificate-authority.js';
import type { Records } from '../ports/unit-of-work.js';
import type { Management } from './management.js';
import type { Validity } from './validity.js';

export interface NewCertificate {
  readonly holder: CertificateHolder;
  readonly authority: CertificateAuthority;
  readonly issued: IssuedCertificate;
  readonly publicKey: KeyObject;
  readonly validity: Validity;
}

/** Makes the record of a new certificate. */
export function newCertificate({
  holder,
  authority,
  issued,
  publicKey,
  validity,
}: NewCertificate): HeldCertificate {
  const algorithm = keyAlgorithmOf(publicKey);
  if (algorithm === undefined) throw new TypeError('the certificate has a key of an unknown type');
  return {
    id: issued.serial,
    revision: 0,
    holder,
    issuer: authority.fingerprint,
    fingerprint: issued.fingerprint,
    key: { algorithm, publicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64') },
    notBefore: validity.notBefore,
    notAfter: validity.notAfter,
    withdrawn: null,
  };
}

/** Withdraws all certificates of a holder, and forgets those that have ended. */
export async function withdrawAll(
  records: Records,
  holder: CertificateHolder,
  withdrawal: Withdrawal,
): Promise<void> {
  for (const certificate of await records.certificatesOf(holder)) {
    if (certificate.notAfter <= withdrawal.at) records.delete('certificate', certificate.id);
    else if (certificate.withdrawn === null) records.put('certificate', withdraw(certificate, withdrawal));
  }
}

/** A certificate that gets a successor, and the time until which it holds beside it. */
export interface ReplacedCertificate {
  readonly certificate: HeldCertificate;
  readonly until: Timestamp;
}

/**
 * Replaces all certificates of a holder that hold. They go on until `until`, or to their own end if that comes first.
 * @returns those that held
 */
export async function replaceAll(
  records: Records,
  holder: CertificateHolder,
  { at, until }: { readonly at: Timestamp; readonly until: Timestamp },
): Promise<ReplacedCertificate[]> {
  const replaced: ReplacedCertificate[] = [];
  for (const certificate of await records.certificatesOf(holder)) {
    const end = Math.min(certificate.notAfter, certificate.replaced?.until ?? certificate.notAfter);
    if (certificate.notAfter <= at) records.delete('certificate', certificate.id);
    else if (!isHeld(certificate)) continue;
    else if (Math.min(end, until) <= at) {
      records.put('certificate', withdraw(certificate, { at: Math.min(end, at), reason: 'replaced' }));
      if (end > at) replaced.push({ certificate, until: at });
    } else {
      const ending = { at: certificate.replaced?.at ?? at, until: Math.min(end, until) };
      const next = { ...certificate, replaced: ending };
      records.put('certificate', next);
      replaced.push({ certificate: next, until: ending.until });
    }
  }
  return replaced;
}

/** Registers a certificate of this home's TLS server in place of the one before under the same name. */
export async function registerServerCertificate(
  { changes, clock }: Pick<Management, 'changes' | 'clock'>,
  { name, ...issued }: Omit<NewCertificate, 'holder'> & { readonly name: string },
): Promise<void> {
  const holder = { kind: 'server', id: name } as const;
  const certificate = newCertificate({ ...issued, holder });
  await changes.change(null, async (records) => {
    await withdrawAll(records, holder, { at: clock.now(), reason: 'replaced' });
    records.put('certificate', certificate);
  });
}
