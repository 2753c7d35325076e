import type { KeyObject } from 'node:crypto';
import {
  type CertificateHolder,
  type HeldCertificate,
  type Withdrawal,
  withdraw,
} from '../model/certificate.js';
import { keyAlgorithmOf } from '../model/key-algorithm.js';
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

const SERVER = { kind: 'server', id: 'server' } as const;

/** Registers the certificate of this home's TLS server in place of the one before. */
export async function registerServerCertificate(
  { changes, clock }: Pick<Management, 'changes' | 'clock'>,
  issued: Omit<NewCertificate, 'holder'>,
): Promise<void> {
  const certificate = newCertificate({ ...issued, holder: SERVER });
  await changes.change(null, async (records) => {
    await withdrawAll(records, SERVER, { at: clock.now(), reason: 'replaced' });
    records.put('certificate', certificate);
  });
}
