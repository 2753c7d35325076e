import { keepPreviousData, useQuery } from '@tanstack/preact-query';
import { useState } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import { callPage } from '../api/call.js';
import type { ListedUser } from '../api/types.js';
import { Code, CommandHint } from '../kit/command-hint.js';
import { useListState } from '../kit/list-state.js';
import { ListToolbar } from '../kit/list-toolbar.js';
import { Menu } from '../kit/menu.js';
import { Note } from '../kit/note.js';
import { SecretPanel } from '../kit/secret-panel.js';
import { Table } from '../kit/table.js';
import { currentUser } from '../session/me.js';
import { PageTitle } from '../shell/page-title.js';
import { UserQuestion, type UserVerb } from './users/actions.js';
import { AddUser, type PasswordSet } from './users/add-user.js';
import { USER_COLUMNS } from './users/columns.js';
import { DeleteUser } from './users/delete-user.js';
import { EditUser } from './users/edit-user.js';
import { SetPassword } from './users/set-password.js';

const BY_STATE = {
  label: 'State',
  name: 'state',
  options: [
    ['', 'Any state'],
    ['enabled', 'Enabled'],
    ['disabled', 'Disabled'],
  ],
} as const;

interface Asked {
  readonly what: UserVerb | 'edit' | 'password' | 'delete';
  readonly user: ListedUser;
}

/** The people who can sign in, with what is theirs. For admins. */
export default function UsersPage() {
  const [, navigate] = useLocation();
  const list = useListState();
  const rows = useQuery({
    queryKey: ['users', 'list', list.query],
    queryFn: ({ signal }) => callPage('/api/v1/users', { query: list.query, signal }),
    placeholderData: keepPreviousData,
  });
  const [adding, setAdding] = useState(false);
  const [asked, setAsked] = useState<Asked>();
  const [told, setTold] = useState<string>();
  const [secret, setSecret] = useState<{ readonly id: string; readonly text: string }>();
  const self = currentUser().user.id;
  const close = (said?: string) => {
    setAsked(undefined);
    if (said !== undefined) setTold(said);
  };
  const show = (set: PasswordSet, said: string) => {
    if (set.shown === undefined) setTold(said);
    else setSecret({ id: set.id, text: set.shown });
  };
  if (secret) return <NewPassword {...secret} onSaved={() => setSecret(undefined)} />;
  return (
    <>
      <PageTitle title="Users">
        <button type="button" class="primary" data-new onClick={() => setAdding(true)}>
          Add a user
        </button>
      </PageTitle>
      <ListToolbar list={list} things="users" placeholder="Search name, e-mail…" choices={[BY_STATE]} />
      {told !== undefined && (
        <Note kind="ok" onClose={() => setTold(undefined)}>
          {told}
        </Note>
      )}
      <Table
        caption="users"
        columns={USER_COLUMNS}
        rows={rows}
        list={list}
        idOf={({ id }) => id}
        isFiltered={list.get('search') !== '' || list.get('state') !== ''}
        menu={(user) => (
          <Menu
            label={`Actions for ${user.id}`}
            items={itemsOf(user, { self, navigate, ask: (what) => setAsked({ what, user }) })}
          />
        )}
        empty={
          <>
            <h2>No users yet</h2>
            <Code text="keywright user add ann --role admin" what="the command" />
          </>
        }
      />
      {adding && (
        <AddUser onClose={() => setAdding(false)} onAdded={(added) => show(added, `Added ${added.id}.`)} />
      )}
      {asked?.what === 'edit' && <EditUser user={asked.user} onClose={close} />}
      {asked?.what === 'password' && (
        <SetPassword
          id={asked.user.id}
          onClose={close}
          onSet={(set) => show(set, `Changed the password of ${set.id}.`)}
        />
      )}
      {asked?.what === 'delete' && <DeleteUser user={asked.user} onClose={close} />}
      {asked && isVerb(asked.what) && <UserQuestion verb={asked.what} user={asked.user} onClose={close} />}
      <CommandHint
        commands={[
          'keywright user list',
          'keywright user add ann --role member --scope ingest',
          'keywright user edit ann --disable',
          'keywright user passwd ann',
          'keywright user del ann --give-to bob',
        ]}
      />
    </>
  );
}

function itemsOf(
  { id, status, sessions }: ListedUser,
  {
    self,
    navigate,
    ask,
  }: { self: string; navigate: (path: string) => void; ask: (what: Asked['what']) => void },
) {
  const edit = { label: 'Edit…', run: () => ask('edit') };
  // Whoever is signed in cannot lock themselves out here.
  if (id === self) return [edit, { label: 'Sessions and password', run: () => navigate('/sessions') }];
  return [
    edit,
    { label: 'Set the password…', run: () => ask('password') },
    ...(sessions > 0 ? [{ label: 'Sign out everywhere…', run: () => ask('sign out') }] : []),
    status === 'enabled'
      ? { label: 'Disable…', run: () => ask('disable') }
      : { label: 'Enable…', run: () => ask('enable') },
    { label: 'Delete…', danger: true, run: () => ask('delete') },
  ];
}

function isVerb(what: Asked['what']): what is UserVerb {
  return what === 'disable' || what === 'enable' || what === 'sign out';
}

function NewPassword({ id, text, onSaved }: { id: string; text: string; onSaved: () => void }) {
  return (
    <>
      <PageTitle title="Users" />
      <SecretPanel
        title={`The password of ${id}`}
        secrets={[{ name: 'password', text, file: `${id}_password` }]}
        onSaved={onSaved}
      >
        {() => (
          <p>
            <bdi>{id}</bdi> signs in with it at <bdi class="mono">{location.origin}/console/</bdi>, and can
            change it there under Sessions.
          </p>
        )}
      </SecretPanel>
    </>
  );
}
