import { KeywrightError } from '../model/errors.js';
import type { PlaceInOrder } from '../ports/key-store.js';

/** What lists may be sorted by. */
export type SortKey = 'id' | 'createdAt' | 'expiresAt' | 'lastUsedAt';

/** The order of a list, and where it goes on. */
export interface Sort {
  readonly by: SortKey;
  readonly isDescending: boolean;
  readonly after: PlaceInOrder | undefined;
}

/** Reads an order, and the place after which the list goes on in it. @throws KeywrightError `invalid-input` */
export function parseSort(text: string, after: string | undefined, sorts: readonly SortKey[]): Sort {
  const isDescending = text.startsWith('-');
  const by = sorts.find((each) => each === (isDescending ? text.slice(1) : text));
  if (by === undefined)
    throw new KeywrightError('invalid-input', `cannot be sorted by ${JSON.stringify(text.slice(0, 80))}`, {
      hint: `sort is ${sorts.join(', ')}, with - in front for the other way round`,
    });
  return { by, isDescending, after: after === undefined ? undefined : parsePlace(after, text) };
}

/** Makes the text of a place: in the order of ids it is an id, in another one it holds for that one alone. */
export function formatPlace({ value, id }: PlaceInOrder, sort: Sort | undefined): string {
  if (sort === undefined || sort.by === 'id') return id;
  return Buffer.from(JSON.stringify([sortText(sort), value, id])).toString('base64url');
}

function parsePlace(after: string, sort: string): PlaceInOrder {
  if (sort === 'id' || sort === '-id') return { value: 0, id: after };
  const [by, value, id, ...others] = placeParts(after);
  if (by === sort && typeof value === 'number' && typeof id === 'string' && others.length === 0)
    return { value, id };
  throw new KeywrightError('invalid-input', `after is not what a page that is sorted by ${sort} ended with`);
}

function placeParts(after: string): unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(after, 'base64url').toString());
    return Array.isArray(parts) ? parts : [];
  } catch {
    return [];
  }
}

function sortText({ by, isDescending }: Pick<Sort, 'by' | 'isDescending'>): string {
  return isDescending ? `-${by}` : by;
}
