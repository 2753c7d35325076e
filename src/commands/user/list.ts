import { BaseCommand } from '../../cli/base-command.js';
import { table } from '../../cli/table.js';
import { userView } from '../../core/manage/views.js';

export default class UserList extends BaseCommand {
  static override summary = 'List the users.';
  static override examples = ['<%= config.bin %> user list', '<%= config.bin %> user list --json'];

  async run() {
    const { flags } = await this.parse(UserList);
    const { keyStore } = await this.openHome(flags.home);
    const views = (await keyStore.users.page()).map(userView);
    if (views.length === 0) {
      if (!this.jsonEnabled()) this.notice('no users yet');
    } else {
      const rows = views.map(({ id, email, role, scopes, domains, status }) => [
        ...[id, email ?? '-', role, scopes.join(' '), domains.join(' ') || '-', status],
      ]);
      this.log(table(['user', 'e-mail', 'role', 'scopes', 'domains', 'status'], rows));
    }
    return views;
  }
}
