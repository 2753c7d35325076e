import { join } from 'node:path';
import type { ToldEnds } from '../core/manage/ends.js';
import { readOptional, replaceFile } from '../disk/durable-file.js';
import { withLock } from '../disk/lock.js';

/**
 * Changes the record of which ends were told of. All servers of a home share it, so that each end is told of once.
 * @throws KeywrightError `io`, `store-busy`
 */
export async function changeToldEnds(home: string, change: (told: ToldEnds) => ToldEnds): Promise<void> {
  const path = join(home, 'told-ends.json');
  const rewrite = async () => {
    const before = (await readOptional(path)) ?? '{}';
    const after = JSON.stringify(Object.fromEntries(change(read(before))));
    if (after !== before) await replaceFile(path, { data: after, mode: 0o600 });
  };
  // Another server that holds the lock tells the same.
  await withLock(`${path}.lock`, rewrite, { patienceMs: 2_000 });
}

// A damaged file only makes the log tell some ends again.
function read(text: string): ToldEnds {
  try {
    const marks: [string, unknown][] = Object.entries(JSON.parse(text));
    return new Map(marks.flatMap(([name, mark]) => (typeof mark === 'number' ? [[name, mark]] : [])));
  } catch {
    return new Map();
  }
}
