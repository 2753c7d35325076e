import { Link } from 'wouter-preact';
import type { Refusal } from '../api/types.js';
import { Time } from './time.js';

/** What was refused, with the operator's cause, as in the log: more than the one who was refused is told. */
export function Refusals({ rows, withClient = true }: { rows: readonly Refusal[]; withClient?: boolean }) {
  if (rows.length === 0) return null;
  return (
    <ul class="lines card">
      {rows.map(({ id, at, address, reason, cause, client, what, hint, method, path }) => (
        <li key={id}>
          <div>
            <Time at={at} /> <strong>{cause ?? reason}</strong>
            {withClient && client && (
              <>
                {' '}
                <Link href={`/keys/${encodeURIComponent(client)}`}>
                  <bdi>{client}</bdi>
                </Link>
              </>
            )}
          </div>
          <div class="muted small">
            {[reason !== cause && cause && reason, what, hint, address && `from ${address}`]
              .filter(Boolean)
              .map((part, index) => (
                <span key={part}>
                  {index > 0 && ' · '}
                  <bdi>{part}</bdi>
                </span>
              ))}
            {path && (
              <span>
                {' · '}
                <bdi class="mono">
                  {method} {path}
                </bdi>
              </span>
            )}
          </div>
        </li>
      ))}
    </ul>
  );
}
