import { serverAnswered } from '../api/server-away.js';
import type { Overview, Refusal } from '../api/types.js';
import { announce } from '../kit/announce.js';
import { setClock } from '../kit/clock.js';
import { makeStore } from '../kit/store.js';
import { queries } from '../session/me.js';
import { signedInAgain } from '../session/sign-in-again.js';
import { queriesOf } from './changed.js';

/** `off` before the first try and after signing out; `on` while events come; `away` while the server does not answer. */
export const streamState = makeStore<'off' | 'on' | 'away'>('off');

/** True once the server says that it is another build than the page came from. */
export const newerServer = makeStore(false);

/** The refusals that came since the page was opened, newest first, and how many more there were than the server sent. */
export const refusals = makeStore<{ readonly rows: readonly Refusal[]; readonly suppressed: number }>({
  rows: [],
  suppressed: 0,
});

type Minute = NonNullable<Overview['verdicts']>['minutes'][number];

/** The counts of the current minute. */
export const currentMinute = makeStore<Minute | undefined>(undefined);

const KEPT_REFUSALS = 200;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
// Browsers open six connections to a server, for all of their tabs: one that nobody sees gives its own back.
const UNSEEN_MS = 10_000;

/** Follows the server until it is stopped. It comes back by itself after the server was away, a little later each time. */
export function followServer(build: string): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let unseen: ReturnType<typeof setTimeout> | undefined;
  let pause = FIRST_PAUSE_MS;
  let stopped = false;
  let resting = false;

  const open = () => {
    source = new EventSource('/api/v1/events');
    const on = <Data>(name: string, heard: (data: Data) => void) =>
      source?.addEventListener(name, (event) => heard(JSON.parse((event as MessageEvent<string>).data)));
    on<{ build: string; time: string }>('hello', (hello) => {
      pause = FIRST_PAUSE_MS;
      setClock(hello.time);
      serverAnswered(true);
      newerServer.set(hello.build !== build);
      if (streamState.get() === 'away') announce('The server is back.');
      // What happened meanwhile was not heard.
      if (streamState.get() === 'away' || resting) void queries.invalidateQueries();
      resting = false;
      streamState.set('on');
    });
    on<Minute>('verdicts', (minute) => currentMinute.set(minute));
    on<Refusal>('refused', (refusal) => {
      const { rows, suppressed } = refusals.get();
      if (rows.some(({ id }) => id === refusal.id)) return;
      refusals.set({ rows: [refusal, ...rows].slice(0, KEPT_REFUSALS), suppressed });
    });
    on<{ count: number }>('suppressed', ({ count }) => {
      const { rows, suppressed } = refusals.get();
      refusals.set({ rows, suppressed: suppressed + count });
    });
    on<{ kind: string; id?: string }>('changed', (change) => stale(queriesOf(change)));
    on('changed-many', () => void queries.invalidateQueries());
    on<{ clientId: string | null }>('connection', () => stale([['connections']]));
    on('session-ended', () => {
      close();
      // It may tell of a session that another tab has followed by the next one.
      void lost();
    });
    source.onerror = () => {
      close();
      if (stopped) return;
      void lost();
    };
  };
  const close = () => {
    source?.close();
    source = undefined;
  };
  const lost = async () => {
    // An EventSource does not say why: a call does, and asks to sign in where that is it. Nobody has used the page for it.
    const headers = { 'x-keywright': 'background' };
    const reachable = await fetch('/api/v1/session', { cache: 'no-store', headers }).then(
      ({ status }) => status,
      () => 0,
    );
    if (stopped) return;
    if (reachable === 401) return void signedInAgain().then(open, () => {});
    if (reachable === 0 && streamState.get() !== 'away') {
      streamState.set('away');
      serverAnswered(false);
      announce('The server does not answer. The page goes on when it is back.');
    }
    timer = setTimeout(open, pause);
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  };
  const again = () => {
    if (streamState.get() !== 'away') return;
    clearTimeout(timer);
    pause = FIRST_PAUSE_MS;
    close();
    open();
  };
  const seen = () => {
    clearTimeout(unseen);
    if (document.hidden) unseen = setTimeout(rest, UNSEEN_MS);
    else if (resting) open();
  };
  const rest = () => {
    // Whoever is away or signs in again goes on by itself.
    if (source === undefined || streamState.get() !== 'on') return;
    resting = true;
    close();
  };
  open();
  addEventListener('online', again);
  document.addEventListener('visibilitychange', seen);
  return () => {
    stopped = true;
    clearTimeout(timer);
    clearTimeout(unseen);
    removeEventListener('online', again);
    document.removeEventListener('visibilitychange', seen);
    close();
    streamState.set('off');
    newerServer.set(false);
    refusals.set({ rows: [], suppressed: 0 });
  };
}

/** Marks as old what is asked again at once if it is shown, otherwise when it is shown next. Many changes at once make one question. */
const waiting = new Map<string, readonly unknown[]>();
function stale(keys: readonly (readonly unknown[])[]): void {
  if (waiting.size === 0) {
    setTimeout(() => {
      for (const queryKey of waiting.values()) void queries.invalidateQueries({ queryKey });
      waiting.clear();
    }, 300);
  }
  for (const key of keys) waiting.set(JSON.stringify(key), key);
}
