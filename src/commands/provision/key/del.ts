import { Args } from '@oclif/core';
import { BaseCommand } from '../../../cli/base-command.js';
import { management } from '../../../cli/services.js';
import { deleteProvisioningKey } from '../../../core/manage/provisioning-keys.js';

export default class ProvisionKeyDel extends BaseCommand {
  static override aliases = ['provision:key:rm', 'provision:key:delete'];
  static override summary = 'Delete a provisioning key, so that no more devices register with it.';
  static override description = 'Devices that have registered with it stay registered.';
  static override examples = ['<%= config.bin %> provision key del 3f9a2c41d07b'];
  static override args = {
    id: Args.string({ required: true, ignoreStdin: true, description: "the key's id, from the list" }),
  };

  async run() {
    const { args, flags } = await this.parse(ProvisionKeyDel);
    await deleteProvisioningKey(management(await this.openHome(flags.home)), args.id);
    this.log(`Deleted ${args.id}`);
    return { id: args.id, deleted: true };
  }
}
