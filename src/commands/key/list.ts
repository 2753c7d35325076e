import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { homeEndsBy } from '../../cli/home-ends.js';
import { management } from '../../cli/services.js';
import { table } from '../../cli/table.js';
import { listClients } from '../../core/manage/clients.js';
import { clientView } from '../../core/manage/views.js';
import { addDuration } from '../../core/model/time.js';

export default class KeyList extends BaseCommand {
  static override summary = 'List the clients and when their credentials expire.';
  static override description =
    'With --expiring-within it also says when the CA, the server certificate and former signing keys end.';
  static override examples = [
    '<%= config.bin %> key list',
    '<%= config.bin %> key list --expiring-within 30d --json',
  ];
  static override hiddenAliases = ['shell:key:list'];

  static override flags = {
    'expiring-within': Flags.string({
      helpValue: 'DURATION',
      description: 'only those that end within 24h, 30d, …, or have ended already',
    }),
  };

  async run() {
    const { flags } = await this.parse(KeyList);
    const within = flags['expiring-within'];
    const home = await this.openHome(flags.home);
    const now = home.clock.now();
    const endingBy = within === undefined ? undefined : addDuration(now, within);
    const clients = (await listClients(management(home), { endingBy })).map((client) =>
      clientView(client, now),
    );
    if (clients.length === 0) {
      if (!this.jsonEnabled())
        this.notice(within === undefined ? 'no clients yet' : `no client ends within ${within}`);
    } else {
      const rows = clients.map(({ id, notBefore, expiresAt, status }, row) => [
        `${row + 1}`,
        id,
        notBefore,
        expiresAt ?? (status === 'no credential' ? '-' : 'never'),
        status,
      ]);
      this.log(table(['#', 'client id', 'valid from', 'expires', 'status'], rows));
    }
    for (const end of endingBy === undefined ? [] : await homeEndsBy(home, endingBy)) {
      if (this.jsonEnabled()) this.notice(end);
      else this.log(end);
    }
    return clients;
  }
}
