import { keepPreviousData, useQuery } from '@tanstack/preact-query';
import { useCallback } from 'preact/hooks';
import { callPage } from '../api/call.js';
import { CommandHint } from '../kit/command-hint.js';
import { Choice } from '../kit/filters.js';
import { type ListState, useListState } from '../kit/list-state.js';
import { Note } from '../kit/note.js';
import { SearchField } from '../kit/search-field.js';
import { inShell } from '../kit/shell-text.js';
import { Table } from '../kit/table.js';
import { currentUser } from '../session/me.js';
import { PageTitle } from '../shell/page-title.js';
import { AUDIT_COLUMNS } from './audit/columns.js';
import { TimeFilter } from './audit/time-filter.js';
import { useVerify } from './audit/verify.js';

const ACTIONS = [
  ['', 'Any action'],
  ['key', 'On certificates (key)'],
  ['client', 'On clients (client)'],
  ['token', 'On API keys (token)'],
  ['provision', 'On provisioning'],
  ['user', 'On users'],
  ['session', 'On sessions'],
  ['access-token', 'On access tokens'],
  ['jwt', 'On signing keys (jwt)'],
  ['ca', 'On the CA'],
  ['audit', 'On this log'],
] as const;

/** What was done, when and by whom, the newest first. Members name a client of theirs. */
export default function AuditPage() {
  const { admin } = currentUser();
  const list = useListState();
  const isAsked = admin || list.get('target') !== '';
  const rows = useQuery({
    queryKey: ['audit', 'list', list.query],
    enabled: isAsked,
    queryFn: ({ signal }) => callPage('/api/v1/audit', { query: list.query, signal }),
    placeholderData: keepPreviousData,
  });
  const verify = useVerify();
  const setTarget = useCallback((target: string) => list.set({ target: target.trim() }), [list.set]);
  const setActor = useCallback((actor: string) => list.set({ actor: actor.trim() }), [list.set]);
  return (
    <>
      <PageTitle title="Audit">{admin && verify.button}</PageTitle>
      {verify.outcome}
      <search class="toolbar">
        <SearchField
          label="Done to"
          placeholder="Done to: id of a client, user…"
          value={list.get('target')}
          onChange={setTarget}
        />
        {admin && (
          <SearchField
            label="Done by"
            placeholder="Done by: ann, cli…"
            value={list.get('actor')}
            onChange={setActor}
          />
        )}
        <Choice
          label="Action"
          options={ACTIONS}
          value={list.get('action')}
          onChange={(action) => list.set({ action })}
        />
        <TimeFilter list={list} />
      </search>
      {isAsked ? (
        <Table
          caption="actions"
          columns={AUDIT_COLUMNS}
          rows={rows}
          list={list}
          idOf={({ seq }) => String(seq)}
          isFiltered={FILTERS.some((name) => list.get(name) !== '')}
          empty={<h2>Nothing was done yet</h2>}
        />
      ) : (
        <Note>Name a client of yours above: what was done to it is shown here.</Note>
      )}
      <CommandHint commands={[commandOf(list), ...(admin ? ['keywright audit verify'] : [])]} />
    </>
  );
}

const FILTERS = ['target', 'actor', 'action', 'since', 'until'] as const;

/** The command that lists the same. */
function commandOf(list: ListState): string {
  const flags = FILTERS.filter((name) => list.get(name) !== '').map(
    (name) => ` --${name} ${inShell(list.get(name))}`,
  );
  return `keywright audit list${flags.join('')}`;
}
