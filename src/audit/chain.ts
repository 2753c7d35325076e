import { createHash } from 'node:crypto';
import { formatTime } from '../core/model/time.js';
import type { AuditActor, AuditEvent } from '../core/ports/audit-log.js';

/** The number and the hash of a line, which the next one continues. */
export interface ChainEnd {
  readonly seq: number;
  readonly hash: string;
}

/** The end before the first line. */
export const START: ChainEnd = { seq: 0, hash: '0'.repeat(64) };

/** The beginning of an action, a refused one, or the outcome of an action that began in line `of`. */
export type NewLine =
  | (AuditEvent & AuditActor & { readonly outcome: 'tried' | 'refused' })
  | (AuditEvent & AuditActor & { readonly outcome: 'done' | 'failed'; readonly of: number });

/**
 * Makes the next line of the log, chained to the line before.
 * @param opensFile true for the first line of a file behind older ones: it names the hash that it continues
 */
export function chainLine(
  { who, from, action, target, ...more }: NewLine,
  { at, end, opensFile }: { readonly at: number; readonly end: ChainEnd; readonly opensFile: boolean },
): { readonly line: string; readonly end: ChainEnd } {
  const seq = end.seq + 1;
  const text = JSON.stringify({
    ...{ seq, at: formatTime(at), who, from, action, target, ...more },
    ...(opensFile && { previous: end.hash }),
  });
  const hash = hashOf(text, end);
  return { line: `${text.slice(0, -1)},"hash":"${hash}"}`, end: { seq, hash } };
}

/** Finds the end behind a line; undefined if the line does not continue `end`. */
export function endBehind(line: string, end: ChainEnd): ChainEnd | undefined {
  const [, text, hash] = /^(.*),"hash":"([0-9a-f]{64})"\}$/.exec(line) ?? [];
  if (text === undefined || hash !== hashOf(`${text}}`, end)) return undefined;
  return { seq: end.seq + 1, hash };
}

/**
 * Tells if half a line is the beginning of the line behind `end`: a writer is about to write it, or was killed. Nobody was
 * told that such a line is in the log.
 */
export function isBegun(half: string, { seq }: ChainEnd): boolean {
  const next = `{"seq":${seq + 1},"at":"`;
  return half.startsWith(next) || next.startsWith(half);
}

function hashOf(text: string, { hash }: ChainEnd): string {
  return createHash('sha256').update(hash).update('\n').update(text).digest('hex');
}
