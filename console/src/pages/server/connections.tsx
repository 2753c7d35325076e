import { useQuery } from '@tanstack/preact-query';
import { Link } from 'wouter-preact';
import { call } from '../../api/call.js';
import { Failure } from '../../kit/note.js';
import { Time } from '../../kit/time.js';
import { KIND_NAMES } from '../clients/columns.js';

const MOST = 100;

/** Who is connected to this server now, the newest first. */
export function Connections() {
  const { data, error, refetch } = useQuery({
    queryKey: ['connections'],
    queryFn: ({ signal }) => call('get', '/api/v1/connections', { query: { limit: String(MOST) }, signal }),
  });
  return (
    <section aria-labelledby="connections" class={data || error ? undefined : 'loading'}>
      <h2 id="connections">Live connections</h2>
      {error && <Failure error={error} retry={refetch} />}
      {data?.length === 0 && <p class="muted">None at this server now.</p>}
      {data && data.length > 0 && (
        <ul class="lines card">
          {data.map(({ clientId, userId, protocol, address, since, credential }) => (
            <li key={`${protocol} ${address} ${since}`}>
              <span class="badge good">{protocol.toUpperCase()}</span>{' '}
              {clientId === null ? (
                <>
                  user <bdi>{userId}</bdi>
                </>
              ) : (
                <Link href={`/keys/${clientId}`}>
                  <bdi>{clientId}</bdi>
                </Link>
              )}{' '}
              from <bdi class="mono">{address}</bdi> since <Time at={since} focusable />{' '}
              <span class="muted">by {KIND_NAMES[credential.kind] ?? credential.kind}</span>
            </li>
          ))}
        </ul>
      )}
      {data?.length === MOST && <p class="muted">These are the newest {MOST}.</p>}
    </section>
  );
}
