import { BaseCommand } from '../../../cli/base-command.js';
import { FILTER_FLAGS, LIST_FLAGS, printList, sortFlag } from '../../../cli/list.js';
import { management } from '../../../cli/services.js';
import { type Column, NONE, timeColumn } from '../../../cli/table.js';
import { listProvisioningKeys } from '../../../core/manage/provisioning-keys.js';
import { type ProvisioningKeyView, provisioningKeyView } from '../../../core/manage/views.js';
import { PROVISIONING_KEY_STATES } from '../../../core/model/provisioning-key.js';

export default class ProvisionKeyList extends BaseCommand {
  static override summary = 'List the provisioning keys that are left, without their secrets.';
  static override description = 'Keys that were used up are gone; expired ones are removed in time.';
  static override examples = [
    '<%= config.bin %> provision key list',
    '<%= config.bin %> provision key list --json',
  ];
  static override aliases = ['provision:key:ls'];
  static override flags = {
    ...FILTER_FLAGS,
    state: FILTER_FLAGS.state(PROVISIONING_KEY_STATES),
    sort: sortFlag('id', 'createdAt', 'expiresAt'),
    ...LIST_FLAGS,
  };

  async run() {
    const { flags } = await this.parse(ProvisionKeyList);
    const home = await this.openHome(flags.home);
    const now = home.clock.now();
    await printList(this, {
      ...{ flags, columns: COLUMNS, things: 'provisioning keys', none: 'no provisioning keys' },
      read: (request, reading) => listProvisioningKeys(management(home), request, reading),
      viewOf: () => (key) => provisioningKeyView(key, now),
    });
  }
}

const COLUMNS: Column<ProvisioningKeyView>[] = [
  { head: 'id', of: ({ id }) => id },
  { head: 'label', of: ({ label }) => label ?? NONE, rank: 4, least: 8 },
  { head: 'owner', of: ({ owner }) => owner ?? NONE, rank: 5 },
  { head: 'key', of: ({ hint }) => hint, rank: 7 },
  { head: 'scopes', of: ({ scopes }) => scopes.join(' ') || NONE, rank: 6, least: 8 },
  { head: 'uses left', of: ({ usesLeft }) => `${usesLeft}`, rank: 3 },
  timeColumn('expires', { of: ({ expiresAt }) => expiresAt ?? 'never', rank: 2 }),
  { head: 'status', of: ({ status }) => status, rank: 1 },
];
