import { parseClientId } from '../model/client-id.js';
import { KeywrightError } from '../model/errors.js';
import { formatTime, parseSince, type Timestamp } from '../model/time.js';
import type { AuditCheck, AuditEntry, AuditPage, AuditReader } from '../ports/audit-log.js';
import { type Actor, requireAdmin } from './actor.js';
import { requireTheirs } from './clients.js';
import { MAX_PAGE, parseLimit } from './lists.js';
import type { Management } from './management.js';

/** What a part of the audit log is asked for, as texts. */
export interface AuditRequest {
  /** The first and the last moment: `24h` before now, or a time. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  readonly target?: string | undefined;
  readonly limit?: number | string | undefined;
  /** The number of the action before which the list goes on. */
  readonly before?: string | undefined;
}

type Auditing = Pick<Management, 'keyStore' | 'clock' | 'actor'> & { readonly audit: AuditReader };

/**
 * Lists what was done, the newest first. A member sees what was done to a client of theirs, which it names.
 * @throws KeywrightError `refused`, `not-found`, `invalid-input`; `store-corrupt` if a line cannot be read
 */
export async function listAudit(
  { keyStore, clock, actor, audit }: Auditing,
  { since, until, limit, before, ...named }: AuditRequest = {},
): Promise<AuditPage> {
  const now = clock.now();
  const moment = (text: string | undefined) => (text === undefined ? undefined : parseSince(text, now));
  if (before !== undefined && !/^[1-9]\d{0,14}$/.test(before))
    throw new KeywrightError('invalid-input', 'before is not the number of an action');
  const query = {
    ...{ ...named, since: moment(since), until: moment(until) },
    limit: limit === undefined ? MAX_PAGE : parseLimit(limit),
    before: before === undefined ? undefined : Number(before),
  };
  if (actor.kind !== 'member') return audit.page(query);
  const made = await ofTheirs({ keyStore, actor }, named.target);
  return audit.page({ ...query, since: Math.max(made, query.since ?? 0), kinds: ['key', 'client', 'token'] });
}

/** Looks at every line of the log, for admins. @throws KeywrightError `refused`, `io` */
export async function checkAudit({ actor, audit }: Pick<Auditing, 'actor' | 'audit'>): Promise<AuditCheck> {
  requireAdmin(actor);
  return audit.check();
}

// What a former client of that id did is not theirs, nor what a user of the same name did.
async function ofTheirs(
  { keyStore, actor }: { readonly keyStore: Management['keyStore']; readonly actor: Actor },
  target: string | undefined,
): Promise<Timestamp> {
  if (target === undefined)
    throw new KeywrightError(
      'refused',
      'a member sees what was done to one of its clients: name it as target',
    );
  const clientId = parseClientId(target.split(':', 1)[0] ?? '');
  return requireTheirs(await keyStore.clients.get(clientId), { clientId, actor }).createdAt;
}

/** Makes the view of an action, without the hash that chains its line. */
export function auditEntryView({ seq, at, who, from, action, target, outcome }: AuditEntry) {
  return { seq, at: formatTime(at), who, from, action, target, outcome };
}

/** Makes the view of a look at the whole log. */
export function auditCheckView({ lines, fault }: AuditCheck) {
  const { line = null, file = null, fault: what = null } = fault ?? {};
  return { whole: fault === undefined, lines, line, file, fault: what };
}
