import type { IssuedClient } from '../core/manage/issue-client.js';
import { formatTime } from '../core/model/time.js';
import type { BaseCommand } from './base-command.js';

/** Says until when a new certificate holds, and what becomes of the one before. */
export function noticeIssued(command: BaseCommand, { client, certificates, replaced, isCut }: IssuedClient) {
  const [certificate] = certificates;
  if (certificate === undefined) return;
  command.notice(`client ${client.id} is valid until ${formatTime(certificate.notAfter)}`);
  if (isCut) command.notice('warning: that is the end of the CA, so the certificate is shorter than usual');
  for (const { certificate: former, until } of replaced) {
    const end = former.replaced ? `work until ${formatTime(until)}` : 'stopped working';
    command.notice(`the former certificate ${former.id} and its signed token ${end}`);
  }
  if (client.suspendedAt)
    command.notice(`client ${client.id} is suspended until: keywright key resume ${client.id}`);
}
