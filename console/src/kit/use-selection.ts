import { useState } from 'preact/hooks';

interface Row {
  readonly id: string;
}

/** The rows of a list that are selected, on other pages of it too. */
export interface Selection<T extends Row> {
  readonly rows: readonly T[];
  /** Selects these, and no others. */
  set(rows: readonly T[]): void;
  /** What a table takes. */
  readonly ofTable: { readonly ids: ReadonlySet<string>; set(ids: ReadonlySet<string>): void };
}

/** @param shown the rows of the page that is shown */
export function useSelection<T extends Row>(shown: readonly T[]): Selection<T> {
  const [rows, set] = useState<readonly T[]>([]);
  const select = (ids: ReadonlySet<string>) => {
    // What is shown is newer than what was selected before.
    const known = new Map([...rows, ...shown].map((row) => [row.id, row]));
    set([...known.values()].filter(({ id }) => ids.has(id)));
  };
  return { rows, set, ofTable: { ids: new Set(rows.map(({ id }) => id)), set: select } };
}
