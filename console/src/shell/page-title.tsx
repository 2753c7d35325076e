import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';

/** The heading of a page, with its buttons. It names the browser's tab, and takes the focus after a step from another page. */
export function PageTitle({
  title,
  tab = title,
  children,
}: {
  title: ComponentChildren;
  /** The text for the tab, where the heading is more than one. */
  tab?: ComponentChildren;
  children?: ComponentChildren;
}) {
  useEffect(() => {
    document.title = `${String(tab)} · keywright`;
  }, [tab]);
  return (
    <header class="page-title">
      <h1 tabIndex={-1}>{title}</h1>
      {children && <div class="buttons">{children}</div>}
    </header>
  );
}
