import { parse } from 'csv-parse/sync';
import { KeywrightError } from '../core/model/errors.js';
import { type Line, readLines } from './lines.js';

/** A line that names one thing by its id. */
export interface Row {
  /** Counted from 1. */
  readonly number: number;
  /** The values by their columns, without those that are empty; or the error that they cannot be read for. */
  readonly values: Readonly<Record<string, string>> | KeywrightError;
}

export interface RowOptions {
  /** The columns beside `id` that there may be; undefined for any. */
  readonly columns: readonly string[] | undefined;
}

const ID = 'id';

/**
 * Reads rows of a CSV file (RFC 4180, one row a line) whose first line names the columns, `id` among them; or of a file with one id a line.
 * @throws KeywrightError `invalid-input` if the first line names a column that is unknown, or no column `id`; `io`
 */
export async function* readRows(source: string, options: RowOptions): AsyncGenerator<Row[], void> {
  let columns: readonly string[] | undefined;
  for await (const lines of readLines(source)) {
    const [first, ...others] = lines;
    if (first === undefined) continue;
    const isHeader = columns === undefined && isHeaderLine(first);
    columns ??= isHeader ? headerOf(first, options) : [ID];
    const known = columns;
    yield (isHeader ? others : lines).map((line) => rowOf(line, known));
  }
}

function isHeaderLine({ text }: Line): boolean {
  if (typeof text !== 'string') return false;
  const names = columnNames(text);
  if (names.includes(ID)) return true;
  if (names.length === 1) return false;
  throw new KeywrightError('invalid-input', 'the first line names no column id', {
    hint: 'name the columns there, as id,label; or give one id a line',
  });
}

function headerOf({ text }: Line, { columns }: RowOptions): readonly string[] {
  const names = columnNames(String(text));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new KeywrightError('invalid-input', `the first line names the column ${quoted(twice)} twice`);
  const unknown = names.find((name) => name !== ID && columns && !columns.includes(name));
  if (unknown === undefined) return names;
  throw new KeywrightError('invalid-input', `there is no column ${quoted(unknown)}`, {
    hint: `columns are ${[ID, ...(columns ?? [])].join(', ')}`,
  });
}

function columnNames(text: string): string[] {
  return valuesOf(text).map((name) => name.toLowerCase().replaceAll('-', '_'));
}

function rowOf({ number, text }: Line, columns: readonly string[]): Row {
  if (typeof text !== 'string') return { number, values: text };
  try {
    const values = valuesOf(text);
    if (values.length !== columns.length) throw wrongCount(values.length, columns);
    const named = columns.map((name, index) => [name, values[index] ?? ''] as const);
    return { number, values: Object.fromEntries(named.filter(([, value]) => value !== '')) };
  } catch (error) {
    if (error instanceof KeywrightError) return { number, values: error };
    throw error;
  }
}

function wrongCount(count: number, columns: readonly string[]): KeywrightError {
  const values = count === 1 ? '1 value' : `${count} values`;
  return new KeywrightError('invalid-input', `the line has ${values} for ${columns.join(', ')}`, {
    hint:
      columns.length === 1
        ? 'the first line of a CSV file names the columns, as id,label'
        : 'a value with a comma is in quotes; one that is not given is empty',
  });
}

/** @throws KeywrightError `invalid-input` */
function valuesOf(text: string): string[] {
  // Nearly every line has no quotes, which takes a tenth of the time.
  if (!text.includes('"')) return text.split(',').map((value) => value.trim());
  try {
    const [values = []]: string[][] = parse(text, { trim: true, relax_column_count: true });
    return values;
  } catch {
    throw new KeywrightError('invalid-input', 'the line is not CSV: its quotes do not fit', {
      hint: 'a quote in a value is doubled, and the value is in quotes; a value ends on its line',
    });
  }
}

function quoted(name: string): string {
  return JSON.stringify(name.slice(0, 80));
}
