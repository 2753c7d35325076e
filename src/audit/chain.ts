import { createHash } from 'node:crypto';
import { KeywrightError } from '../core/model/errors.js';
import { formatTime, parseTime } from '../core/model/time.js';
import type { AuditEntry } from '../core/ports/audit-log.js';

/** The hash before the first line. */
export const GENESIS = '0'.repeat(64);

/** Makes the entry's line of the log, chained to the line before. */
export function chainLine(
  entry: Omit<AuditEntry, 'hash'>,
  previousHash: string,
): { line: string; hash: string } {
  const text = JSON.stringify({ ...entry, at: formatTime(entry.at) });
  const hash = createHash('sha256').update(previousHash).update('\n').update(text).digest('hex');
  return { line: `${text.slice(0, -1)},"hash":"${hash}"}`, hash };
}

/** A fault in a log, and its line. */
export interface ChainFault {
  /** Counted from 1. */
  readonly line: number;
  readonly fault: string;
}

export interface ChainEnd {
  readonly seq: number;
  readonly hash: string;
}

/** Follows the chain. @returns the first fault, or the end of the chain */
export function followChain(lines: readonly string[]): ChainFault | ChainEnd {
  let end: ChainEnd = { seq: 0, hash: GENESIS };
  for (const [index, line] of lines.entries()) {
    const [, text, hash] = /^(.*),"hash":"([0-9a-f]{64})"\}$/.exec(line) ?? [];
    const expected = createHash('sha256').update(end.hash).update('\n').update(`${text}}`).digest('hex');
    if (text === undefined || hash !== expected) {
      return { line: index + 1, fault: 'was changed, or a line before it is missing or in another place' };
    }
    end = { seq: end.seq + 1, hash };
  }
  return end;
}

/** Reads a line. @throws KeywrightError `store-corrupt` if it is malformed */
export function parseLine(line: string): AuditEntry {
  try {
    const { seq, at, who, from, action, target, outcome, hash } = JSON.parse(line);
    return {
      seq: Number(seq),
      at: parseTime(String(at)),
      who: String(who),
      // The first version wrote no `from`.
      from: String(from ?? 'local'),
      action: String(action),
      target: String(target),
      outcome: outcome === 'failed' || outcome === 'refused' ? outcome : 'begun',
      hash: String(hash),
    };
  } catch (error) {
    throw new KeywrightError('store-corrupt', 'the audit log has a line that is none of its own', {
      hint: 'see which with: keywright audit verify',
      cause: error,
    });
  }
}
