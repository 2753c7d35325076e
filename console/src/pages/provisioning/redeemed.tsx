import { useQuery } from '@tanstack/preact-query';
import { Link } from 'wouter-preact';
import { call } from '../../api/call.js';
import { Failure } from '../../kit/note.js';
import { Time } from '../../kit/time.js';

const WHO = 'provisioning key ';

/** Who redeemed provisioning keys, or one of them. It grows by itself. */
export function Redeemed({ keyId }: { keyId?: string }) {
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ['audit', 'redeemed', keyId],
    queryFn: ({ signal }) =>
      call('get', '/api/v1/audit', {
        query: {
          ...{ action: 'provision.redeem', limit: '20' },
          ...(keyId !== undefined && { actor: WHO + keyId }),
        },
        signal,
      }),
  });
  return (
    <section aria-labelledby="redeemed" class={isPending ? 'loading' : undefined}>
      <h2 id="redeemed">Redeemed by</h2>
      {error && <Failure error={error} retry={refetch} />}
      {data?.length === 0 && (
        <p class="muted" role="status">
          {keyId === undefined ? 'No device yet.' : 'Waiting for the device…'}
        </p>
      )}
      {data && data.length > 0 && (
        <ul class="lines card">
          {data.map(({ seq, at, who, from, target, outcome }) => (
            <li key={seq}>
              <Time at={at} focusable />{' '}
              {outcome === 'done' ? (
                <Link href={`/keys/${target}`}>
                  <bdi>{target}</bdi>
                </Link>
              ) : (
                <span class="badge bad">{outcome}</span>
              )}
              {from && <span class="muted"> from {from}</span>}
              {keyId === undefined && who.startsWith(WHO) && (
                <span class="muted">
                  {' '}
                  with <span class="mono">{who.slice(WHO.length)}</span>
                </span>
              )}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
