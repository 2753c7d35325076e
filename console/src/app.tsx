import { QueryClientProvider, useQuery } from '@tanstack/preact-query';
import { Route, Router, Switch } from 'wouter-preact';
import { call } from './api/call.js';
import { announcement } from './kit/announce.js';
import { held, sayHeld } from './kit/hold.js';
import { Failure } from './kit/note.js';
import { useStore } from './kit/store.js';
import { FirstVisitPage } from './session/first-visit-page.js';
import { queries, useMe } from './session/me.js';
import { SignInDialog } from './session/sign-in-dialog.js';
import { SignInPage } from './session/sign-in-page.js';
import { Shell } from './shell/shell.js';

/** The whole console. */
export function App() {
  return (
    <QueryClientProvider client={queries}>
      <Router
        base="/console"
        aroundNav={(navigate, to, options) => {
          if (held.get()) sayHeld();
          else navigate(to, options);
        }}
      >
        <Entrance />
      </Router>
      <LiveRegion />
    </QueryClientProvider>
  );
}

function Entrance() {
  const { data: me, error, refetch } = useMe();
  const { data: first } = useQuery({
    queryKey: ['first-user'],
    enabled: me === null,
    queryFn: () => call('get', '/api/v1/first-user', { unasked: true }),
  });
  if (me)
    return (
      <>
        <Shell me={me} />
        <SignInDialog user={me.user.id} />
      </>
    );
  if (error)
    return (
      <main class="alone">
        <Failure error={error} retry={refetch} />
      </main>
    );
  if (me === undefined) return null;
  if (first === undefined) return null;
  return (
    <Switch>
      {first.needed && <Route path="/first" component={FirstVisitPage} />}
      <Route>
        <SignInPage firstVisit={first.needed} />
      </Route>
    </Switch>
  );
}

function LiveRegion() {
  return (
    <div class="sr" aria-live="polite">
      {useStore(announcement)}
    </div>
  );
}
