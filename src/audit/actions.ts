import { KeywrightError } from '../core/model/errors.js';
import { parseTime, wholeSeconds } from '../core/model/time.js';
import type { AuditEntry, AuditPage, AuditPageRequest, AuditQuery } from '../core/ports/audit-log.js';
import type { LogFiles } from './log-files.js';

/** A line as it stands in the log. */
interface ReadLine extends Omit<AuditEntry, 'outcome'> {
  /** Before actions had outcomes, `begun` was all that was said of one that was done. */
  readonly outcome: 'tried' | 'begun' | AuditEntry['outcome'];
  /** The line that an outcome belongs to. */
  readonly of: number | undefined;
}

/**
 * Reads actions in the log, the newest first, each with what came of it, which the log has behind it.
 * @throws KeywrightError `store-corrupt` if a line cannot be read; `io`
 */
export async function readActions(
  files: LogFiles,
  { limit = Number.POSITIVE_INFINITY, before = Number.POSITIVE_INFINITY, ...query }: AuditPageRequest,
): Promise<AuditPage> {
  const entries: AuditEntry[] = [];
  const outcomes = new Map<number, AuditEntry['outcome']>();
  // Older logs have failures that do not name their action: it is the last like them that was done.
  const failures: Omit<AuditEntry, 'outcome'>[] = [];
  const { backwards } = await files.snapshot();
  for await (const text of backwards()) {
    const { of, outcome, ...line } = parseLine(text);
    if (of !== undefined) {
      if (!outcomes.has(of)) outcomes.set(of, outcome === 'failed' ? 'failed' : 'done');
      continue;
    }
    if (outcome === 'failed') {
      failures.push(line);
      continue;
    }
    let state = outcomes.get(line.seq) ?? STATES[outcome];
    outcomes.delete(line.seq);
    const failure = state === 'done' ? failures.findIndex((other) => isLike(line, other)) : -1;
    if (failure >= 0) {
      failures.splice(failure, 1);
      state = 'failed';
    }
    if (line.seq >= before || !isAskedFor(line, query)) continue;
    if (entries.length === limit) return { entries, next: entries.at(-1)?.seq };
    entries.push({ ...line, outcome: state });
  }
  return { entries, next: undefined };
}

const STATES = {
  tried: 'begun',
  begun: 'done',
  done: 'done',
  failed: 'failed',
  refused: 'refused',
} satisfies Record<ReadLine['outcome'], AuditEntry['outcome']>;

function isLike(one: Omit<AuditEntry, 'outcome'>, other: Omit<AuditEntry, 'outcome'>): boolean {
  return (['who', 'from', 'action', 'target'] as const).every((name) => one[name] === other[name]);
}

function isAskedFor(
  { at, who, action, target }: Omit<AuditEntry, 'outcome'>,
  { since = 0, until = Number.POSITIVE_INFINITY, ...asked }: AuditQuery,
): boolean {
  return (
    // The log has times to the second.
    at >= wholeSeconds(since) &&
    at <= until &&
    // `ann` is also user ann, `key` every action on keys, and a client’s id each of its API keys.
    isNamed(asked.actor, who, who.slice(who.indexOf(' ') + 1)) &&
    isNamed(asked.action, action, kindOf(action)) &&
    (asked.kinds?.includes(kindOf(action)) ?? true) &&
    isNamed(asked.target, target, target.split(':')[0])
  );
}

function kindOf(action: string): string {
  return action.split('.', 1)[0] ?? '';
}

function isNamed(asked: string | undefined, ...names: readonly (string | undefined)[]): boolean {
  return asked === undefined || names.includes(asked);
}

function parseLine(line: string): ReadLine {
  try {
    const { seq, at, who, from, action, target, outcome, of, hash } = JSON.parse(line);
    return {
      seq: Number(seq),
      at: parseTime(String(at)),
      who: String(who),
      // The first version wrote no `from`.
      from: String(from ?? 'local'),
      action: String(action),
      target: String(target),
      outcome: Object.hasOwn(STATES, outcome) ? outcome : 'begun',
      of: of === undefined ? undefined : Number(of),
      hash: String(hash),
    };
  } catch (error) {
    throw new KeywrightError('store-corrupt', 'the audit log has a line that is none of its own', {
      hint: 'see which with: keywright audit verify',
      cause: error,
    });
  }
}
