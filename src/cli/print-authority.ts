import { authorityView } from '../core/manage/server-views.js';
import type { CertificateAuthority } from '../core/ports/certificate-authority.js';
import type { BaseCommand } from './base-command.js';
import { fields } from './table.js';

/** Prints the details of the CA. */
export function printAuthority(command: BaseCommand, authority: CertificateAuthority) {
  const view = authorityView(authority);
  const { subject, algorithm, serial, fingerprint, notBefore, expiresAt } = view;
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
  return view;
}
