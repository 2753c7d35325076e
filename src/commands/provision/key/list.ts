import { BaseCommand } from '../../../cli/base-command.js';
import { table } from '../../../cli/table.js';
import { listProvisioningKeys } from '../../../core/manage/provisioning-keys.js';
import { provisioningKeyView } from '../../../core/manage/views.js';

export default class ProvisionKeyList extends BaseCommand {
  static override summary = 'List the provisioning keys that are left, without their secrets.';
  static override description = 'Keys that were used up are gone; those that have expired go in time.';
  static override examples = [
    '<%= config.bin %> provision key list',
    '<%= config.bin %> provision key list --json',
  ];

  async run() {
    const { flags } = await this.parse(ProvisionKeyList);
    const { keyStore, clock } = await this.openHome(flags.home);
    const now = clock.now();
    const views = (await listProvisioningKeys(keyStore)).map((key) => provisioningKeyView(key, now));
    if (views.length === 0) {
      if (!this.jsonEnabled()) this.notice('no provisioning keys');
    } else {
      const rows = views.map(({ id, label, owner, hint, scopes, usesLeft, expiresAt, status }) => [
        ...[id, label ?? '-', owner ?? '-', hint, scopes.join(' '), `${usesLeft}`],
        ...[expiresAt ?? 'never', status],
      ]);
      this.log(table(['id', 'label', 'owner', 'key', 'scopes', 'uses left', 'expires', 'status'], rows));
    }
    return views;
  }
}
