import { useCallback } from 'preact/hooks';
import { Chips, Choice } from './filters.js';
import type { ListState } from './list-state.js';
import { SearchField } from './search-field.js';

/** A filter that is one of some values: a parameter of the list, and what its values are called. */
export interface ListChoice {
  readonly label: string;
  readonly name: string;
  readonly options: readonly (readonly [value: string, words: string])[];
}

/** The ends by which clients and API keys are filtered. */
export const BY_END: ListChoice = {
  label: 'End',
  name: 'expiringWithin',
  options: [
    ['', 'Any end'],
    ['7d', 'Ends within 7 days'],
    ['30d', 'Ends within 30 days'],
    ['90d', 'Ends within 90 days'],
  ],
};

const NO_CHIPS = {};

/** The search and the filters of a list. */
export function ListToolbar({
  list,
  things,
  placeholder,
  choices,
  chips = NO_CHIPS,
}: {
  list: ListState;
  /** What is searched for: `keys`. */
  things: string;
  placeholder: string;
  choices: readonly ListChoice[];
  /** Parameters that a link may set and that have no control of their own. */
  chips?: Readonly<Record<string, string>>;
}) {
  const search = useCallback((text: string) => list.set({ search: text }), [list.set]);
  return (
    <search class="toolbar">
      <SearchField
        label={`Search for ${things}`}
        placeholder={placeholder}
        value={list.get('search')}
        onChange={search}
      />
      {choices.map(({ label, name, options }) => (
        <Choice
          key={name}
          label={label}
          options={options}
          value={list.get(name)}
          onChange={(value) => list.set({ [name]: value })}
        />
      ))}
      <Chips list={list} names={chips} />
    </search>
  );
}
