import { useQuery } from '@tanstack/preact-query';
import { useEffect, useRef } from 'preact/hooks';
import { call } from '../api/call.js';
import type { Overview } from '../api/types.js';
import { announce } from '../kit/announce.js';
import { useNow } from '../kit/clock.js';
import { CommandHint } from '../kit/command-hint.js';
import { Failure, Note } from '../kit/note.js';
import { Refusals } from '../kit/refusals.js';
import { useStore } from '../kit/store.js';
import { Time } from '../kit/time.js';
import { currentMinute, refusals } from '../live/stream.js';
import { currentUser } from '../session/me.js';
import { PageTitle } from '../shell/page-title.js';
import { Counts } from './overview/counts.js';
import { EndsChart } from './overview/ends-chart.js';
import { FirstSteps } from './overview/first-steps.js';
import { VerdictsChart } from './overview/verdicts-chart.js';

const MONTH_MS = 30 * 86_400_000;

/** What there is, what ends, what is unused, and what was refused. */
export default function OverviewPage() {
  const { data, error, refetch } = useQuery({
    queryKey: ['overview'],
    queryFn: ({ signal }) => call('get', '/api/v1/overview', { signal }),
    refetchInterval: 60_000,
  });
  return (
    <>
      <PageTitle title="Overview" />
      {error && <Failure error={error} retry={refetch} />}
      {data ? <Whole overview={data} /> : !error && <Skeleton />}
      {data && (
        <CommandHint commands={['keywright key list --expiring-within 90d', 'keywright token list']} />
      )}
    </>
  );
}

function Whole({ overview }: { overview: Overview }) {
  const { admin } = currentUser();
  const live = useStore(currentMinute);
  const { verdicts, clients } = overview;
  const heard = (verdicts?.minutes ?? []).some(({ accepted }) => accepted > 0) || (live?.accepted ?? 0) > 0;
  const isFirst = admin && clients.total < 2 && !heard;
  const begins = useBegins(heard, isFirst);
  return (
    <div class="stack">
      {isFirst && <FirstSteps hasClients={clients.total > 0} />}
      {begins && (
        <Note kind="ok">
          <span>The first request was accepted: your key works.</span>
        </Note>
      )}
      <Ends overview={overview} />
      <Counts overview={overview} />
      <div class="halves">
        <EndsChart {...overview} />
        {verdicts && <VerdictsChart {...verdicts} />}
      </div>
      <RefusedLately reasons={verdicts?.reasons ?? []} />
    </div>
  );
}

/** True once the first request was accepted while the first steps were shown. */
function useBegins(heard: boolean, isFirst: boolean): boolean {
  const waited = useRef(false);
  if (isFirst) waited.current = true;
  const begins = waited.current && heard;
  useEffect(() => {
    if (begins) announce('The first request was accepted: your key works.');
  }, [begins]);
  return begins;
}

function Ends({ overview: { authority, serverCertificate } }: { overview: Overview }) {
  const now = useNow();
  const ends = [
    { what: 'The CA', at: authority.expiresAt, soon: 6 * MONTH_MS },
    { what: 'The server certificate', at: serverCertificate?.expiresAt, soon: MONTH_MS },
  ].flatMap(({ at, ...end }) => (at ? [{ ...end, at }] : []));
  return (
    <ul class="ends">
      {ends.map(({ what, at, soon }) => {
        const left = Date.parse(at) - now;
        return (
          <li key={what}>
            {what} {left < 0 ? 'ended' : 'ends'} <Time at={at} focusable />
            {left < soon && (
              <span class={`badge ${left < 0 ? 'bad' : 'warn'}`}>{left < 0 ? 'ended' : 'soon'}</span>
            )}
          </li>
        );
      })}
    </ul>
  );
}

function RefusedLately({ reasons }: { reasons: readonly { reason: string; count: number }[] }) {
  const { data, isPending } = useQuery({
    queryKey: ['refusals'],
    queryFn: ({ signal }) => call('get', '/api/v1/refusals', { query: { limit: '50' }, signal }),
  });
  const { rows, suppressed } = useStore(refusals);
  const known = new Set(rows.map(({ id }) => id));
  const shown = [...rows, ...(data ?? []).filter(({ id }) => !known.has(id))].slice(0, 25);
  return (
    <section aria-labelledby="refused" class={isPending ? 'loading' : undefined}>
      <h2 id="refused">Refused lately</h2>
      {reasons.length > 0 && (
        <p class="reasons">
          {reasons.map(({ reason, count }) => (
            <span key={reason} class="badge bad">
              {count.toLocaleString('en')} {reason}
            </span>
          ))}
        </p>
      )}
      {suppressed > 0 && (
        <p class="muted">{suppressed.toLocaleString('en')} more were too many to show one by one.</p>
      )}
      {data && shown.length === 0 ? (
        <p class="muted">Nothing was refused lately.</p>
      ) : (
        <Refusals rows={shown} />
      )}
    </section>
  );
}

function Skeleton() {
  return (
    <div class="stack overview-skeleton" aria-hidden="true">
      <div class="bone" />
      <div class="counts">
        {[1, 2, 3, 4].map((each) => (
          <div key={each} class="card" />
        ))}
      </div>
      <div class="halves">
        <div class="card" />
        <div class="card" />
      </div>
    </div>
  );
}
