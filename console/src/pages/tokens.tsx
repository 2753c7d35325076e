import { keepPreviousData, useQuery } from '@tanstack/preact-query';
import { useState } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import { callPage } from '../api/call.js';
import type { ApiKey, IssuedApiKey } from '../api/types.js';
import { Code, CommandHint } from '../kit/command-hint.js';
import { useListState } from '../kit/list-state.js';
import { BY_END, ListToolbar } from '../kit/list-toolbar.js';
import { Menu, type MenuItem } from '../kit/menu.js';
import type { SeveralDone } from '../kit/several.js';
import { Table } from '../kit/table.js';
import { useSelection } from '../kit/use-selection.js';
import { PageTitle } from '../shell/page-title.js';
import { nameOf, TokenOutcome, TokenQuestion, type TokenVerb } from './tokens/actions.js';
import { columnsOf } from './tokens/columns.js';
import { EditToken } from './tokens/edit-token.js';
import { IssuedToken } from './tokens/issued-token.js';
import { NewToken } from './tokens/new-token.js';
import { RotateToken } from './tokens/rotate-token.js';

const BY_STATE = {
  label: 'State',
  name: 'state',
  options: [
    ['', 'Any state'],
    ['valid', 'Valid'],
    ['suspended', 'Suspended'],
    ['expired', 'Expired'],
    ['revoked', 'Invalid'],
  ],
} as const;

type Asked =
  | { readonly what: 'edit' | 'rotate'; readonly key: ApiKey }
  | { readonly what: TokenVerb; readonly keys: readonly ApiKey[] };

/** The API keys. A link may lead to a new one for a client: `?client=…`. */
export default function TokensPage() {
  const [, navigate] = useLocation();
  const list = useListState();
  const { client = '', ...query } = list.query;
  const rows = useQuery({
    queryKey: ['tokens', 'list', query],
    queryFn: ({ signal }) => callPage('/api/v1/tokens', { query, signal }),
    placeholderData: keepPreviousData,
  });
  const [adding, setAdding] = useState(client !== '');
  const [asked, setAsked] = useState<Asked>();
  const [made, setMade] = useState<IssuedApiKey>();
  const [told, setTold] = useState<{ verb: TokenVerb; outcome: SeveralDone }>();
  const shown = rows.data?.rows ?? [];
  const selection = useSelection<ApiKey>(shown);
  const chosen = selection.rows;
  const ask = (what: TokenVerb, keys: readonly ApiKey[]) => setAsked({ what, keys });
  const stopAdding = () => {
    setAdding(false);
    if (client !== '') list.set({ client: '' });
  };
  if (made)
    return (
      <>
        <PageTitle title="A new API key" />
        <IssuedToken made={made} onSaved={() => setMade(undefined)} />
      </>
    );
  const add = (
    <button type="button" class="primary" data-new onClick={() => setAdding(true)}>
      <span aria-hidden="true">+</span> Create API Key
    </button>
  );
  return (
    <>
      <PageTitle title="Tokens">{add}</PageTitle>
      <ListToolbar
        list={list}
        things="API keys"
        placeholder="Search label, client, owner, key…"
        choices={[BY_STATE, BY_END]}
        chips={{ owner: 'Owner', label: 'Label' }}
      />
      {told && <TokenOutcome {...told} onClose={() => setTold(undefined)} />}
      <Table
        caption="API keys"
        columns={columnsOf(shown)}
        rows={rows}
        list={list}
        idOf={({ id }) => id}
        nameOf={nameOf}
        isFiltered={Object.keys(query).some((name) => name !== 'sort')}
        selection={selection.ofTable}
        menu={(key) => <Menu label={`Actions for ${nameOf(key)}`} items={itemsFor(key)} />}
        empty={
          <>
            <h2>No API keys yet</h2>
            <p>An API key is one text that gets a service or a device in, over HTTP and MQTT.</p>
            <button type="button" class="primary" onClick={() => setAdding(true)}>
              Create the first API key
            </button>
            <p class="muted">or, on the command line:</p>
            <Code text="keywright register token --label production-ingest" what="the command" />
          </>
        }
      />
      {chosen.length > 0 && (
        <section class="selection" aria-label="What is selected">
          <strong>{chosen.length.toLocaleString('en')} selected</strong>
          <button type="button" class="quiet" onClick={() => selection.set([])}>
            Clear
          </button>
          <button type="button" onClick={() => ask('suspend', chosen)}>
            Suspend…
          </button>
          <button type="button" onClick={() => ask('resume', chosen)}>
            Resume…
          </button>
          <button type="button" class="danger" onClick={() => ask('invalidate', chosen)}>
            Invalidate…
          </button>
          <button type="button" class="danger" onClick={() => ask('delete', chosen)}>
            Delete…
          </button>
        </section>
      )}
      {adding && (
        <NewToken
          clientId={client}
          onClose={stopAdding}
          onMade={(issued) => {
            stopAdding();
            setMade(issued);
          }}
        />
      )}
      {asked?.what === 'edit' && <EditToken apiKey={asked.key} onClose={() => setAsked(undefined)} />}
      {asked?.what === 'rotate' && (
        <RotateToken
          apiKey={asked.key}
          onClose={() => setAsked(undefined)}
          onMade={(issued) => {
            setAsked(undefined);
            setMade(issued);
          }}
        />
      )}
      {asked && 'keys' in asked && (
        <TokenQuestion
          verb={asked.what}
          keys={asked.keys}
          onClose={(outcome) => {
            setAsked(undefined);
            if (!outcome) return;
            setTold({ verb: asked.what, outcome });
            // What failed stays selected, to be tried again.
            selection.set(asked.keys.filter(({ id }) => outcome.failed.some((each) => each.id === id)));
          }}
        />
      )}
      <CommandHint commands={['keywright token list', 'keywright token rotate ID --overlap 24h']} />
    </>
  );

  function itemsFor(key: ApiKey): MenuItem[] {
    const show = { label: 'Show the client', run: () => navigate(`/keys/${key.clientId}`) };
    const remove = { label: 'Delete…', danger: true, run: () => ask('delete', [key]) };
    if (key.status === 'revoked' || key.status === 'expired') return [show, remove];
    return [
      show,
      { label: 'Edit…', run: () => setAsked({ what: 'edit', key }) },
      { label: 'Rotate…', run: () => setAsked({ what: 'rotate', key }) },
      key.status === 'suspended'
        ? { label: 'Resume…', run: () => ask('resume', [key]) }
        : { label: 'Suspend…', run: () => ask('suspend', [key]) },
      { label: 'Invalidate…', danger: true, run: () => ask('invalidate', [key]) },
      remove,
    ];
  }
}
