import DrawnTable from 'cli-table3';
import stringWidth from 'string-width';

/** A column of a table. Without `rank` it is always there, and whole. */
export interface Column<Row> {
  readonly head: string;
  of(row: Row, index: number): string;
  /** The order in which columns give way to a narrow terminal: the highest number goes first. */
  readonly rank?: number;
  /** The width to which its texts are cut before it goes; without it they stay whole. */
  readonly least?: number;
  /** True to leave it out if no row has anything in it. */
  readonly ifAny?: boolean;
}

export interface Table {
  readonly text: string;
  /** The heads of the columns that did not fit and have something to say. */
  readonly left: readonly string[];
}

// The date of a time in RFC 3339.
const DATE_WIDTH = 10;

/** What stands in a cell without a value. */
export const NONE = '-';

/** Makes a column of times, which are cut to their dates on a narrow terminal. */
export function timeColumn<Row>(
  head: string,
  {
    of,
    rank,
    ifAny = false,
  }: { readonly of: (row: Row) => string; readonly rank: number; readonly ifAny?: boolean },
): Column<Row> {
  return { head, of, rank, ifAny, least: DATE_WIDTH };
}

/** The width that a table may have: of the terminal, or of `COLUMNS`; without either, any. */
export function tableWidth({ wide = false }: { readonly wide?: boolean } = {}): number {
  if (wide) return Number.POSITIVE_INFINITY;
  const told = Number(process.env.COLUMNS);
  if (Number.isInteger(told) && told > 0) return told;
  return (process.stdout.isTTY && process.stdout.columns) || Number.POSITIVE_INFINITY;
}

/** Draws rows under the heads of their columns, ruled and without colour, in the width if that is possible. */
export function table<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number = tableWidth(),
): Table {
  const all = columns
    .map((column) => ({ ...columnOf(column, rows), ifAny: column.ifAny === true }))
    .filter(({ ifAny, isEmpty }) => !(ifAny && isEmpty));
  const shown = fitted(all, width);
  const left = all.filter(({ head, isEmpty }) => !isEmpty && !shown.some((each) => each.head === head));
  return { text: drawn(shown, rows.length), left: left.map(({ head }) => head) };
}

/** Prints names and values, one pair a line, with the values aligned. */
export function fields(pairs: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...pairs.map(([name]) => name.length));
  return pairs.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
}

interface Drawn {
  readonly head: string;
  readonly cells: readonly string[];
  readonly width: number;
  /** The least width; undefined if its texts stay whole. */
  readonly least: number;
  readonly rank: number;
  readonly isEmpty: boolean;
}

const STAYS = 0;
const ROWS_AT_ONCE = 100;

function columnOf<Row>({ head, of, rank = STAYS, least }: Column<Row>, rows: readonly Row[]): Drawn {
  const cells = rows.map((row, index) => printable(of(row, index)));
  const width = cells.reduce((most, cell) => Math.max(most, widthOf(cell)), widthOf(head));
  const isEmpty = cells.every((cell) => cell === NONE);
  return {
    ...{ head, cells, width, isEmpty },
    least: Math.min(width, Math.max(least ?? width, widthOf(head))),
    rank,
  };
}

/** Cuts columns, or leaves them out, until the rest fits. */
function fitted(columns: readonly Drawn[], width: number): readonly Drawn[] {
  const order = [...columns].sort((one, other) => other.rank - one.rank);
  if (lineWidth(columns.map((each) => each.width)) <= width) return columns;
  // A column that says nothing goes before anything else is cut.
  let shown = columns.filter(({ isEmpty, rank }) => !isEmpty || rank === STAYS);
  for (const next of order) {
    if (next.rank === STAYS || lineWidth(shown.map(({ least }) => least)) <= width) break;
    shown = shown.filter((each) => each !== next);
  }
  let excess = lineWidth(shown.map((each) => each.width)) - width;
  const cut = new Map<Drawn, Drawn>();
  for (const each of order.filter((column) => shown.includes(column))) {
    if (excess <= 0) break;
    const narrower = Math.max(each.least, each.width - excess);
    excess -= each.width - narrower;
    cut.set(each, { ...each, width: narrower, cells: each.cells.map((cell) => shortened(cell, narrower)) });
  }
  return shown.map((each) => cut.get(each) ?? each);
}

/** Draws columns in parts: for each row, the drawing looks at all rows that it was given. */
function drawn(columns: readonly Drawn[], count: number): string {
  const colWidths = columns.map(({ width }) => width + 2);
  const style = { head: [], border: [], compact: true };
  const lines: string[] = [];
  for (let from = 0; from === 0 || from < count; from += ROWS_AT_ONCE) {
    const head = from === 0 ? { head: columns.map((column) => column.head) } : {};
    const part = new DrawnTable({ ...head, colWidths, style });
    for (let row = from; row < Math.min(count, from + ROWS_AT_ONCE); row += 1)
      part.push(columns.map(({ cells }) => cells[row] ?? ''));
    const drawing = part.toString().split('\n');
    // The rules between two parts.
    if (from > 0) lines.pop();
    lines.push(...(from > 0 ? drawing.slice(1) : drawing));
  }
  return lines.join('\n');
}

/** Adds the rules and blanks around the cells. */
function lineWidth(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width + 3, 1);
}

// The general way takes a hundred times longer.
function widthOf(text: string): number {
  return /^[\x20-\x7e]*$/.test(text) ? text.length : stringWidth(text);
}

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;

function shortened(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  // A part of a time of day would be read as another one.
  if (TIME.test(text)) return text.slice(0, DATE_WIDTH);
  let kept = '';
  for (const character of text) {
    if (widthOf(kept + character) > width - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

/** Replaces control characters, which could move a terminal's cursor. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\ufffd');
}
