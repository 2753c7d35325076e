import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { table } from '../../cli/table.js';
import { formatTime, parseSince } from '../../core/model/time.js';

export default class AuditList extends BaseCommand {
  static override summary = 'List what was done, when and by whom, and what came of it.';
  static override description =
    'The outcome is done, failed or refused; begun where the program was killed, or is still at it: look whether it was done.';
  static override examples = [
    '<%= config.bin %> audit list',
    '<%= config.bin %> audit list --since 24h --json',
    '<%= config.bin %> audit list --target myapp01 --action key',
  ];

  static override flags = {
    since: Flags.string({ helpValue: 'WHEN', description: 'only from then on: 24h, 30d, or a time' }),
    until: Flags.string({ helpValue: 'WHEN', description: 'only until then' }),
    actor: Flags.string({ helpValue: 'WHO', description: 'only by them: a name, or like "user ann"' }),
    action: Flags.string({
      helpValue: 'WHAT',
      description: 'only this, like key.gen; key for all on keys',
    }),
    target: Flags.string({
      helpValue: 'ID',
      description: 'only what was done to this; a client id includes its API keys',
    }),
  };

  async run() {
    const { flags } = await this.parse(AuditList);
    const { audit, clock } = await this.openHome(flags.home);
    const { actor, action, target } = flags;
    const now = clock.now();
    const [since, until] = [flags.since, flags.until].map((text) =>
      text === undefined ? undefined : parseSince(text, now),
    );
    const entries = (await audit.entries({ since, until, actor, action, target })).map((entry) => ({
      ...entry,
      at: formatTime(entry.at),
    }));
    if (entries.length > 0) {
      const rows = entries.map(({ seq, at, who, from, action, target, outcome }) => [
        ...[`${seq}`, at, who, from, action, target, outcome],
      ]);
      this.log(table(['#', 'at', 'who', 'from', 'what', 'of', 'outcome'], rows));
    } else if (!this.jsonEnabled()) {
      this.notice('nothing was done');
    }
    return entries;
  }
}
