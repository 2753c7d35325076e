import { fstatSync } from 'node:fs';

/** Tells if what is written to standard output is kept in systemd's journal (systemd.exec(5), JOURNAL_STREAM). */
export function isJournalled({ JOURNAL_STREAM }: NodeJS.ProcessEnv): boolean {
  if (JOURNAL_STREAM === undefined) return false;
  try {
    const { dev, ino } = fstatSync(1, { bigint: true });
    return JOURNAL_STREAM === `${dev}:${ino}`;
  } catch {
    return false;
  }
}
