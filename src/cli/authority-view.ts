import { formatTime } from '../core/model/time.js';
import type { CertificateAuthority } from '../core/ports/certificate-authority.js';

/** Makes the printed view of the CA. */
export function authorityView({
  subject,
  algorithm,
  serial,
  fingerprint,
  notBefore,
  notAfter,
}: CertificateAuthority) {
  return {
    subject,
    algorithm,
    serial,
    fingerprint,
    notBefore: formatTime(notBefore),
    notAfter: formatTime(notAfter),
  };
}
