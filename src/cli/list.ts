import { once } from 'node:events';
import { Flags } from '@oclif/core';
import type { SortKey } from '../core/manage/list-sort.js';
import type { ListRequest, Page, Reading } from '../core/manage/lists.js';
import type { BaseCommand } from './base-command.js';
import { type Column, table, tableWidth } from './table.js';

// A person reads no more at once.
export const ON_TERMINAL = 100;

/** The flags of every list. */
export const LIST_FLAGS = {
  limit: Flags.integer({
    helpValue: 'COUNT',
    description: `the most to list, 1 to 1000 [default: ${ON_TERMINAL} on a terminal, otherwise all]`,
  }),
  after: Flags.string({
    helpValue: 'ID',
    description:
      'start after what the page before ended with: its last id, unless it is sorted by something else',
  }),
  wide: Flags.boolean({ description: 'show all columns in full, however narrow the terminal is' }),
};

/** The flag by which a list is sorted. */
export const sortFlag = (...sorts: readonly SortKey[]) =>
  Flags.string({
    helpValue: 'FIELD',
    description: `sort by ${sorts.join(', ')}; with - in front (--sort=-${sorts.at(-1)}) the other way round`,
  });

/** The flags by which a list is narrowed. */
export const FILTER_FLAGS = {
  owner: Flags.string({ helpValue: 'USER', description: 'only those of this user' }),
  label: Flags.string({
    helpValue: 'TEXT',
    description: 'only those with this label; * stands for anything',
  }),
  state: (states: readonly string[]) =>
    Flags.string({
      helpValue: 'STATE',
      description: `only those in this state, or these with commas: ${states.map((each) => each.replaceAll(' ', '-')).join(', ')}`,
    }),
  search: Flags.string({
    helpValue: 'TEXT',
    description: 'only those with this in the id, label, owner or the beginning of a key',
  }),
  'expiring-within': Flags.string({
    helpValue: 'DURATION',
    description: 'only those that end within 24h, 30d, …, or have ended',
  }),
};

interface GivenFlags {
  readonly limit?: number | undefined;
  readonly after?: string | undefined;
  readonly wide: boolean;
  readonly owner?: string | undefined;
  readonly label?: string | undefined;
  readonly state?: string | undefined;
  readonly search?: string | undefined;
  readonly sort?: string | undefined;
  readonly 'expiring-within'?: string | undefined;
}

interface List<T, View> {
  readonly flags: GivenFlags;
  read(request: ListRequest, reading: Reading): Promise<Page<T>>;
  /** Makes what shows one of the items. */
  viewOf(items: readonly T[]): ((item: T) => View) | Promise<(item: T) => View>;
  readonly columns: readonly Column<View>[];
  /** What is listed: `clients`. */
  readonly things: string;
  /** What is said if there are none. */
  readonly none: string;
}

/**
 * Prints a list: as JSON piece by piece, on a terminal its first page, otherwise all of it. What cannot be read is left out
 * and said, and the command fails.
 */
export async function printList<T, View>(
  command: BaseCommand,
  { flags, read, viewOf, columns, things, none }: List<T, View>,
): Promise<void> {
  const { limit, after, wide, sort, 'expiring-within': expiringWithin, ...filter } = flags;
  const { owner, label, state, search } = filter;
  const asked = { owner, label, state, search, expiringWithin };
  let isWhole = true;
  const isPaged = limit === undefined && !command.jsonEnabled() && process.stdout.isTTY === true;
  const request = { ...asked, sort, after, limit: isPaged ? ON_TERMINAL : limit };
  const { items, next, total } = await read(request, {
    isCounted: isPaged,
    unreadable(error) {
      isWhole = false;
      command.failed(error);
    },
  });
  const isNarrowed = after !== undefined || Object.values(asked).some((each) => each !== undefined);
  const no = isNarrowed ? `no such ${things}` : none;
  const rows = { columns, wide, none: isWhole ? no : 'nothing else can be read' };
  await printRows(command, items, await viewOf(items), rows);
  if (next === undefined || command.jsonEnabled()) return;
  const all = isPaged ? ` of ${total} ${things}` : '';
  command.notice(`these are ${items.length}${all}; go on with --after ${next}`);
}

interface Rows<View> {
  readonly columns: readonly Column<View>[];
  readonly wide: boolean;
  /** What is said if there are none. */
  readonly none: string;
}

/** Prints items as JSON piece by piece, or as a table. */
export async function printRows<T, View>(
  command: BaseCommand,
  items: readonly T[],
  view: (item: T) => View,
  { columns, wide, none }: Rows<View>,
): Promise<void> {
  if (command.jsonEnabled()) return writeJson(items, view);
  if (items.length === 0) return command.notice(none);
  const { text, left } = table(columns, items.map(view), tableWidth({ wide }));
  command.log(text);
  if (left.length > 0) command.notice(`not shown: ${left.join(', ')}; --wide shows all columns`);
}

const AT_ONCE = 100;

/** Writes an array like JSON.stringify with two blanks, but never holds its whole text. */
async function writeJson<T>(items: readonly T[], view: (item: T) => unknown): Promise<void> {
  for (let from = 0; from < items.length; from += AT_ONCE) {
    const views = items.slice(from, from + AT_ONCE).map(view);
    // Without the brackets of this part, and the line of the last one.
    const text = JSON.stringify(views, null, 2).slice(1, -2);
    if (!process.stdout.write(`${from === 0 ? '[' : ','}${text}`)) await once(process.stdout, 'drain');
  }
  process.stdout.write(items.length === 0 ? '[]\n' : '\n]\n');
}
