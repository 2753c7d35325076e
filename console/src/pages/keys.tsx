import { keepPreviousData, useQuery } from '@tanstack/preact-query';
import { useCallback, useState } from 'preact/hooks';
import { Link, useLocation } from 'wouter-preact';
import { callPage } from '../api/call.js';
import type { Client } from '../api/types.js';
import { Code, CommandHint } from '../kit/command-hint.js';
import { Chips, Choice } from '../kit/filters.js';
import { useListState } from '../kit/list-state.js';
import { Menu } from '../kit/menu.js';
import { SearchField } from '../kit/search-field.js';
import { Table } from '../kit/table.js';
import { useAction } from '../kit/use-action.js';
import { PageTitle } from '../shell/page-title.js';
import { ClientQuestion, Outcome, type Verb } from './clients/actions.js';
import { CLIENT_COLUMNS } from './clients/columns.js';
import type { SeveralDone } from './clients/several.js';

const STATES = [
  ['', 'Any state'],
  ['valid', 'Valid'],
  ['suspended', 'Suspended'],
  ['expired', 'Expired'],
  ['revoked', 'Revoked'],
  ['not-yet-valid', 'Not yet valid'],
  ['no-credential', 'No credential'],
] as const;
const ENDS = [
  ['', 'Any end'],
  ['7d', 'Ends within 7 days'],
  ['30d', 'Ends within 30 days'],
  ['90d', 'Ends within 90 days'],
] as const;

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
  const [selected, setSelected] = useState<ReadonlyMap<string, Client>>(new Map());
  const [asked, setAsked] = useState<{ verb: Verb; clients: readonly Client[] }>();
  const [told, setTold] = useState<{ verb: Verb; outcome: SeveralDone }>();
  const search = useCallback((text: string) => list.set({ search: text }), [list.set]);
  const ask = (verb: Verb, clients: readonly Client[]) => setAsked({ verb, clients });
  const chosen = [...selected.values()];
  const all = useAction(() =>
    callPage('/api/v1/clients', { query: { ...list.query, after: '', limit: String(MOST) } }),
  );
  const selectAll = async () => {
    const found = await all.start();
    if (found) setSelected(new Map(found.result.rows.map((client) => [client.id, client])));
  };
  return (
    <>
      <PageTitle title="Keys">
        <Link href="/new-key" class="button primary" data-new>
          Generate
        </Link>
      </PageTitle>
      <search class="toolbar">
        <SearchField
          label="Search for keys"
          placeholder="Search id, label, owner, key…"
          value={list.get('search')}
          onChange={search}
        />
        <Choice
          label="State"
          options={STATES}
          value={list.get('state')}
          onChange={(state) => list.set({ state })}
        />
        <Choice
          label="End"
          options={ENDS}
          value={list.get('expiringWithin')}
          onChange={(expiringWithin) => list.set({ expiringWithin })}
        />
        <Chips list={list} names={{ owner: 'Owner', label: 'Label' }} />
      </search>
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
        selection={{
          ids: new Set(selected.keys()),
          set: (ids) => setSelected(keptOf(ids, [...chosen, ...(rows.data?.rows ?? [])])),
        }}
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
          <button type="button" class="quiet" onClick={() => setSelected(new Map())}>
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
            setSelected(keptOf(new Set(outcome.failed.map(({ id }) => id)), asked.clients));
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

function keptOf(ids: ReadonlySet<string>, clients: readonly Client[]): Map<string, Client> {
  return new Map(clients.filter(({ id }) => ids.has(id)).map((client) => [client.id, client]));
}
