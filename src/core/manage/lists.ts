import { KeywrightError } from '../model/errors.js';
import { addDuration, NEVER, type Timestamp } from '../model/time.js';
import { parseUserName } from '../model/user.js';
import type { PageQuery, PlaceInOrder, Unreadable } from '../ports/key-store.js';
import { formatPlace, parseSort, type Sort, type SortKey } from './list-sort.js';
import type { Management } from './management.js';
import { noSuchUser, requireUser } from './users.js';

/** What a list is asked for, as texts: by a query, by flags or by a program. Each list takes some of these. */
export interface ListRequest {
  /** The most that is listed: 1 to 1,000. */
  readonly limit?: number | string | undefined;
  /** Where the list goes on: the id, or for another order the place, after which it does. */
  readonly after?: string | undefined;
  readonly owner?: string | undefined;
  /** A label, in which `*` stands for any characters. */
  readonly label?: string | undefined;
  /** One or more states, with commas. */
  readonly state?: string | undefined;
  /** A part of an id, a label, an owner's name or a key's beginning, in any case. */
  readonly search?: string | undefined;
  /** What the list is sorted by; `-` in front turns it round. */
  readonly sort?: string | undefined;
  /** A duration, within which things end or have ended. */
  readonly expiringWithin?: string | undefined;
}

/** What a list is asked for, once it was checked. */
export interface ListQuery<State extends string = string> {
  readonly limit?: number | undefined;
  readonly after?: string | undefined;
  readonly owner?: string | undefined;
  readonly label?: ((label: string) => boolean) | undefined;
  readonly states?: ReadonlySet<State> | undefined;
  readonly endingBy?: Timestamp | undefined;
  /** In lower case. */
  readonly search?: string | undefined;
  readonly sort?: Sort | undefined;
}

/** The facts by which things are picked for a list. */
export interface Listable<State extends string = string> {
  readonly owner: string | null;
  readonly label?: string | null;
  readonly state?: State | undefined;
  readonly expiresAt?: Timestamp | undefined;
  /** What it is found by, besides its owner and its label. */
  readonly names?: readonly (string | null)[];
}

/** A part of a list, in the order of ids. */
export interface Page<T> {
  readonly items: readonly T[];
  /** What to go on after; undefined if nothing is left. */
  readonly next: string | undefined;
  /** The number of things on all pages; undefined if it was not asked for. */
  readonly total?: number | undefined;
}

/** How a list is read. */
export interface Reading {
  /** Counts what is on all pages, which may take longer than the page. */
  readonly isCounted?: boolean;
  /** Leaves out what cannot be read whole, and gets the errors. Without it, the first of them is thrown. */
  readonly unreadable?: Unreadable | undefined;
}

/** The most that one page has. */
export const MAX_PAGE = 1_000;

const MAX_AFTER_LENGTH = 200;
const MAX_SEARCH_LENGTH = 200;

/** What a list has. */
interface ListKind<State extends string> {
  /** The states that its things may have. */
  readonly states: readonly State[];
  readonly sorts: readonly SortKey[];
}

/**
 * Checks what a list is asked for. A member's list is of what is theirs.
 * @throws KeywrightError `invalid-input` that names what is wrong; `not-found` if there is no such owner
 */
export async function parseListRequest<State extends string>(
  { keyStore, clock, actor }: Pick<Management, 'keyStore' | 'clock' | 'actor'>,
  request: ListRequest,
  { states, sorts }: ListKind<State>,
): Promise<ListQuery<State>> {
  checkMembers(request);
  const { limit, after, owner, label, state, search, expiringWithin } = request;
  if (after !== undefined && (after === '' || after.length > MAX_AFTER_LENGTH))
    throw new KeywrightError('invalid-input', 'after is not an id');
  if (search !== undefined && search.length > MAX_SEARCH_LENGTH)
    throw new KeywrightError('invalid-input', `search has more than ${MAX_SEARCH_LENGTH} characters`);
  const sort = request.sort === undefined ? undefined : parseSort(request.sort, after, sorts);
  const query = {
    limit: limit === undefined ? undefined : parseLimit(limit),
    after: sort === undefined ? after : undefined,
    label: label === undefined ? undefined : labelPattern(label),
    states: state === undefined ? undefined : parseStates(state, states),
    endingBy: expiringWithin === undefined ? undefined : addDuration(clock.now(), expiringWithin),
    search: search?.toLowerCase(),
    sort,
  };
  const self = actor.kind === 'member' ? actor.userId : undefined;
  if (owner === undefined) return { ...query, owner: self };
  const user = parseUserName(owner);
  // Members get the same answer for another user as for an unknown one.
  if (self !== undefined && user !== self) throw noSuchUser(user);
  return { ...query, owner: (await requireUser(keyStore, user)).id };
}

/** Tells if a thing is one of those that are asked for. */
export function isListed<State extends string>(
  { owner, label, states, search, endingBy = NEVER }: ListQuery<State>,
  thing: Listable<State>,
): boolean {
  if (owner !== undefined && thing.owner !== owner) return false;
  if (label !== undefined && !(typeof thing.label === 'string' && label(thing.label))) return false;
  if (states !== undefined && !(thing.state !== undefined && states.has(thing.state))) return false;
  if (search !== undefined && !isFound(search, thing)) return false;
  return endingBy === NEVER || (thing.expiresAt ?? NEVER) <= endingBy;
}

function isFound(search: string, { owner, label, names = [] }: Listable): boolean {
  const has = (text: string | null | undefined) => text?.toLowerCase().includes(search) === true;
  return has(owner) || has(label) || names.some(has);
}

/** Tells if only some of the things are listed that there are. */
export function isNarrowed({ owner, label, states, search, endingBy }: ListQuery): boolean {
  return [owner, label, states, search, endingBy].some((each) => each !== undefined);
}

/** What one page is read with: one record more than it has, so that it is known whether anything is left. */
export function pageQuery<T>(
  { limit, after, sort }: Pick<ListQuery, 'limit' | 'after' | 'sort'>,
  rankOf: (by: SortKey) => (record: T) => number,
): Pick<PageQuery<T>, 'limit' | 'after' | 'order'> {
  const order = sort && { of: sort.by === 'id' ? () => 0 : rankOf(sort.by), ...sort };
  return { limit: limit === undefined ? undefined : limit + 1, after, order };
}

/** Makes a page of what was read: one more than the limit, if there is as much. */
export function pageOf<T>(
  read: readonly T[],
  { limit = Number.POSITIVE_INFINITY, sort }: Pick<ListQuery, 'limit' | 'sort'>,
  placeOf: (item: T, by: SortKey) => PlaceInOrder,
): Page<T> {
  if (read.length <= limit) return { items: read, next: undefined };
  const items = read.slice(0, limit);
  const last = items.at(-1);
  return { items, next: last && formatPlace(placeOf(last, sort?.by ?? 'id'), sort) };
}

/** Puts a list that is whole into the order of time. The pages of a longer one are in the order of ids. */
export function inOrderOfTime<T>(
  page: Page<T>,
  { after, sort }: Pick<ListQuery, 'after' | 'sort'>,
  timeOf: (item: T) => Timestamp,
): Page<T> {
  if (after !== undefined || sort !== undefined || page.next !== undefined) return page;
  return { ...page, items: [...page.items].sort((one, other) => timeOf(one) - timeOf(other)) };
}

const MEMBERS = ['limit', 'after', 'owner', 'label', 'state', 'search', 'sort', 'expiringWithin'];

// A program may pass on what somebody else asked for.
function checkMembers(request: ListRequest): void {
  for (const [name, value] of Object.entries(request)) {
    if (!MEMBERS.includes(name))
      throw new KeywrightError('invalid-input', `a list takes no ${JSON.stringify(name.slice(0, 80))}`, {
        hint: `it takes ${MEMBERS.join(', ')}`,
      });
    if (value !== undefined && typeof value !== 'string' && name !== 'limit')
      throw new KeywrightError('invalid-input', `${name} is not a text`);
  }
}

/** Reads how many are wanted. @throws KeywrightError `invalid-input` */
export function parseLimit(limit: number | string): number {
  const number = typeof limit === 'number' || /^\d{1,9}$/.test(limit) ? Number(limit) : Number.NaN;
  if (Number.isInteger(number) && number >= 1 && number <= MAX_PAGE) return number;
  throw new KeywrightError('invalid-input', `limit is not a number from 1 to ${MAX_PAGE}`, {
    hint: 'the rest is on further pages: go on after the last id of this one',
  });
}

/** Reads a label in which `*` stands for any characters. */
function labelPattern(text: string): (label: string) => boolean {
  const [first = '', ...others] = text.split('*');
  const last = others.pop();
  if (last === undefined) return (label) => label === first;
  return (label) => {
    if (label.length < first.length + last.length) return false;
    if (!label.startsWith(first) || !label.endsWith(last)) return false;
    const end = label.length - last.length;
    let at = first.length;
    for (const part of others) {
      const found = label.indexOf(part, at);
      if (found < 0 || found + part.length > end) return false;
      at = found + part.length;
    }
    return true;
  };
}

function parseStates<State extends string>(text: string, states: readonly State[]): ReadonlySet<State> {
  return new Set(text.split(',').map((each) => parseState(each.trim(), states)));
}

function parseState<State extends string>(text: string, states: readonly State[]): State {
  const state = states.find((each) => each === text || each.replaceAll(' ', '-') === text);
  if (state !== undefined) return state;
  throw new KeywrightError('invalid-input', `there is no state ${JSON.stringify(text.slice(0, 80))}`, {
    hint: `states are ${states.map((each) => each.replaceAll(' ', '-')).join(', ')}`,
  });
}
