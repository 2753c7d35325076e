import { useCallback } from 'preact/hooks';
import { useSearchParams } from 'wouter-preact';

/** What a list shows. It is in the address of the page, so that it can be sent to a colleague. */
export interface ListState {
  /** A parameter of the address, or an empty text. */
  get(name: string): string;
  /** Changes parameters; an empty text takes one out. The list begins again at its first page, unless the page is what changes. */
  set(changes: Readonly<Record<string, string>>): void;
  /** The parameters that the server is asked with. */
  readonly query: Readonly<Record<string, string>>;
  /** How many rows come before this page. */
  readonly before: number;
}

/** Where a page of a list begins: never asked of the server. */
const FROM = 'from';

export function useListState(): ListState {
  const [params, setParams] = useSearchParams();
  const set = useCallback(
    (changes: Readonly<Record<string, string>>) => {
      setParams(
        (before) => {
          const next = new URLSearchParams(before);
          if (!(FROM in changes)) {
            next.delete('after');
            next.delete('before');
            next.delete(FROM);
          }
          for (const [name, value] of Object.entries(changes)) {
            if (value === '') next.delete(name);
            else next.set(name, value);
          }
          return next;
        },
        { replace: !(FROM in changes) },
      );
    },
    [setParams],
  );
  const { [FROM]: from, ...query } = Object.fromEntries(params);
  return { get: (name) => params.get(name) ?? '', set, query, before: Number(from) || 0 };
}
