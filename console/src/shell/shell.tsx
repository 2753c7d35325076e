import { Redirect, Route, Switch, useLocation } from 'wouter-preact';
import type { Me } from '../api/types.js';
import { held } from '../kit/hold.js';
import { Menu } from '../kit/menu.js';
import { prefer, usePreference } from '../kit/preferences.js';
import { useStore } from '../kit/store.js';
import { useAction } from '../kit/use-action.js';
import { useLive } from '../live/use-live.js';
import { PAGES } from '../pages.js';
import { signOut } from '../session/me.js';
import { Brand } from './brand.js';
import { LazyPage } from './lazy.js';
import { LiveState } from './live-state.js';
import { Navigation } from './navigation.js';
import { PageTitle } from './page-title.js';
import { Palette, paletteOpen } from './palette.js';
import { Shortcuts } from './shortcuts.js';

/** What surrounds every page: header, navigation, and the state of the connection. */
export function Shell({ me }: { me: Me }) {
  const isHeld = useStore(held);
  useLive(me);
  return (
    <div class="shell">
      <button type="button" class="skip" onClick={() => document.getElementById('content')?.focus()}>
        Skip to the page
      </button>
      <header class="top" inert={isHeld}>
        <Brand />
        <LiveState />
        <div class="buttons">
          <button type="button" class="quiet" onClick={() => paletteOpen.set(true)}>
            Go to… <kbd>Ctrl K</kbd>
          </button>
          <ThemeSwitch />
          <Account me={me} />
        </div>
      </header>
      <div inert={isHeld} class="side">
        <Navigation me={me} />
      </div>
      <main id="content" tabIndex={-1}>
        <Pages me={me} />
      </main>
      <Palette me={me} />
      <Shortcuts />
    </div>
  );
}

function Pages({ me }: { me: Me }) {
  return (
    <Switch>
      {PAGES.filter(({ forAdmins }) => me.admin || !forAdmins).map((entry) => (
        <Route key={entry.path} path={entry.path}>
          {(params) => <LazyPage key={JSON.stringify(params)} entry={entry} params={params} />}
        </Route>
      ))}
      <Route path="/first">
        <Redirect to="/" replace />
      </Route>
      <Route>
        <PageTitle title="No such page" />
        <p>There is nothing at this address, or not for you.</p>
      </Route>
    </Switch>
  );
}

function ThemeSwitch() {
  const theme = usePreference('theme');
  return (
    <Menu
      label={`Theme: ${theme}`}
      items={(['system', 'light', 'dark'] as const).map((each) => ({
        label: `${each === theme ? '✓ ' : ''}${each === 'system' ? 'As the system' : each === 'light' ? 'Light' : 'Dark'}`,
        run: () => prefer('theme', each),
      }))}
    >
      <span aria-hidden="true">◐</span>
    </Menu>
  );
}

function Account({ me }: { me: Me }) {
  const [, navigate] = useLocation();
  const { start } = useAction(signOut);
  return (
    <Menu
      label={`Signed in as ${me.user.id}`}
      items={[
        { label: 'My sessions', run: () => navigate('/sessions') },
        { label: 'Sign out', run: () => void start() },
      ]}
    >
      <bdi>{me.user.id}</bdi> <span aria-hidden="true">▾</span>
    </Menu>
  );
}
