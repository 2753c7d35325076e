import { keepPreviousData, useQuery } from '@tanstack/preact-query';
import { useState } from 'preact/hooks';
import { isGone } from '../api/api-error.js';
import { call, callPage } from '../api/call.js';
import type { NewProvisioningKey as Made, ProvisioningKey } from '../api/types.js';
import { announce } from '../kit/announce.js';
import { State } from '../kit/badge.js';
import { useNow } from '../kit/clock.js';
import { Code, CommandHint } from '../kit/command-hint.js';
import { ConfirmDialog } from '../kit/confirm-dialog.js';
import { useListState } from '../kit/list-state.js';
import { ListToolbar } from '../kit/list-toolbar.js';
import { Menu } from '../kit/menu.js';
import { Note } from '../kit/note.js';
import { type Column, Table } from '../kit/table.js';
import { Time } from '../kit/time.js';
import { queries } from '../session/me.js';
import { PageTitle } from '../shell/page-title.js';
import { None } from './clients/columns.js';
import { MadeProvisioningKey } from './provisioning/made-provisioning-key.js';
import { NewProvisioningKey } from './provisioning/new-provisioning-key.js';
import { Redeemed } from './provisioning/redeemed.js';

const BY_STATE = {
  label: 'State',
  name: 'state',
  options: [
    ['', 'Any state'],
    ['valid', 'Valid'],
    ['expired', 'Expired'],
  ],
} as const;

const COLUMNS: readonly Column<ProvisioningKey>[] = [
  {
    head: 'Provisioning key',
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
  { head: 'State', cell: (key) => <KeyState {...key} /> },
  { head: 'Devices left', cell: ({ usesLeft }) => usesLeft.toLocaleString('en') },
  { head: 'Owner', only: 'wide', cell: ({ owner }) => (owner === null ? <None /> : <bdi>{owner}</bdi>) },
  {
    head: 'Scopes',
    only: 'wide',
    cell: ({ scopes }) =>
      scopes.map((scope) => (
        <bdi key={scope} class="tag">
          {scope}
        </bdi>
      )),
  },
  { head: 'Ends', cell: ({ expiresAt }) => <Time at={expiresAt} /> },
  { head: 'Made', only: 'wide', cell: ({ createdAt }) => <Time at={createdAt} /> },
];

/** The keys that devices register themselves with, and who did. For admins. */
export default function ProvisioningPage() {
  const list = useListState();
  const rows = useQuery({
    queryKey: ['provisioning', 'list', list.query],
    queryFn: ({ signal }) => callPage('/api/v1/provision/keys', { query: list.query, signal }),
    placeholderData: keepPreviousData,
  });
  const [adding, setAdding] = useState(false);
  const [made, setMade] = useState<Made>();
  const [deleting, setDeleting] = useState<ProvisioningKey>();
  const [told, setTold] = useState<string>();
  if (made)
    return (
      <>
        <PageTitle title="A new provisioning key" />
        <MadeProvisioningKey made={made} onSaved={() => setMade(undefined)} />
      </>
    );
  return (
    <>
      <PageTitle title="Provisioning">
        <button type="button" class="primary" data-new onClick={() => setAdding(true)}>
          Create a provisioning key
        </button>
      </PageTitle>
      <ListToolbar
        list={list}
        things="provisioning keys"
        placeholder="Search label, owner, key…"
        choices={[BY_STATE]}
        chips={{ owner: 'Owner', label: 'Label' }}
      />
      {told !== undefined && (
        <Note kind="ok" onClose={() => setTold(undefined)}>
          {told}
        </Note>
      )}
      <Table
        caption="provisioning keys"
        columns={COLUMNS}
        rows={rows}
        list={list}
        idOf={({ id }) => id}
        nameOf={nameOf}
        isFiltered={Object.keys(list.query).some((name) => name !== 'sort')}
        menu={(key) => (
          <Menu
            label={`Actions for ${nameOf(key)}`}
            items={[{ label: 'Delete…', danger: true, run: () => setDeleting(key) }]}
          />
        )}
        empty={
          <>
            <h2>No provisioning keys</h2>
            <p>A device redeems one for credentials of its own. Its private key never leaves it.</p>
            <button type="button" class="primary" onClick={() => setAdding(true)}>
              Create the first provisioning key
            </button>
            <p class="muted">or, on the command line:</p>
            <Code text="keywright provision key create --qr" what="the command" />
          </>
        }
      />
      <Redeemed />
      {adding && (
        <NewProvisioningKey
          onClose={() => setAdding(false)}
          onMade={(key) => {
            setAdding(false);
            setMade(key);
          }}
        />
      )}
      {deleting && (
        <DeleteKey
          provisioningKey={deleting}
          onClose={(said) => {
            setDeleting(undefined);
            if (said !== undefined) setTold(said);
          }}
        />
      )}
      <CommandHint commands={['keywright provision key list', 'keywright provision key del ID']} />
    </>
  );
}

function DeleteKey({
  provisioningKey,
  onClose,
}: {
  provisioningKey: ProvisioningKey;
  onClose: (said?: string) => void;
}) {
  const { id, hint, owner, usesLeft } = provisioningKey;
  return (
    <ConfirmDialog
      title={`Delete ${nameOf(provisioningKey)}?`}
      action="Delete"
      run={async () => {
        await call('delete', '/api/v1/provision/keys/{id}', { id }).catch((error) => {
          // Somebody else was quicker.
          if (!isGone(error)) throw error;
        });
        void queries.invalidateQueries({ queryKey: ['provisioning'] });
        const said = `Deleted ${nameOf(provisioningKey)}: no device can register with it any more.`;
        announce(said);
        return said;
      }}
      onClose={(done) => onClose(done?.result)}
    >
      <dl class="facts">
        <dt>Provisioning key</dt>
        <dd>
          <bdi class="mono">{hint}</bdi>
        </dd>
        <dt>Owner</dt>
        <dd>{owner === null ? <None /> : <bdi>{owner}</bdi>}</dd>
        <dt>Devices left</dt>
        <dd>{usesLeft.toLocaleString('en')}</dd>
      </dl>
      <p>No device can register with it any more. Those that did stay.</p>
    </ConfirmDialog>
  );
}

function KeyState({ status, expiresAt }: ProvisioningKey) {
  return <State status={status} expiresAt={expiresAt} now={useNow()} />;
}

function nameOf({ label, hint }: ProvisioningKey): string {
  return label ?? `${hint}`;
}
