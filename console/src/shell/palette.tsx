import { keepPreviousData, useQuery } from '@tanstack/preact-query';
import { useEffect, useId, useState } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import { callPage } from '../api/call.js';
import type { Me } from '../api/types.js';
import { Dialog } from '../kit/dialog.js';
import { makeStore, useStore } from '../kit/store.js';
import { PAGES } from '../pages.js';

/** Whether the palette is open. */
export const paletteOpen = makeStore(false);

/** Ctrl+K: goes to a page, or to a client by a part of its id, label, owner or key. */
export function Palette({ me }: { me: Me }) {
  return useStore(paletteOpen) ? <OpenPalette me={me} /> : null;
}

interface Found {
  readonly name: string;
  readonly about: string;
  readonly href: string;
}

function OpenPalette({ me }: { me: Me }) {
  const [, navigate] = useLocation();
  const [text, setText] = useState('');
  const [asked, setAsked] = useState('');
  const [at, setAt] = useState(0);
  const id = useId();
  useEffect(() => {
    const timer = setTimeout(() => setAsked(text.trim()), 150);
    return () => clearTimeout(timer);
  }, [text]);
  const { data, error } = useQuery({
    queryKey: ['clients', 'found', asked],
    enabled: asked !== '',
    queryFn: ({ signal }) => callPage('/api/v1/clients', { query: { search: asked, limit: '8' }, signal }),
    placeholderData: keepPreviousData,
  });
  const pages: Found[] = PAGES.filter(
    ({ path, title, forAdmins }) =>
      !path.includes(':') &&
      (me.admin || !forAdmins) &&
      title.toLowerCase().includes(text.trim().toLowerCase()),
  ).map(({ path, title }) => ({ name: title, about: 'page', href: path }));
  const clients: Found[] = (text.trim() === '' ? [] : (data?.rows ?? [])).map(({ id: clientId, label }) => ({
    name: clientId,
    about: label ?? 'client',
    href: `/keys/${clientId}`,
  }));
  const found = [...pages, ...clients];
  const chosen = Math.min(at, found.length - 1);
  const close = () => paletteOpen.set(false);
  const go = (href: string | undefined) => {
    if (href === undefined) return;
    close();
    navigate(href);
  };
  return (
    <Dialog title="Go to" onClose={close}>
      <div class="palette">
        <input
          role="combobox"
          data-focus
          aria-label="A page or a client"
          aria-expanded="true"
          aria-controls={id}
          aria-activedescendant={chosen >= 0 ? `${id}-${chosen}` : undefined}
          placeholder="Page, client id, label, owner…"
          autocomplete="off"
          spellcheck={false}
          value={text}
          onInput={({ currentTarget }) => {
            setText(currentTarget.value);
            setAt(0);
          }}
          onKeyDown={(event) => {
            if (event.key === 'ArrowDown') setAt((chosen + 1) % Math.max(1, found.length));
            else if (event.key === 'ArrowUp') setAt((chosen - 1 + found.length) % Math.max(1, found.length));
            else if (event.key === 'Enter') go(found[chosen]?.href);
            else return;
            event.preventDefault();
          }}
        />
        <div role="listbox" id={id} aria-label="Found">
          {found.map(({ name, about, href }, index) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the combobox
            <div
              key={href}
              id={`${id}-${index}`}
              role="option"
              tabIndex={-1}
              aria-selected={index === chosen}
              onMouseMove={() => setAt(index)}
              onClick={() => go(href)}
            >
              <bdi>{name}</bdi>
              <bdi class="muted clip">{about}</bdi>
            </div>
          ))}
        </div>
        {found.length === 0 && (
          <p class="muted">{error ? 'The server could not be asked.' : 'Nothing is found.'}</p>
        )}
      </div>
    </Dialog>
  );
}
