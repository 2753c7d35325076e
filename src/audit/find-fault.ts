import type { AuditCheck } from '../core/ports/audit-log.js';
import { endBehind, isBegun, START } from './chain.js';
import type { LogFiles, LostHead } from './log-files.js';

/** Looks for the first line that was changed, or is missing. @throws KeywrightError `io` */
export async function findFault(files: LogFiles): Promise<AuditCheck> {
  let snapshot = await files.snapshot();
  // The first writer may have made the head just now.
  if (snapshot.head === 'missing') snapshot = await files.snapshot();
  const { head } = snapshot;
  let end = START;
  const faultAt = (file: string, fault: string): AuditCheck => ({
    lines: end.seq,
    fault: { line: end.seq + 1, file, fault },
  });
  let newest = 'audit.log';
  let isNamed = typeof head === 'object' && head.hash === START.hash;
  for await (const { file, text, isWhole } of snapshot.lines()) {
    if (!isWhole && isBegun(text, end)) break;
    const behind = isWhole ? endBehind(text, end) : undefined;
    if (behind === undefined) return faultAt(file, isWhole ? CHANGED : NOT_WHOLE);
    end = behind;
    newest = file;
    // A killed writer may leave lines behind the one that the head names.
    isNamed ||= typeof head === 'object' && head.hash === end.hash;
  }
  if (isNamed || (head === 'missing' && end.seq === 0)) return { lines: end.seq, fault: undefined };
  return faultAt(newest, typeof head === 'string' ? LOST[head] : CUT_SHORT);
}

const CHANGED = 'was changed, or a line before it is missing or in another place';
const CUT_SHORT = 'is missing: the log was cut short';
const NOT_WHOLE = 'is none: something else stands behind the last line';
const LOST = {
  missing: 'may be missing: audit.head, which names the last line, is gone',
  damaged: 'may be missing: audit.head, which names the last line, is damaged',
} satisfies Record<LostHead, string>;
