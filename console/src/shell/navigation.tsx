import { useState } from 'preact/hooks';
import { Link, useLocation } from 'wouter-preact';
import type { Me } from '../api/types.js';
import { PAGES } from '../pages.js';
import { load } from './lazy.js';

/** The pages that this user has. On a phone they are folded behind a button. */
export function Navigation({ me }: { me: Me }) {
  const [path] = useLocation();
  const [open, setOpen] = useState(false);
  return (
    <nav class="pages" aria-label="Pages" data-open={open}>
      <button
        type="button"
        class="pages-switch"
        aria-expanded={open}
        aria-controls="pages"
        onClick={() => setOpen(!open)}
      >
        Menu
      </button>
      <ul id="pages">
        {PAGES.filter(({ inNavigation, forAdmins }) => inNavigation && (me.admin || !forAdmins)).map(
          (page) => {
            const current =
              page.path === '/' ? path === '/' : path === page.path || path.startsWith(`${page.path}/`);
            return (
              <li key={page.path}>
                <Link
                  href={page.path}
                  aria-current={current ? 'page' : undefined}
                  onMouseEnter={() => void load(page).catch(() => {})}
                  onClick={() => setOpen(false)}
                >
                  {page.title}
                </Link>
              </li>
            );
          },
        )}
      </ul>
    </nav>
  );
}
