import { once } from 'node:events';
import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { looking } from '../../cli/services.js';
import { clientUses } from '../../core/manage/last-uses.js';
import { momentOf } from '../../core/manage/management.js';
import { type ClientView, clientView } from '../../core/manage/views.js';
import { isHeld } from '../../core/model/certificate.js';
import type { User } from '../../core/model/user.js';

export default class KeyExport extends BaseCommand {
  static override summary = 'Print every client, as CSV or as lines of JSON, without any secret.';
  static override description =
    'The clients are in no order. However many there are, it takes no more memory, and begins to print at once. What was deleted is left out.';
  static override examples = [
    '<%= config.bin %> key export > clients.csv',
    '<%= config.bin %> key export --format jsonl | jq -r .id',
  ];
  static override flags = {
    format: Flags.option({ options: ['csv', 'jsonl'] as const })({
      helpValue: 'NAME',
      description:
        'csv, with a first line that names the columns; or jsonl, a client a line [default: csv; jsonl with --json]',
    }),
  };

  async run() {
    const { flags } = await this.parse(KeyExport);
    const home = await this.openHome(flags.home);
    const { keyStore, ...services } = await looking(home);
    const moment = momentOf(services);
    const owners = new Map<string, Promise<User | undefined>>();
    const isCsv = (flags.format ?? (this.jsonEnabled() ? 'jsonl' : 'csv')) === 'csv';
    if (isCsv) await write(`${COLUMNS.join(',')}\r\n`);
    for await (const { clients, certificatesOf } of keyStore.clients.inParts()) {
      const held = await Promise.all(
        clients.map(async (client) => ({
          client,
          certificates: certificatesOf(client.id).filter(isHeld),
          owner: client.owner === null ? undefined : await ownerOf(client.owner),
        })),
      );
      const uses = await clientUses(keyStore, held);
      const views = held.map((each) => clientView(each, moment, uses));
      await write(views.map(isCsv ? csvLine : jsonLine).join(''));
    }

    function ownerOf(id: string) {
      const owner = owners.get(id) ?? keyStore.users.get(id);
      owners.set(id, owner);
      return owner;
    }
  }
}

const COLUMNS = [
  'id',
  'status',
  'label',
  'owner',
  'domain',
  'scopes',
  'not_before',
  'expires_at',
  'created_at',
  'updated_at',
  'last_used_at',
];

function csvLine(view: ClientView): string {
  const { id, status, label, owner, domain, scopes, notBefore, expiresAt } = view;
  const times = [notBefore, expiresAt, view.createdAt, view.updatedAt, view.lastUsedAt];
  return `${[id, status, label, owner, domain, scopes.join(' '), ...times].map(csvValue).join(',')}\r\n`;
}

// RFC 4180 section 2.
function csvValue(value: string | null): string {
  const text = value ?? '';
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function jsonLine(view: ClientView): string {
  return `${JSON.stringify(view)}\n`;
}

async function write(text: string): Promise<void> {
  if (text !== '' && !process.stdout.write(text)) await once(process.stdout, 'drain');
}
