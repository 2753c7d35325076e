import { BaseCommand } from '../../cli/base-command.js';
import { homeEndsBy } from '../../cli/home-ends.js';
import { FILTER_FLAGS, LIST_FLAGS, printList, sortFlag } from '../../cli/list.js';
import { looking } from '../../cli/services.js';
import { type Column, NONE, timeColumn } from '../../cli/table.js';
import { CLIENT_STATES } from '../../core/manage/client-state.js';
import { clientUses } from '../../core/manage/last-uses.js';
import { listClients } from '../../core/manage/list-clients.js';
import { momentOf } from '../../core/manage/management.js';
import { type ClientView, clientView } from '../../core/manage/views.js';
import { addDuration } from '../../core/model/time.js';

export default class KeyList extends BaseCommand {
  static override summary = 'List the clients and when their credentials expire.';
  static override description =
    'They are in the order of their ids. A terminal gets the first page and the number of all; --json and pipes get everything. With --expiring-within it also tells when the CA, the server certificate and former signing keys end.';
  static override examples = [
    '<%= config.bin %> key list',
    '<%= config.bin %> key list --label "line 7*" --owner ann',
    '<%= config.bin %> key list --expiring-within 30d --json',
  ];
  static override aliases = ['key:ls'];
  static override hiddenAliases = ['shell:key:list'];

  static override flags = {
    ...FILTER_FLAGS,
    state: FILTER_FLAGS.state(CLIENT_STATES),
    sort: sortFlag('id', 'createdAt', 'expiresAt', 'lastUsedAt'),
    ...LIST_FLAGS,
  };

  async run() {
    const { flags } = await this.parse(KeyList);
    const home = await this.openHome(flags.home);
    const services = await looking(home);
    const moment = momentOf(services);
    await printList(this, {
      ...{ flags, columns: COLUMNS, things: 'clients', none: 'no clients yet' },
      read: (request, reading) => listClients(services, request, reading),
      async viewOf(clients) {
        const uses = await clientUses(home.keyStore, clients);
        return (client) => clientView(client, moment, uses);
      },
    });
    const within = flags['expiring-within'];
    if (within === undefined) return;
    const ends = { until: addDuration(moment.now, within), unreadable: this.failed };
    for (const end of await homeEndsBy(home, ends)) {
      if (this.jsonEnabled()) this.notice(end);
      else this.log(end);
    }
  }
}

const COLUMNS: Column<ClientView>[] = [
  { head: '#', of: (_, index) => `${index + 1}`, rank: 6 },
  { head: 'client id', of: ({ id }) => id },
  timeColumn('valid from', { of: ({ notBefore }) => notBefore, rank: 5 }),
  timeColumn('expires', { of: endOf, rank: 2 }),
  timeColumn('last used', { of: ({ lastUsedAt }) => lastUsedAt ?? NONE, rank: 5, ifAny: true }),
  { head: 'status', of: ({ status }) => status, rank: 1 },
  { head: 'label', of: ({ label }) => label ?? NONE, rank: 3, least: 8, ifAny: true },
  { head: 'owner', of: ({ owner }) => owner ?? NONE, rank: 4, ifAny: true },
];

function endOf({ status, expiresAt }: ClientView): string {
  return expiresAt ?? (status === 'no credential' ? NONE : 'never');
}
