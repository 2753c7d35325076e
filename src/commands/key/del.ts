import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { changeMany } from '../../cli/change-many.js';
import { confirmed } from '../../cli/confirm.js';
import { fromFlag, required } from '../../cli/flags.js';
import { management } from '../../cli/services.js';
import { requireClient } from '../../core/manage/clients.js';
import { deleteClient } from '../../core/manage/delete-client.js';
import type { Managing } from '../../core/manage/management.js';
import { parseClientId } from '../../core/model/client-id.js';
import { KeywrightError } from '../../core/model/errors.js';

export default class KeyDel extends BaseCommand {
  static override aliases = ['key:rm', 'key:delete'];
  static override summary = 'Delete a client: its certificate and token stop working at once.';
  static override description = 'A running server refuses it from then on and closes its connections.';
  static override examples = [
    '<%= config.bin %> key del myapp01',
    '<%= config.bin %> key del myapp01 --yes',
    '<%= config.bin %> key del --from ids.txt --yes',
  ];
  static override hiddenAliases = ['shell:key:del'];

  static override args = {
    'client-id': Args.string({ ignoreStdin: true, description: 'the client' }),
  };
  static override flags = {
    from: fromFlag('delete the clients'),
    yes: Flags.boolean({ char: 'y', description: 'do not ask' }),
  };

  async run() {
    const { args, flags } = await this.parse(KeyDel);
    const { from, yes } = flags;
    if (from !== undefined) {
      const question = `Delete the clients that ${from} names? Their credentials stop working at once.`;
      return changeMany(this, await this.openHome(flags.home), {
        ...{ from, given: args['client-id'], thing: 'client', done: 'deleted', change: deleteUnlessDone },
        question: yes ? undefined : question,
      });
    }
    const { description } = KeyDel.args['client-id'];
    const clientId = parseClientId(required(args['client-id'], 'client-id', description));
    const home = await this.openHome(flags.home);
    await requireClient(home.keyStore, clientId);
    if (!yes && !(await confirmed(`Delete ${clientId}? Its credentials stop working at once.`))) {
      throw new KeywrightError('cancelled', `client ${clientId} was not deleted`);
    }
    await deleteClient(management(home), clientId);
    this.log(`Deleted ${clientId}`);
    return { id: clientId, deleted: true };
  }
}

// A run before, which was interrupted, may have deleted it.
async function deleteUnlessDone(services: Managing, id: string): Promise<boolean> {
  const clientId = parseClientId(id);
  const found = await services.keyStore.clients.get(clientId);
  if (found !== undefined && found.deletedAt !== null) return false;
  await deleteClient(services, clientId);
  return true;
}
