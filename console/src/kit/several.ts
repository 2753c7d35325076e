import { messageOf } from '../../api/api-error.js';

/** What came of doing the same to several. */
export interface SeveralDone {
  readonly done: readonly string[];
  readonly failed: readonly { readonly id: string; readonly why: string }[];
}

/** Does the same to each, four at a time, and lists what failed. One failure stops none of the others. */
export async function doToEach(
  ids: readonly string[],
  run: (id: string) => Promise<unknown>,
): Promise<SeveralDone> {
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
  return { done, failed };
}
