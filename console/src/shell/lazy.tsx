import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Note } from '../kit/note.js';
import { PAGES, type PageEntry, type PageProps } from '../pages.js';

const loaded = new Map<PageEntry, ComponentType<PageProps>>();

/** Shows a page as soon as its code is there. Its code is missing where the server was upgraded meanwhile. */
export function LazyPage({ entry, params }: { entry: PageEntry } & PageProps) {
  const [, redraw] = useState(0);
  const [failed, setFailed] = useState(false);
  const Page = loaded.get(entry);
  useEffect(() => {
    if (Page) return;
    setFailed(false);
    load(entry).then(
      () => redraw((count) => count + 1),
      () => setFailed(true),
    );
  }, [entry, Page]);
  if (Page) return <Page params={params} />;
  if (!failed) return <div class="page-skeleton" aria-hidden="true" />;
  return (
    <Note kind="error">
      This page could not be loaded: the server is away, or is a newer one now.
      <button type="button" class="small" onClick={() => location.reload()}>
        Reload
      </button>
    </Note>
  );
}

/** Loads the code of a page ahead of its being opened. */
export async function load(entry: PageEntry): Promise<void> {
  if (!loaded.has(entry)) loaded.set(entry, (await entry.load()).default);
}

/** Begins to load the code of the page at a path. */
export function loadFirst(path: string): void {
  const entry =
    PAGES.find((page) => page.path === path) ??
    PAGES.find((page) => page.path.endsWith('/:id') && path.startsWith(page.path.slice(0, -3)));
  if (entry) load(entry).catch(() => {});
}
