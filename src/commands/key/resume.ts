import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { management } from '../../cli/services.js';
import { withCertificates } from '../../core/manage/clients.js';
import { clientUses } from '../../core/manage/last-uses.js';
import { resumeClient } from '../../core/manage/suspension.js';
import { clientView } from '../../core/manage/views.js';
import { parseClientId } from '../../core/model/client-id.js';

export default class KeyResume extends BaseCommand {
  static override summary = 'Switch a suspended client on again.';
  static override examples = ['<%= config.bin %> key resume myapp01'];
  static override args = {
    'client-id': Args.string({ required: true, ignoreStdin: true, description: 'the client' }),
  };

  async run() {
    const { args, flags } = await this.parse(KeyResume);
    const home = await this.openHome(flags.home);
    const client = await resumeClient(management(home), parseClientId(args['client-id']));
    this.log(`Resumed ${client.id}`);
    const held = await withCertificates(home.keyStore, client);
    return clientView(held, await home.moment(), await clientUses(home.keyStore, [held]));
  }
}
