import type { ComponentChildren } from 'preact';
import { useId, useState } from 'preact/hooks';

/** Tabs as the ARIA practices have them: one stop, arrows between them. */
export function Tabs({
  label,
  tabs,
}: {
  label: string;
  tabs: readonly { readonly name: string; readonly content: ComponentChildren }[];
}) {
  const [chosen, setChosen] = useState(0);
  const id = useId();
  const go = (event: KeyboardEvent, step: number) => {
    const next = (chosen + step + tabs.length) % tabs.length;
    setChosen(next);
    event.preventDefault();
    document.getElementById(`${id}-${next}`)?.focus();
  };
  return (
    <div class="tabs">
      <div role="tablist" aria-label={label}>
        {tabs.map(({ name }, index) => (
          <button
            key={name}
            type="button"
            role="tab"
            id={`${id}-${index}`}
            aria-selected={index === chosen}
            aria-controls={`${id}-panel`}
            tabIndex={index === chosen ? 0 : -1}
            onClick={() => setChosen(index)}
            onKeyDown={(event) => {
              if (event.key === 'ArrowRight') go(event, 1);
              if (event.key === 'ArrowLeft') go(event, -1);
            }}
          >
            {name}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${chosen}`}>
        {tabs[chosen]?.content}
      </div>
    </div>
  );
}
