import type { ListState } from './list-state.js';

/** One of some values, as a filter of a list. */
export function Choice({
  label,
  options,
  value,
  onChange,
}: {
  label: string;
  options: readonly (readonly [value: string, words: string])[];
  value: string;
  onChange: (value: string) => void;
}) {
  const isListed = options.some(([each]) => each === value);
  return (
    <select aria-label={label} value={value} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
      {!isListed && <option value={value}>{value}</option>}
      {options.map(([each, words]) => (
        <option key={each} value={each}>
          {words}
        </option>
      ))}
    </select>
  );
}

/** Filters that came by a link and have no control of their own, each with a button that takes it off. */
export function Chips({ list, names }: { list: ListState; names: Readonly<Record<string, string>> }) {
  return (
    <>
      {Object.entries(names).map(([name, words]) => {
        const value = list.get(name);
        if (value === '') return null;
        return (
          <button
            key={name}
            type="button"
            class="chip"
            aria-label={`Take off the filter ${words}: ${value}`}
            onClick={() => list.set({ [name]: '' })}
          >
            {words}: <bdi>{value}</bdi> <span aria-hidden="true">✕</span>
          </button>
        );
      })}
    </>
  );
}
