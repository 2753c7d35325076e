import { BaseCommand } from '../../cli/base-command.js';
import { table } from '../../cli/table.js';
import { listSessions } from '../../core/manage/sessions.js';
import { sessionView } from '../../core/manage/views.js';

export default class SessionList extends BaseCommand {
  static override summary = 'List the users’ sessions that have not ended.';
  static override examples = ['<%= config.bin %> session list', '<%= config.bin %> session list --json'];

  async run() {
    const { flags } = await this.parse(SessionList);
    const { keyStore, clock } = await this.openHome(flags.home);
    const views = (await listSessions(keyStore, clock.now())).map(sessionView);
    if (views.length === 0) {
      if (!this.jsonEnabled()) this.notice('no sessions');
    } else {
      const rows = views.map(({ id, userId, from, createdAt, expiresAt }) => [
        ...[id, userId, from, createdAt, expiresAt],
      ]);
      this.log(table(['id', 'user', 'from', 'began', 'ends'], rows));
    }
    return views;
  }
}
