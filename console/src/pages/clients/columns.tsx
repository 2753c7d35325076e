import { Link } from 'wouter-preact';
import type { Client, LastUse } from '../../api/types.js';
import { State } from '../../kit/badge.js';
import { useNow } from '../../kit/clock.js';
import type { Column } from '../../kit/table.js';
import { Time } from '../../kit/time.js';

export const CLIENT_COLUMNS: readonly Column<Client>[] = [
  {
    head: 'Client',
    size: 'broad',
    sort: 'id',
    cell: ({ id, label }) => (
      <div>
        <Link href={`/keys/${id}`}>
          <bdi>{id}</bdi>
        </Link>
        {label !== null && (
          <div class="muted small clip">
            <bdi>{label}</bdi>
          </div>
        )}
      </div>
    ),
  },
  { head: 'State', cell: (client) => <ClientState client={client} /> },
  { head: 'Owner', only: 'wide', cell: ({ owner }) => (owner === null ? <None /> : <bdi>{owner}</bdi>) },
  { head: 'Has', only: 'wider', cell: ({ credentials }) => kindsOf(credentials) },
  { head: 'Ends', sort: 'expiresAt', cell: ({ expiresAt }) => <Time at={expiresAt} /> },
  { head: 'Last used', sort: 'lastUsedAt', cell: (client) => <LastUsed of={client} /> },
  {
    head: 'Made',
    sort: 'createdAt',
    only: 'wide',
    cell: ({ createdAt }) => <Time at={createdAt} />,
  },
];

export function ClientState({ client: { status, expiresAt } }: { client: Client }) {
  return <State status={status} expiresAt={expiresAt} now={useNow()} />;
}

export function LastUsed({ of: { lastUsedAt, lastUsedFrom } }: { of: LastUse & Pick<Client, 'expiresAt'> }) {
  return (
    <span>
      <Time at={lastUsedAt} />
      {lastUsedAt && lastUsedFrom && <span class="muted"> from {lastUsedFrom}</span>}
    </span>
  );
}

export function None() {
  return <span class="muted">–</span>;
}

export const KIND_NAMES: Record<string, string> = {
  certificate: 'certificate',
  'signed-token': 'token',
  'api-key': 'API key',
  password: 'MQTT password',
};

/** `certificate, token, 2 API keys` */
function kindsOf(credentials: Client['credentials']): string {
  const counts = new Map<string, number>();
  for (const { kind, status } of credentials)
    if (status === 'valid') counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const named = [...counts].map(([kind, count]) => {
    const name = KIND_NAMES[kind] ?? kind;
    return count === 1 ? name : `${count} ${name}s`;
  });
  return named.join(', ') || '–';
}
