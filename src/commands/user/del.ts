import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { confirmed } from '../../cli/confirm.js';
import { userArg } from '../../cli/flags.js';
import { management } from '../../cli/services.js';
import { checkDeletion, deleteUser } from '../../core/manage/delete-user.js';
import { KeywrightError } from '../../core/model/errors.js';
import { parseUserName } from '../../core/model/user.js';

export default class UserDel extends BaseCommand {
  static override aliases = ['user:rm', 'user:delete'];
  static override summary = 'Delete a user and end the sessions of that user at once.';
  static override description = 'A user who owns clients is deleted only if you say what becomes of them.';
  static override examples = [
    '<%= config.bin %> user del bob --yes',
    '<%= config.bin %> user del bob --give-to ann',
    '<%= config.bin %> user del bob --with-clients',
  ];
  static override args = { name: userArg() };
  static override flags = {
    'with-clients': Flags.boolean({
      exclusive: ['give-to'],
      description: "delete the user's clients and their credentials too",
    }),
    'give-to': Flags.string({ helpValue: 'USER', description: "hand the user's clients on to another user" }),
    yes: Flags.boolean({ char: 'y', description: 'do not ask' }),
  };

  async run() {
    const { args, flags } = await this.parse(UserDel);
    const id = parseUserName(args.name);
    const home = await this.openHome(flags.home);
    const heir = flags['give-to'];
    const others = flags['with-clients'] ? 'delete' : 'none';
    const clients = heir === undefined ? others : { giveTo: parseUserName(heir) };
    // The check comes before the question.
    await checkDeletion(home.keyStore, id, clients);
    if (!flags.yes && !(await confirmed(`Delete user ${id}? The user's sessions end at once.`))) {
      throw new KeywrightError('cancelled', `user ${id} was not deleted`);
    }
    await deleteUser(management(home), id, clients);
    this.log(`Deleted user ${id}`);
    return { id, deleted: true };
  }
}
