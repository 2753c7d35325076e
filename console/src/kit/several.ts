import { messageOf } from '../api/api-error.js';
import type { LastUse } from '../api/types.js';
import { serverNow } from './clock.js';

/** What came of doing the same to several. */
export interface SeveralDone {
  readonly done: readonly string[];
  /** When all was done, in milliseconds by the server's clock. */
  readonly at: number;
  readonly failed: readonly { readonly id: string; readonly why: string }[];
}

/** Does the same to each. What fails for the only one is thrown; of several it is listed, and stops none of the others. */
export async function doToAll(
  ids: readonly string[],
  run: (id: string) => Promise<unknown>,
): Promise<SeveralDone> {
  const [only] = ids;
  if (only === undefined || ids.length > 1) return doToEach(ids, run);
  await run(only);
  return { done: ids, failed: [], at: serverNow() };
}

/** Four at a time. */
async function doToEach(ids: readonly string[], run: (id: string) => Promise<unknown>): Promise<SeveralDone> {
  const left = [...ids];
  const done: string[] = [];
  const failed: { id: string; why: string }[] = [];
  const worker = async () => {
    for (let id = left.shift(); id !== undefined; id = left.shift()) {
      try {
        await run(id);
        done.push(id);
      } catch (error) {
        failed.push({ id, why: messageOf(error) });
      }
    }
  };
  await Promise.all(Array.from({ length: 4 }, worker));
  return { done, failed, at: serverNow() };
}

/** Whether a thing was used within some days, as far as is known. */
export function isUsedWithin(days: number, { lastUsedAt }: Pick<LastUse, 'lastUsedAt'>): boolean {
  return lastUsedAt !== null && serverNow() - Date.parse(lastUsedAt) < days * 86_400_000;
}
