import { formatEnd, formatTime } from '../core/model/time.js';
import type { CertificateAuthority } from '../core/ports/certificate-authority.js';
import type { BaseCommand } from './base-command.js';
import { fields } from './table.js';

/** Prints the details of the CA. */
export function printAuthority(command: BaseCommand, authority: CertificateAuthority) {
  const { subject, algorithm, serial, fingerprint } = authority;
  const notBefore = formatTime(authority.notBefore);
  const expiresAt = formatEnd(authority.notAfter);
  command.log(
    fields([
      ['subject', subject],
      ['algorithm', algorithm],
      ['serial', serial],
      ['SHA-256', fingerprint],
      ['valid from', notBefore],
      ['expires', expiresAt ?? 'never'],
    ]),
  );
  return { subject, algorithm, serial, fingerprint, notBefore, expiresAt };
}
