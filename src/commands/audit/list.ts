import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { table } from '../../cli/table.js';
import { formatTime, parseSince } from '../../core/model/time.js';

export default class AuditList extends BaseCommand {
  static override summary = 'List what was changed, when and by whom.';
  static override description =
    'Every change is recorded before it is made; one that fails gets a second line. So are calls that were refused.';
  static override examples = [
    '<%= config.bin %> audit list',
    '<%= config.bin %> audit list --since 24h --json',
  ];

  static override flags = {
    since: Flags.string({ helpValue: 'WHEN', description: 'only from then on: 24h, 30d, or a time' }),
  };

  async run() {
    const { flags } = await this.parse(AuditList);
    const { audit, clock } = await this.openHome(flags.home);
    const since = flags.since === undefined ? 0 : parseSince(flags.since, clock.now());
    const entries = (await audit.entries())
      .filter(({ at }) => at >= since)
      .map((entry) => ({ ...entry, at: formatTime(entry.at) }));
    if (entries.length > 0) {
      const rows = entries.map(({ seq, at, who, from, action, target, outcome }) => [
        ...[`${seq}`, at, who, from, action, target, outcome],
      ]);
      this.log(table(['#', 'at', 'who', 'from', 'what', 'of', 'outcome'], rows));
    } else if (!this.jsonEnabled()) {
      this.notice('nothing was changed');
    }
    return entries;
  }
}
