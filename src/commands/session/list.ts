import { BaseCommand } from '../../cli/base-command.js';
import { FILTER_FLAGS, LIST_FLAGS, printList } from '../../cli/list.js';
import { management } from '../../cli/services.js';
import { type Column, timeColumn } from '../../cli/table.js';
import { listSessions } from '../../core/manage/list-sessions.js';
import { type SessionView, sessionView } from '../../core/manage/views.js';

export default class SessionList extends BaseCommand {
  static override summary = "List the users' sessions, unless they have ended.";
  static override examples = ['<%= config.bin %> session list', '<%= config.bin %> session list --json'];
  static override aliases = ['session:ls'];
  static override flags = {
    owner: FILTER_FLAGS.owner,
    'expiring-within': FILTER_FLAGS['expiring-within'],
    ...LIST_FLAGS,
  };

  async run() {
    const { flags } = await this.parse(SessionList);
    const home = await this.openHome(flags.home);
    await printList(this, {
      ...{ flags, columns: COLUMNS, things: 'sessions', none: 'no sessions' },
      read: (request, reading) => listSessions(management(home), request, reading),
      viewOf: () => (session) => sessionView(session),
    });
  }
}

const COLUMNS: Column<SessionView>[] = [
  { head: 'id', of: ({ id }) => id },
  { head: 'user', of: ({ userId }) => userId, rank: 1 },
  { head: 'kind', of: ({ kind }) => kind, rank: 5 },
  { head: 'from', of: ({ from }) => from, rank: 4 },
  timeColumn('began', { of: ({ createdAt }) => createdAt, rank: 3 }),
  timeColumn('ends', { of: ({ expiresAt }) => expiresAt ?? 'never', rank: 2 }),
];
