import { formatTime } from '../core/model/time.js';
import type { CertificateAuthority } from '../core/ports/certificate-authority.js';

/** The CA as it is printed. */
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
