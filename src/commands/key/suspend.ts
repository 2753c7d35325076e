import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { management } from '../../cli/services.js';
import { withCertificates } from '../../core/manage/clients.js';
import { clientUses } from '../../core/manage/last-uses.js';
import { suspendClient } from '../../core/manage/suspension.js';
import { clientView } from '../../core/manage/views.js';
import { parseClientId } from '../../core/model/client-id.js';

export default class KeySuspend extends BaseCommand {
  static override summary =
    "Switch all of a client's credentials off until it is resumed; its connections end.";
  static override examples = ['<%= config.bin %> key suspend myapp01'];
  static override args = {
    'client-id': Args.string({ required: true, ignoreStdin: true, description: 'the client' }),
  };

  async run() {
    const { args, flags } = await this.parse(KeySuspend);
    const home = await this.openHome(flags.home);
    const client = await suspendClient(management(home), parseClientId(args['client-id']));
    this.log(`Suspended ${client.id}`);
    const held = await withCertificates(home.keyStore, client);
    return clientView(held, await home.moment(), await clientUses(home.keyStore, [held]));
  }
}
