import { BaseCommand } from '../../cli/base-command.js';
import { FILTER_FLAGS, LIST_FLAGS, printList, sortFlag } from '../../cli/list.js';
import { management } from '../../cli/services.js';
import { type Column, NONE } from '../../cli/table.js';
import { listUsers } from '../../core/manage/list-users.js';
import { USER_STATES, type UserView, userView } from '../../core/manage/views.js';

export default class UserList extends BaseCommand {
  static override summary = 'List the users.';
  static override examples = ['<%= config.bin %> user list', '<%= config.bin %> user list --json'];
  static override aliases = ['user:ls'];
  static override flags = {
    state: FILTER_FLAGS.state(USER_STATES),
    search: FILTER_FLAGS.search,
    sort: sortFlag('id', 'createdAt'),
    ...LIST_FLAGS,
  };

  async run() {
    const { flags } = await this.parse(UserList);
    const home = await this.openHome(flags.home);
    await printList(this, {
      ...{ flags, columns: COLUMNS, things: 'users', none: 'no users yet' },
      read: (request, reading) => listUsers(management(home), request, reading),
      viewOf: () => userView,
    });
  }
}

const COLUMNS: Column<UserView>[] = [
  { head: 'user', of: ({ id }) => id },
  { head: 'e-mail', of: ({ email }) => email ?? NONE, rank: 3, least: 8 },
  { head: 'role', of: ({ role }) => role, rank: 2 },
  { head: 'scopes', of: ({ scopes }) => scopes.join(' ') || NONE, rank: 4, least: 8 },
  { head: 'domains', of: ({ domains }) => domains.join(' ') || NONE, rank: 5, least: 8 },
  { head: 'status', of: ({ status }) => status, rank: 1 },
];
