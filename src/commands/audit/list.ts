import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { LIST_FLAGS, ON_TERMINAL, printRows } from '../../cli/list.js';
import type { Column } from '../../cli/table.js';
import { formatTime, parseSince } from '../../core/model/time.js';
import type { AuditEntry } from '../../core/ports/audit-log.js';

export default class AuditList extends BaseCommand {
  static override summary = 'List what was done, when and by whom, and what came of it.';
  static override description =
    'The outcome is done, failed or refused. It is begun while a change is going on, and stays so if the program was killed: then look whether the change was made.';
  static override examples = [
    '<%= config.bin %> audit list',
    '<%= config.bin %> audit list --since 24h --json',
    '<%= config.bin %> audit list --target myapp01 --action key',
  ];

  static override aliases = ['audit:ls'];
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
    wide: LIST_FLAGS.wide,
  };

  async run() {
    const { flags } = await this.parse(AuditList);
    const { audit, clock } = await this.openHome(flags.home);
    const { actor, action, target } = flags;
    const now = clock.now();
    const [since, until] = [flags.since, flags.until].map((text) =>
      text === undefined ? undefined : parseSince(text, now),
    );
    const entries = await audit.entries({ since, until, actor, action, target });
    const shown = process.stdout.isTTY && !this.jsonEnabled() ? entries.slice(-ON_TERMINAL) : entries;
    await printRows(this, shown, entryView, { columns: COLUMNS, wide: flags.wide, none: 'nothing was done' });
    if (shown.length < entries.length)
      this.notice(`these are the last ${shown.length} of ${entries.length}; narrow them, or pipe them on`);
  }
}

type EntryView = ReturnType<typeof entryView>;

function entryView({ at, ...entry }: AuditEntry) {
  return { ...entry, at: formatTime(at) };
}

const COLUMNS: Column<EntryView>[] = [
  { head: '#', of: ({ seq }) => `${seq}` },
  { head: 'at', of: ({ at }) => at },
  { head: 'who', of: ({ who }) => who, rank: 3, least: 8 },
  { head: 'from', of: ({ from }) => from, rank: 4 },
  { head: 'what', of: ({ action }) => action, rank: 1 },
  { head: 'of', of: ({ target }) => target },
  { head: 'outcome', of: ({ outcome }) => outcome, rank: 2 },
];
