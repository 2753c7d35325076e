import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { management } from '../../cli/services.js';
import { table } from '../../cli/table.js';
import { apiKeyId, listApiKeys } from '../../core/manage/api-keys.js';
import { lastUses } from '../../core/manage/last-uses.js';
import { requireUser } from '../../core/manage/users.js';
import { apiKeyView } from '../../core/manage/views.js';
import { addDuration } from '../../core/model/time.js';
import { parseUserName } from '../../core/model/user.js';

export default class TokenList extends BaseCommand {
  static override summary = 'List the API keys, without their secrets, and when each was used last.';
  static override description = 'A running server writes down the last use of a key at most once a minute.';
  static override examples = [
    '<%= config.bin %> token list',
    '<%= config.bin %> token list --owner ann --json',
  ];
  static override flags = {
    owner: Flags.string({ helpValue: 'USER', description: 'only those of this user' }),
    'expiring-within': Flags.string({
      helpValue: 'DURATION',
      description: 'only those that end within 24h, 30d, …, or have ended already',
    }),
  };

  async run() {
    const { flags } = await this.parse(TokenList);
    const home = await this.openHome(flags.home);
    const now = home.clock.now();
    const owner = flags.owner === undefined ? undefined : parseUserName(flags.owner);
    const within = flags['expiring-within'];
    const endingBy = within === undefined ? undefined : addDuration(now, within);
    if (owner !== undefined) await requireUser(home.keyStore, owner);
    const held = await listApiKeys(management(home), { owner, endingBy });
    const ids = held.map(({ client, credential }) => apiKeyId(client, credential));
    const uses = await lastUses(home.keyStore, ids);
    const views = held.map((held) =>
      apiKeyView(held, { now, used: uses.get(apiKeyId(held.client, held.credential)) }),
    );
    if (views.length === 0) {
      if (!this.jsonEnabled())
        this.notice(within === undefined ? 'no API keys yet' : `no API key ends within ${within}`);
    } else {
      const rows = views.map(({ id, label, owner, hint, scopes, expiresAt, lastUsedAt, status }) => [
        ...[id, label ?? '-', owner ?? '-', hint, scopes.join(' '), expiresAt ?? 'never'],
        ...[lastUsedAt ?? '-', status],
      ]);
      this.log(table(['id', 'label', 'owner', 'key', 'scopes', 'expires', 'last used', 'status'], rows));
    }
    return views;
  }
}
