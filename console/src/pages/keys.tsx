import { keepPreviousData, useQuery } from '@tanstack/preact-query';
import { useState } from 'preact/hooks';
import { Link, useLocation } from 'wouter-preact';
import { callPage } from '../api/call.js';
import type { Client } from '../api/types.js';
import { Code, CommandHint } from '../kit/command-hint.js';
import { useListState } from '../kit/list-state.js';
import { BY_END, ListToolbar } from '../kit/list-toolbar.js';
import { Menu } from '../kit/menu.js';
import type { SeveralDone } from '../kit/several.js';
import { Table } from '../kit/table.js';
import { useAction } from '../kit/use-action.js';
import { useSelection } from '../kit/use-selection.js';
import { PageTitle } from '../shell/page-title.js';
import { ClientQuestion, Outcome, type Verb } from './clients/actions.js';
import { CLIENT_COLUMNS } from './clients/columns.js';

const BY_STATE = {
  label: 'State',
  name: 'state',
  options: [
    ['', 'Any state'],
    ['valid', 'Valid'],
    ['suspended', 'Suspended'],
    ['expired', 'Expired'],
    ['revoked', 'Revoked'],
    ['not-yet-valid', 'Not yet valid'],
    ['no-credential', 'No credential'],
  ],
} as const;

/** What can be selected at once. */
const MOST = 1000;

/** The clients, with their certificates, keys and tokens. */
export default function KeysPage() {
  const [, navigate] = useLocation();
  const list = useListState();
  const rows = useQuery({
    queryKey: ['clients', 'list', list.query],
    queryFn: ({ signal }) => callPage('/api/v1/clients', { query: list.query, signal }),
    placeholderData: keepPreviousData,
  });
  const selection = useSelection<Client>(rows.data?.rows ?? []);
  const [asked, setAsked] = useState<{ verb: Verb; clients: readonly Client[] }>();
  const [told, setTold] = useState<{ verb: Verb; outcome: SeveralDone }>();
  const ask = (verb: Verb, clients: readonly Client[]) => setAsked({ verb, clients });
  const chosen = selection.rows;
  const all = useAction(() =>
    callPage('/api/v1/clients', { query: { ...list.query, after: '', limit: String(MOST) } }),
  );
  const selectAll = async () => {
    const found = await all.start();
    if (found) selection.set(found.result.rows);
  };
  return (
    <>
      <PageTitle title="Keys">
        <Link href="/new-key" class="button primary" data-new>
          Generate
        </Link>
      </PageTitle>
      <ListToolbar
        list={list}
        things="keys"
        placeholder="Search id, label, owner, key…"
        choices={[BY_STATE, BY_END]}
        chips={{ owner: 'Owner', label: 'Label' }}
      />
      {told && <Outcome {...told} onClose={() => setTold(undefined)} />}
      <Table
        caption="clients"
        columns={CLIENT_COLUMNS}
        rows={rows}
        list={list}
        idOf={({ id }) => id}
        isFiltered={['search', 'state', 'expiringWithin', 'owner', 'label'].some(
          (name) => list.get(name) !== '',
        )}
        selection={selection.ofTable}
        menu={(client) => (
          <Menu
            label={`Actions for ${client.id}`}
            items={[
              { label: 'Show', run: () => navigate(`/keys/${client.id}`) },
              { label: 'Reissue…', run: () => navigate(`/keys/${client.id}?do=reissue`) },
              client.status === 'suspended'
                ? { label: 'Resume…', run: () => ask('resume', [client]) }
                : { label: 'Suspend…', run: () => ask('suspend', [client]) },
              { label: 'Delete…', danger: true, run: () => ask('delete', [client]) },
            ]}
          />
        )}
        empty={
          <>
            <h2>No keys yet</h2>
            <p>A client is a device or a service. It gets a certificate, a private key and a token.</p>
            <Link href="/new-key" class="button primary">
              Generate the first key
            </Link>
            <p class="muted">or, on the command line:</p>
            <Code text="keywright key gen sensor-1" what="the command" />
          </>
        }
      />
      {chosen.length > 0 && (
        <section class="selection" aria-label="What is selected">
          <strong>{chosen.length.toLocaleString('en')} selected</strong>
          {rows.data?.next && (
            <button type="button" class="quiet" disabled={all.pending} onClick={() => void selectAll()}>
              {all.pending ? 'Asking…' : `Select ${countOf(rows.data.total)} that match`}
            </button>
          )}
          <button type="button" class="quiet" onClick={() => selection.set([])}>
            Clear
          </button>
          <button type="button" onClick={() => ask('suspend', chosen)}>
            Suspend…
          </button>
          <button type="button" onClick={() => ask('resume', chosen)}>
            Resume…
          </button>
          <button type="button" class="danger" onClick={() => ask('delete', chosen)}>
            Delete…
          </button>
        </section>
      )}
      {asked && (
        <ClientQuestion
          {...asked}
          onClose={(outcome) => {
            setAsked(undefined);
            if (!outcome) return;
            setTold({ verb: asked.verb, outcome });
            // What failed stays selected, to be tried again.
            selection.set(asked.clients.filter(({ id }) => outcome.failed.some((each) => each.id === id)));
          }}
        />
      )}
      <CommandHint commands={['keywright key list', 'keywright key list --expiring-within 30d']} />
    </>
  );
}

function countOf(total: number | undefined): string {
  const isMore = total === undefined || total > MOST;
  return isMore ? `the first ${MOST.toLocaleString('en')}` : `all ${total}`;
}
