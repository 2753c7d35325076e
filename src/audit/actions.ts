import { KeywrightError } from '../core/model/errors.js';
import { parseTime, wholeSeconds } from '../core/model/time.js';
import type { AuditEntry, AuditQuery } from '../core/ports/audit-log.js';
import type { LogFiles } from './log-files.js';

/** A line as it stands in the log. */
interface ReadLine extends Omit<AuditEntry, 'outcome'> {
  /** Before actions had outcomes, `begun` was all that was said of one that was done. */
  readonly outcome: 'tried' | 'begun' | AuditEntry['outcome'];
  /** The line that an outcome belongs to. */
  readonly of: number | undefined;
}

/**
 * Reads the actions in the log, oldest first, each with what came of it.
 * @throws KeywrightError `store-corrupt` if a line cannot be read; `io`
 */
export async function readActions(files: LogFiles, query: AuditQuery): Promise<AuditEntry[]> {
  const found = new Map<number, AuditEntry>();
  const { lines } = await files.snapshot();
  for await (const { text, isWhole } of lines()) {
    if (!isWhole) break;
    const { of, outcome, ...line } = parseLine(text);
    const begin = outcome === 'failed' && of === undefined ? lastLike(line, found) : of;
    if (begin !== undefined) {
      const action = found.get(begin);
      if (action !== undefined)
        found.set(begin, { ...action, outcome: outcome === 'failed' ? 'failed' : 'done' });
    } else if (isAskedFor(line, query)) {
      found.set(line.seq, { ...line, outcome: STATES[outcome] });
    }
  }
  return [...found.values()];
}

const STATES = {
  tried: 'begun',
  begun: 'done',
  done: 'done',
  failed: 'failed',
  refused: 'refused',
} satisfies Record<ReadLine['outcome'], AuditEntry['outcome']>;

/** Finds the action of a failure that does not name it, as older logs have them. */
function lastLike(
  line: Omit<AuditEntry, 'outcome'>,
  found: ReadonlyMap<number, AuditEntry>,
): number | undefined {
  const isLike = (other: AuditEntry) =>
    (['who', 'from', 'action', 'target'] as const).every((name) => line[name] === other[name]);
  return [...found.values()].findLast((other) => other.outcome === 'done' && isLike(other))?.seq;
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
    isNamed(asked.action, action, action.split('.')[0]) &&
    isNamed(asked.target, target, target.split(':')[0])
  );
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
