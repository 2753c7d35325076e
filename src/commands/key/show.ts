import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { fields } from '../../cli/table.js';
import { requireClient, withCertificates } from '../../core/manage/clients.js';
import { clientUses } from '../../core/manage/last-uses.js';
import { type ClientView, clientView } from '../../core/manage/views.js';
import { parseClientId } from '../../core/model/client-id.js';

export default class KeyShow extends BaseCommand {
  static override summary = 'Show one client and its credentials, without their secrets.';
  static override examples = [
    '<%= config.bin %> key show myapp01',
    '<%= config.bin %> key show myapp01 --json',
  ];
  static override hiddenAliases = ['shell:key:show'];

  static override args = {
    'client-id': Args.string({ required: true, ignoreStdin: true, description: 'the client' }),
  };

  async run() {
    const { args, flags } = await this.parse(KeyShow);
    const home = await this.openHome(flags.home);
    const { keyStore } = home;
    const client = await requireClient(keyStore, parseClientId(args['client-id']));
    const held = await withCertificates(keyStore, client);
    const view = clientView(held, await home.moment(), await clientUses(keyStore, [held]));
    const { id, status, label, owner, domain, scopes, notBefore, expiresAt } = view;
    this.log(
      fields([
        ['client id', id],
        ['status', status],
        ['label', label ?? '-'],
        ['owner', owner ?? '-'],
        ['domain', domain ?? '-'],
        ['scopes', scopes.join(' ') || '-'],
        ['valid from', notBefore],
        ['expires', expiresAt ?? 'never'],
        ['last used', view.lastUsedAt === null ? '-' : `${view.lastUsedAt} from ${view.lastUsedFrom}`],
        ...view.credentials.map((credential): [string, string] => [credential.kind, describe(credential)]),
      ]),
    );
    return view;
  }
}

function describe(credential: ClientView['credentials'][number]): string {
  return `${identify(credential)}, ${credential.status}, expires ${credential.expiresAt ?? 'never'}`;
}

function identify(credential: ClientView['credentials'][number]): string {
  switch (credential.kind) {
    case 'certificate': {
      const { algorithm, serial, fingerprint, notBefore, replacedAt } = credential;
      const replaced = replacedAt === null ? '' : `, replaced ${replacedAt}`;
      return `${algorithm}, serial ${serial}, SHA-256 ${fingerprint}, valid from ${notBefore}${replaced}`;
    }
    case 'signed-token':
      return `signed by the key of ${credential.certificate.slice(0, 16)}…`;
    case 'password':
      return `for MQTT, ${credential.alone ? 'suffices alone' : 'beside an API key'}, set ${credential.createdAt}`;
    case 'api-key':
      return `${credential.id}, ${credential.hint}`;
  }
}
