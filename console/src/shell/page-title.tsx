import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

let isFirst = true;
let cameBack = false;
addEventListener('popstate', () => {
  cameBack = true;
});

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
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // As after the load of a page, at its top; the first one is left to the browser, and the place of one that was come back to.
    if (!isFirst) {
      (document.querySelector<HTMLElement>('main [autofocus]') ?? heading.current)?.focus({
        preventScroll: true,
      });
      if (!cameBack) scrollTo(0, 0);
    }
    isFirst = false;
    cameBack = false;
  }, []);
  return (
    <header class="page-title">
      <h1 tabIndex={-1} ref={heading}>
        {title}
      </h1>
      {children && <div class="buttons">{children}</div>}
    </header>
  );
}
