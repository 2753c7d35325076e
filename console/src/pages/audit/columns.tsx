import { Link } from 'wouter-preact';
import type { AuditEntry } from '../../api/types.js';
import type { Column } from '../../kit/table.js';
import { Time } from '../../kit/time.js';

const OUTCOMES: Record<AuditEntry['outcome'], string> = {
  done: 'good',
  failed: 'bad',
  refused: 'bad',
  begun: 'warn',
};

export const AUDIT_COLUMNS: readonly Column<AuditEntry>[] = [
  { head: 'When', cell: ({ at }) => <Time at={at} /> },
  { head: 'By', cell: ({ who }) => <bdi>{who}</bdi> },
  { head: 'Action', cell: ({ action }) => <Action name={action} /> },
  { head: 'Done to', size: 'broad', cell: (entry) => <Target entry={entry} /> },
  { head: 'From', only: 'wide', cell: ({ from }) => <bdi class="small">{from}</bdi> },
  {
    head: 'Outcome',
    cell: ({ outcome }) => <span class={`badge ${OUTCOMES[outcome]}`}>{outcome}</span>,
  },
];

/** `user.add`, where need be in two lines. */
function Action({ name }: { name: string }) {
  const [kind = '', verb] = name.split('.', 2);
  return (
    <span class="mono small">
      {kind}
      {verb !== undefined && (
        <>
          .<wbr />
          {verb}
        </>
      )}
    </span>
  );
}

/** What it was done to. A client that may still be there is a link to it. */
function Target({ entry: { action, target } }: { entry: AuditEntry }) {
  const isOnClient = /^(key|client|token)\./.test(action) && !action.endsWith('.list');
  const [client = ''] = target.split(':', 1);
  const text = <bdi class="mono small">{target}</bdi>;
  if (!isOnClient || client === '' || action === 'key.del') return text;
  return <Link href={`/keys/${encodeURIComponent(client)}`}>{text}</Link>;
}
