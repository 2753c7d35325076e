import { apiKeyView } from '../../cli/api-key-view.js';
import { BaseCommand } from '../../cli/base-command.js';
import { table } from '../../cli/table.js';
import { listApiKeys } from '../../core/api-keys.js';

export default class TokenList extends BaseCommand {
  static override summary = 'List the API keys, without their secrets.';
  static override examples = ['<%= config.bin %> token list', '<%= config.bin %> token list --json'];

  async run() {
    const { flags } = await this.parse(TokenList);
    const { keyStore, clock } = await this.openApp(flags.home);
    const now = clock.now();
    const views = (await listApiKeys(keyStore)).map(({ client, credential }) =>
      apiKeyView(client, credential, now),
    );
    if (views.length === 0) {
      if (!this.jsonEnabled()) this.notice('no API keys yet');
    } else {
      const rows = views.map(({ id, label, hint, scopes, expiresAt, status }) => [
        id,
        label ?? '-',
        hint,
        scopes.join(' '),
        expiresAt ?? 'never',
        status,
      ]);
      this.log(table(['id', 'label', 'key', 'scopes', 'expires', 'status'], rows));
    }
    return views;
  }
}
