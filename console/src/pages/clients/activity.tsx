import { useQuery } from '@tanstack/preact-query';
import { call } from '../../api/call.js';
import { Failure } from '../../kit/note.js';
import { Refusals } from '../../kit/refusals.js';
import { useStore } from '../../kit/store.js';
import { Time } from '../../kit/time.js';
import { refusals } from '../../live/stream.js';

/** What goes on with a client: its connections, what it was refused, and what was changed. */
export function Activity({ id }: { id: string }) {
  const connections = useQuery({
    queryKey: ['connections', id],
    queryFn: ({ signal }) =>
      call('get', '/api/v1/connections', { query: { client: id, limit: '50' }, signal }),
  });
  const refused = useQuery({
    queryKey: ['refusals', id],
    queryFn: ({ signal }) => call('get', '/api/v1/refusals', { query: { client: id, limit: '20' }, signal }),
  });
  const audit = useQuery({
    queryKey: ['audit', 'of', id],
    queryFn: ({ signal }) => call('get', '/api/v1/audit', { query: { target: id, limit: '20' }, signal }),
  });
  const live = useStore(refusals).rows.filter(({ client }) => client === id);
  const known = new Set(live.map((each) => each.id));
  const rows = [...live, ...(refused.data ?? []).filter((each) => !known.has(each.id))].slice(0, 20);
  return (
    <>
      <section aria-labelledby="connections" class={connections.isPending ? 'loading' : undefined}>
        <h2 id="connections">Live connections</h2>
        {connections.error && <Failure error={connections.error} retry={connections.refetch} />}
        {connections.data?.length === 0 && <p class="muted">None at this server now.</p>}
        {connections.data && connections.data.length > 0 && (
          <ul class="lines card">
            {connections.data.map(({ protocol, address, since, credential }) => (
              <li key={`${protocol} ${address} ${since}`}>
                <span class="badge good">{protocol.toUpperCase()}</span> from{' '}
                <bdi class="mono">{address}</bdi> since <Time at={since} focusable />{' '}
                <span class="muted">by {credential.kind}</span>
              </li>
            ))}
          </ul>
        )}
      </section>
      <section aria-labelledby="refused" class={refused.isPending ? 'loading' : undefined}>
        <h2 id="refused">Refused lately</h2>
        {refused.error && <Failure error={refused.error} retry={refused.refetch} />}
        {refused.data && rows.length === 0 ? (
          <p class="muted">Nothing that is still remembered.</p>
        ) : (
          <Refusals rows={rows} withClient={false} />
        )}
      </section>
      <section aria-labelledby="changes" class={audit.isPending ? 'loading' : undefined}>
        <h2 id="changes">Changes</h2>
        {audit.error && <Failure error={audit.error} retry={audit.refetch} />}
        {audit.data?.length === 0 && <p class="muted">None in the audit log.</p>}
        {audit.data && audit.data.length > 0 && (
          <ul class="lines card">
            {audit.data.map(({ seq, at, who, from, action, outcome }) => (
              <li key={seq}>
                <Time at={at} focusable /> <span class="mono">{action}</span> by <bdi>{who}</bdi>
                {from && <span class="muted"> from {from}</span>}
                {outcome !== 'done' && <span class="badge bad">{outcome}</span>}
              </li>
            ))}
          </ul>
        )}
      </section>
    </>
  );
}
