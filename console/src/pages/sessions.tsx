import { keepPreviousData, useQuery } from '@tanstack/preact-query';
import { useState } from 'preact/hooks';
import { call, callPage } from '../api/call.js';
import type { Session } from '../api/types.js';
import { announce } from '../kit/announce.js';
import { serverNow } from '../kit/clock.js';
import { CommandHint } from '../kit/command-hint.js';
import { ConfirmDialog } from '../kit/confirm-dialog.js';
import { Chips, Choice } from '../kit/filters.js';
import { useListState } from '../kit/list-state.js';
import { Menu } from '../kit/menu.js';
import { Note } from '../kit/note.js';
import { type Column, Table } from '../kit/table.js';
import { Time } from '../kit/time.js';
import { currentUser, queries } from '../session/me.js';
import { PageTitle } from '../shell/page-title.js';
import { ChangeOwnPassword } from './users/set-password.js';

const WHOSE = [
  ['', 'My sessions'],
  ['all', 'Everybody’s sessions'],
] as const;

const KINDS = { console: 'the console', tokens: 'access tokens' } as const;

const USER: Column<Session> = { head: 'User', cell: ({ userId }) => <bdi>{userId}</bdi> };
const COLUMNS: readonly Column<Session>[] = [
  {
    head: 'Signed in from',
    size: 'broad',
    cell: ({ from, current }) => (
      <span>
        <bdi class="mono">{from}</bdi> {current && <span class="badge info">this session</span>}
      </span>
    ),
  },
  { head: 'For', cell: ({ kind }) => KINDS[kind] },
  { head: 'Since', cell: ({ createdAt }) => <Time at={createdAt} /> },
  { head: 'Ends', cell: ({ expiresAt }) => <Time at={expiresAt} /> },
  { head: 'Session', only: 'wide', cell: ({ id }) => <span class="mono small">{id.slice(0, 12)}…</span> },
];

/** Where somebody is signed in. Admins see everybody's, too. */
export default function SessionsPage() {
  const { admin, user } = currentUser();
  const list = useListState();
  const { whose, ...asked } = list.query;
  const owner = list.get('owner') || (admin && whose !== 'all' ? user.id : '');
  const query = { ...asked, owner };
  const rows = useQuery({
    queryKey: ['sessions', 'list', query],
    queryFn: ({ signal }) => callPage('/api/v1/sessions', { query, signal }),
    placeholderData: keepPreviousData,
  });
  const [ending, setEnding] = useState<Session | 'all'>();
  const [changing, setChanging] = useState(false);
  const [told, setTold] = useState<string>();
  const isOwn = owner === '' ? !admin : owner === user.id;
  const others = rows.data?.rows.some(({ current }) => !current) ?? false;
  return (
    <>
      <PageTitle title="Sessions">
        <button type="button" onClick={() => setChanging(true)}>
          Change my password
        </button>
        {(isOwn || owner !== '') && (
          <button type="button" disabled={!others} onClick={() => setEnding('all')}>
            {isOwn ? 'Sign out everywhere else' : 'End all of them'}
          </button>
        )}
      </PageTitle>
      {admin && (
        <search class="toolbar">
          <Choice
            label="Whose sessions"
            options={WHOSE}
            value={list.get('owner') ? 'all' : list.get('whose')}
            onChange={(next) => list.set({ whose: next, owner: '' })}
          />
          <Chips list={list} names={{ owner: 'User' }} />
        </search>
      )}
      {told !== undefined && (
        <Note kind="ok" onClose={() => setTold(undefined)}>
          {told}
        </Note>
      )}
      <Table
        caption="sessions"
        columns={owner === '' && admin ? [USER, ...COLUMNS] : COLUMNS}
        rows={rows}
        list={list}
        idOf={({ id }) => id}
        isFiltered={list.get('owner') !== ''}
        menu={(session) =>
          session.current ? null : (
            <Menu
              label={`Actions for the session of ${session.userId} from ${session.from}`}
              items={[{ label: 'End it…', danger: true, run: () => setEnding(session) }]}
            />
          )
        }
        empty={<h2>Nobody is signed in</h2>}
      />
      {ending !== undefined && (
        <EndSessions
          what={ending}
          {...{ owner, isOwn }}
          onClose={(said) => {
            setEnding(undefined);
            if (said !== undefined) setTold(said);
          }}
        />
      )}
      {changing && (
        <ChangeOwnPassword
          onClose={(changed) => {
            setChanging(false);
            if (changed) setTold('Your password is changed, and all your other sessions have ended.');
          }}
        />
      )}
      <CommandHint
        commands={[
          `keywright session list --owner ${owner || user.id}`,
          'keywright session revoke SESSION-ID',
          `keywright session revoke --owner ${owner || user.id}`,
          `keywright user passwd ${user.id}`,
        ]}
      />
    </>
  );
}

function EndSessions({
  what,
  owner,
  isOwn,
  onClose,
}: {
  what: Session | 'all';
  owner: string;
  isOwn: boolean;
  onClose: (said?: string) => void;
}) {
  const run = async () => {
    let said = 'The session has ended';
    if (what === 'all') {
      const { ended } = await call('delete', '/api/v1/sessions', { query: { owner: isOwn ? '' : owner } });
      said = ended === 1 ? '1 session has ended' : `${ended} sessions have ended`;
    } else {
      await call('delete', '/api/v1/sessions/{id}', { id: what.id });
    }
    const text = `${said}, at ${new Date(serverNow()).toLocaleTimeString()}.`;
    announce(text);
    for (const queryKey of [['sessions'], ['users']]) void queries.invalidateQueries({ queryKey });
    return text;
  };
  const title =
    what !== 'all'
      ? 'End this session?'
      : isOwn
        ? 'Sign out everywhere else?'
        : `End all sessions of ${owner}?`;
  return (
    <ConfirmDialog
      title={title}
      action={what !== 'all' ? 'End the session' : isOwn ? 'Sign out everywhere else' : 'End all sessions'}
      harmless
      run={run}
      onClose={(done) => onClose(done?.result)}
    >
      {what === 'all' ? (
        <p>
          {isOwn
            ? 'All your sessions but this one end at once, with the access tokens that came of them.'
            : 'They end at once, with the access tokens that came of them.'}
        </p>
      ) : (
        <>
          <dl class="facts">
            <dt>User</dt>
            <dd>
              <bdi class="mono">{what.userId}</bdi>
            </dd>
            <dt>From</dt>
            <dd>
              <bdi class="mono">{what.from}</bdi>, for {KINDS[what.kind]}
            </dd>
            <dt>Since</dt>
            <dd>
              <Time at={what.createdAt} focusable />
            </dd>
          </dl>
          <p>It ends at once, with the access tokens that came of it.</p>
        </>
      )}
    </ConfirmDialog>
  );
}
