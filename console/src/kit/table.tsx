import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Page } from '../api/call.js';
import { announce } from './announce.js';
import type { ListState } from './list-state.js';
import { Failure } from './note.js';

export interface Column<Row> {
  readonly head: string;
  readonly cell: (row: Row) => ComponentChildren;
  /** The field that the server sorts by. */
  readonly sort?: string;
  /** Where room is short the others go first: `wide` below 1100 px, `wider` below 1400 px. On a phone each row is a card with all of them. */
  readonly only?: 'wide' | 'wider';
  /** Columns share the room evenly, except for these. */
  readonly size?: 'broad' | 'narrow';
}

/** What a list got from the server, as a query of TanStack has it. */
export interface Loaded<Row> {
  readonly data: Page<Row> | undefined;
  readonly error: unknown;
  readonly isFetching: boolean;
  readonly isPlaceholderData: boolean;
  refetch(): unknown;
}

export interface Selection {
  readonly ids: ReadonlySet<string>;
  readonly set: (ids: ReadonlySet<string>) => void;
}

/** A table whose rows the server pages, sorts and filters. It keeps its place while rows come: skeletons are as high as rows. */
export function Table<Row>({
  caption,
  columns,
  rows: { data, error, isFetching, isPlaceholderData, refetch },
  list,
  idOf,
  nameOf = idOf,
  selection,
  menu,
  empty,
  isFiltered,
}: {
  /** What the rows are, for those who hear the table. */
  caption: string;
  columns: readonly Column<Row>[];
  rows: Loaded<Row>;
  list: ListState;
  idOf: (row: Row) => string;
  nameOf?: (row: Row) => string;
  selection?: Selection;
  /** The menu of a row. */
  menu?: (row: Row) => ComponentChildren;
  /** What stands there if there is nothing at all: the command and the button for the first one. */
  empty: ComponentChildren;
  isFiltered: boolean;
}) {
  useEffect(() => {
    if (data && !isPlaceholderData) announce(`${countText(data, list.before)} of ${caption}`);
  }, [data, isPlaceholderData, caption, list.before]);
  if (error && !data) return <Failure error={error} retry={refetch} />;
  if (data && data.rows.length === 0 && list.before === 0 && !isFiltered)
    return <div class="empty">{empty}</div>;

  const width = columns.length + (selection ? 1 : 0) + (menu ? 1 : 0);
  return (
    <>
      {error ? <Failure error={error} retry={refetch} /> : null}
      <div class={`table-frame ${data ? '' : 'loading'}`} aria-busy={isFetching}>
        <table class={`fixed ${isPlaceholderData ? 'stale' : ''}`}>
          <caption class="sr">{caption}</caption>
          <thead>
            <tr>
              {selection && (
                <th class="check">
                  <SelectAll rows={data?.rows ?? []} idOf={idOf} selection={selection} caption={caption} />
                </th>
              )}
              {columns.map((column) => (
                <HeadCell key={column.head} column={column} list={list} />
              ))}
              {menu && (
                <th class="end">
                  <span class="sr">Actions</span>
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {!data && <SkeletonRows columns={columns} extra={width - columns.length} />}
            {data?.rows.map((row) => {
              const id = idOf(row);
              const selected = selection?.ids.has(id) ?? false;
              return (
                <tr key={id} aria-selected={selection ? selected : undefined}>
                  {selection && (
                    <td class="check">
                      <input
                        type="checkbox"
                        aria-label={`Select ${nameOf(row)}`}
                        checked={selected}
                        onChange={() => selection.set(toggled(selection.ids, id))}
                      />
                    </td>
                  )}
                  {columns.map(({ head, cell, only }) => (
                    <td key={head} class={only} data-label={head}>
                      {cell(row)}
                    </td>
                  ))}
                  {menu && <td class="end">{menu(row)}</td>}
                </tr>
              );
            })}
            {data?.rows.length === 0 && (
              <tr>
                <td colSpan={width} class="none">
                  Nothing matches.{' '}
                  <button type="button" class="small" onClick={() => list.set(cleared(list))}>
                    Clear the filters
                  </button>
                </td>
              </tr>
            )}
          </tbody>
        </table>
      </div>
      <Pager data={data} list={list} />
    </>
  );
}

function HeadCell<Row>({
  column: { head, sort, only, size },
  list,
}: {
  column: Column<Row>;
  list: ListState;
}) {
  const sorted = list.get('sort');
  const direction =
    sort && sorted === sort ? 'ascending' : sort && sorted === `-${sort}` ? 'descending' : undefined;
  return (
    <th class={`${only ?? ''} ${size ?? ''}`} scope="col" aria-sort={direction}>
      {sort ? (
        <button
          type="button"
          class="sort"
          onClick={() => list.set({ sort: direction === 'ascending' ? `-${sort}` : sort })}
        >
          {head}
          <span aria-hidden="true">
            {direction === 'ascending' ? '↑' : direction === 'descending' ? '↓' : '↕'}
          </span>
        </button>
      ) : (
        head
      )}
    </th>
  );
}

function SelectAll<Row>({
  rows,
  idOf,
  selection,
  caption,
}: {
  rows: readonly Row[];
  idOf: (row: Row) => string;
  selection: Selection;
  caption: string;
}) {
  const box = useRef<HTMLInputElement>(null);
  const chosen = rows.filter((row) => selection.ids.has(idOf(row))).length;
  const all = rows.length > 0 && chosen === rows.length;
  useEffect(() => {
    if (box.current) box.current.indeterminate = chosen > 0 && !all;
  });
  return (
    <input
      ref={box}
      type="checkbox"
      aria-label={`Select all ${caption} on this page`}
      checked={all}
      disabled={rows.length === 0}
      onChange={() => selection.set(new Set(all ? [] : rows.map(idOf)))}
    />
  );
}

/** Pages only lead on, so the way back is remembered: the address of each page that was come from. */
const trail = new Map<string, string>();

function Pager<Row>({ data, list }: { data: Page<Row> | undefined; list: ListState }) {
  if (!data || (list.before === 0 && !data.next))
    return <p class="pager muted">{data ? countText(data, 0) : '\u00a0'}</p>;
  const cursor = list.get('after') || list.get('before');
  return (
    <nav class="pager" aria-label="Pages of the list">
      <button
        type="button"
        disabled={list.before === 0}
        onClick={() => {
          const back = trail.get(cursor);
          if (back === undefined) list.set({});
          else list.set(JSON.parse(back));
        }}
      >
        {list.before > 0 && !trail.has(cursor) ? 'First page' : 'Previous'}
      </button>
      <span class="muted">{countText(data, list.before)}</span>
      <button
        type="button"
        disabled={!data.next}
        onClick={() => {
          const { after = '', before = '' } = data.next ?? {};
          const here = {
            after: list.get('after'),
            before: list.get('before'),
            from: String(list.before || ''),
          };
          trail.set(after || before, JSON.stringify(here));
          list.set({ after, before, from: String(list.before + data.rows.length) });
        }}
      >
        Next
      </button>
    </nav>
  );
}

function SkeletonRows<Row>({ columns, extra }: { columns: readonly Column<Row>[]; extra: number }) {
  const cells = [...columns.map(({ only }) => only), ...Array.from({ length: extra }, () => undefined)];
  return (
    <>
      {Array.from({ length: 12 }, (_, row) => (
        <tr key={row} class="skeleton">
          {cells.map((only, cell) => (
            <td key={cell} class={only}>
              <span />
            </td>
          ))}
        </tr>
      ))}
    </>
  );
}

const number = new Intl.NumberFormat('en');

function countText({ rows, total, next }: Page<unknown>, before: number): string {
  if (rows.length === 0) return 'none';
  if (before === 0 && !next) return `${number.format(rows.length)} in all`;
  const range = `${number.format(before + 1)}–${number.format(before + rows.length)}`;
  return total === undefined ? range : `${range} of ${number.format(total)}`;
}

function toggled(ids: ReadonlySet<string>, id: string): Set<string> {
  const next = new Set(ids);
  if (!next.delete(id)) next.add(id);
  return next;
}

function cleared({ query }: ListState): Record<string, string> {
  return Object.fromEntries(
    Object.keys(query).map((name) => [name, name === 'sort' ? (query.sort ?? '') : '']),
  );
}
