import { Link } from 'wouter-preact';
import type { ApiKey } from '../../api/types.js';
import { State } from '../../kit/badge.js';
import { useNow } from '../../kit/clock.js';
import type { Column } from '../../kit/table.js';
import { Time } from '../../kit/time.js';
import { LastUsed, None } from '../clients/columns.js';

/** The columns of a page of keys. A key that was rotated says what has come of the one in its place, if that is on the page. */
export function columnsOf(rows: readonly ApiKey[]): readonly Column<ApiKey>[] {
  return [
    {
      head: 'API key',
      size: 'broad',
      cell: ({ hint, label }) => (
        <div>
          <bdi class="mono">{hint}</bdi>
          {label !== null && (
            <div class="muted small clip">
              <bdi>{label}</bdi>
            </div>
          )}
        </div>
      ),
    },
    { head: 'State', cell: (key) => <KeyState apiKey={key} rows={rows} /> },
    {
      head: 'Client',
      sort: 'id',
      cell: ({ clientId }) => (
        <div class="clip">
          <Link href={`/keys/${clientId}`}>
            <bdi>{clientId}</bdi>
          </Link>
        </div>
      ),
    },
    { head: 'Owner', only: 'wide', cell: ({ owner }) => (owner === null ? <None /> : <bdi>{owner}</bdi>) },
    {
      head: 'Scopes',
      only: 'wider',
      cell: ({ scopes }) =>
        scopes.length === 0 ? (
          <None />
        ) : (
          scopes.map((scope) => (
            <bdi key={scope} class="tag">
              {scope}
            </bdi>
          ))
        ),
    },
    { head: 'Ends', sort: 'expiresAt', cell: ({ expiresAt }) => <Time at={expiresAt} /> },
    { head: 'Last used', sort: 'lastUsedAt', cell: (key) => <LastUsed of={key} /> },
    { head: 'Made', sort: 'createdAt', only: 'wide', cell: ({ createdAt }) => <Time at={createdAt} /> },
  ];
}

export function KeyState({
  apiKey: { id, clientId, status, expiresAt, replacedAt, createdAt },
  rows = [],
}: {
  apiKey: ApiKey;
  rows?: readonly ApiKey[];
}) {
  const now = useNow();
  const siblings = rows.filter((each) => each.clientId === clientId && each.id !== id);
  const inItsPlace =
    replacedAt === null
      ? undefined
      : siblings.find((each) => each.replacedAt === null && each.createdAt >= replacedAt);
  const isNew =
    replacedAt === null &&
    siblings.some(
      (each) => each.replacedAt !== null && each.replacedAt <= createdAt && each.status === 'valid',
    );
  return (
    <div>
      <State status={status} expiresAt={expiresAt} now={now} />
      {replacedAt !== null && status === 'valid' && (
        <div class="muted small">
          rotated
          {inItsPlace &&
            (inItsPlace.lastUsedAt === null ? ': the new key is not used yet' : ': the new key is in use')}
        </div>
      )}
      {isNew && <div class="muted small">the new key</div>}
    </div>
  );
}
