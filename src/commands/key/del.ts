import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { confirmed } from '../../cli/confirm.js';
import { management } from '../../cli/services.js';
import { requireClient } from '../../core/manage/clients.js';
import { deleteClient } from '../../core/manage/delete-client.js';
import { parseClientId } from '../../core/model/client-id.js';
import { KeywrightError } from '../../core/model/errors.js';

export default class KeyDel extends BaseCommand {
  static override aliases = ['key:rm', 'key:delete'];
  static override summary = 'Delete a client: its certificate and token stop working at once.';
  static override description = 'A running server refuses it from then on and closes its connections.';
  static override examples = ['<%= config.bin %> key del myapp01', '<%= config.bin %> key del myapp01 --yes'];
  static override hiddenAliases = ['shell:key:del'];

  static override args = {
    'client-id': Args.string({ required: true, ignoreStdin: true, description: 'the client' }),
  };
  static override flags = { yes: Flags.boolean({ char: 'y', description: 'do not ask' }) };

  async run() {
    const { args, flags } = await this.parse(KeyDel);
    const clientId = parseClientId(args['client-id']);
    const home = await this.openHome(flags.home);
    await requireClient(home.keyStore, clientId);
    if (!flags.yes && !(await confirmed(`Delete ${clientId}? Its credentials stop working at once.`))) {
      throw new KeywrightError('cancelled', `client ${clientId} was not deleted`);
    }
    await deleteClient(management(home), clientId);
    this.log(`Deleted ${clientId}`);
    return { id: clientId, deleted: true };
  }
}
