import type { ComponentChildren } from 'preact';
import { useId, useRef, useState } from 'preact/hooks';

export interface MenuItem {
  readonly label: string;
  readonly run: () => void;
  readonly danger?: boolean;
}

/** A button with a menu in the browser's top layer, so that no table cuts it off. Arrows move in it, Escape and a click beside it close it. */
export function Menu({
  label,
  items,
  children = '⋯',
}: {
  /** What the button is for, with its object: "Actions for sensor-7". */
  label: string;
  items: readonly MenuItem[];
  children?: ComponentChildren;
}) {
  // A hundred rows have a hundred menus: what is in one is there while it is open.
  const [open, setOpen] = useState(false);
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const menu = useRef<HTMLDivElement>(null);
  const place = () => {
    if (!button.current || !menu.current) return;
    const { bottom, top, right } = button.current.getBoundingClientRect();
    const { offsetHeight, offsetWidth, style } = menu.current;
    const below = bottom + offsetHeight + 8 < innerHeight;
    style.top = `${below ? bottom + 4 : Math.max(4, top - offsetHeight - 4)}px`;
    style.left = `${Math.max(4, Math.min(right, innerWidth - 4) - offsetWidth)}px`;
  };
  const move = (event: KeyboardEvent) => {
    const all = [...(menu.current?.querySelectorAll('button') ?? [])];
    const at = all.indexOf(document.activeElement as HTMLButtonElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    all.at(to % all.length)?.focus();
  };
  return (
    <>
      <button
        type="button"
        ref={button}
        class="quiet"
        aria-label={label}
        aria-haspopup="menu"
        {...{ popovertarget: id }}
      >
        {children}
      </button>
      <div
        ref={menu}
        id={id}
        class="menu"
        role="menu"
        aria-label={label}
        popover="auto"
        onKeyDown={move}
        onBeforeToggle={({ newState }) => setOpen(newState === 'open')}
        onToggle={({ newState }) => {
          if (newState !== 'open') return;
          place();
          menu.current?.querySelector('button')?.focus();
        }}
      >
        {open &&
          items.map(({ label: text, run, danger }) => (
            <button
              key={text}
              type="button"
              role="menuitem"
              tabIndex={-1}
              class={danger ? 'bad' : undefined}
              onClick={() => {
                menu.current?.hidePopover();
                run();
              }}
            >
              {text}
            </button>
          ))}
      </div>
    </>
  );
}
