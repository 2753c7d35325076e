import { Link } from 'wouter-preact';
import type { Connection } from '../../api/types.js';
import { Time } from '../../kit/time.js';
import { KIND_NAMES } from '../clients/columns.js';

/** How many are shown. */
export const MOST_CONNECTIONS = 100;

/** Who is connected to this server now, the newest first. */
export function Connections({ connections }: { connections: readonly Connection[] }) {
  return (
    <section aria-labelledby="connections">
      <h2 id="connections">Live connections</h2>
      {connections.length === 0 && <p class="muted">None at this server now.</p>}
      {connections.length > 0 && (
        <ul class="lines card">
          {connections.map(({ clientId, userId, protocol, address, since, credential }) => (
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
      {connections.length === MOST_CONNECTIONS && (
        <p class="muted">These are the newest {MOST_CONNECTIONS}.</p>
      )}
    </section>
  );
}
