import { BaseCommand } from '../../cli/base-command.js';
import { FILTER_FLAGS, LIST_FLAGS, printList, sortFlag } from '../../cli/list.js';
import { looking } from '../../cli/services.js';
import { type Column, NONE, timeColumn } from '../../cli/table.js';
import { apiKeyId } from '../../core/manage/api-keys.js';
import type { HeldApiKey } from '../../core/manage/held-api-key.js';
import { lastUses } from '../../core/manage/last-uses.js';
import { listApiKeys } from '../../core/manage/list-api-keys.js';
import { momentOf } from '../../core/manage/management.js';
import { type ApiKeyView, apiKeyView } from '../../core/manage/views.js';
import { CREDENTIAL_STATES } from '../../core/model/terms.js';

export default class TokenList extends BaseCommand {
  static override summary = 'List the API keys, without their secrets, and when each was used last.';
  static override description =
    'The oldest key is first; if they do not fit on one page, they are in the order of their ids. A running server notes the last use of a key at most once a minute.';
  static override examples = [
    '<%= config.bin %> token list',
    '<%= config.bin %> token list --owner ann --json',
    '<%= config.bin %> token list --expiring-within 30d',
  ];
  static override aliases = ['token:ls'];
  static override flags = {
    ...FILTER_FLAGS,
    state: FILTER_FLAGS.state(CREDENTIAL_STATES),
    sort: sortFlag('id', 'createdAt', 'expiresAt', 'lastUsedAt'),
    ...LIST_FLAGS,
  };

  async run() {
    const { flags } = await this.parse(TokenList);
    const home = await this.openHome(flags.home);
    const services = await looking(home);
    const moment = momentOf(services);
    await printList(this, {
      ...{ flags, columns: COLUMNS, things: 'API keys', none: 'no API keys yet' },
      read: (request, reading) => listApiKeys(services, request, reading),
      async viewOf(all) {
        const idOf = ({ client, credential }: HeldApiKey) => apiKeyId(client, credential);
        const uses = await lastUses(home.keyStore, all.map(idOf));
        return (held) => apiKeyView(held, moment, uses.get(idOf(held)));
      },
    });
  }
}

const COLUMNS: Column<ApiKeyView>[] = [
  { head: 'id', of: ({ id }) => id },
  { head: 'label', of: ({ label }) => label ?? NONE, rank: 3, least: 8 },
  { head: 'owner', of: ({ owner }) => owner ?? NONE, rank: 4 },
  { head: 'key', of: ({ hint }) => hint, rank: 7 },
  { head: 'scopes', of: ({ scopes }) => scopes.join(' ') || NONE, rank: 6, least: 8 },
  timeColumn('expires', { of: ({ expiresAt }) => expiresAt ?? 'never', rank: 2 }),
  timeColumn('last used', { of: ({ lastUsedAt }) => lastUsedAt ?? NONE, rank: 5 }),
  { head: 'status', of: ({ status }) => status, rank: 1 },
];
