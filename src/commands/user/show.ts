import { BaseCommand } from '../../cli/base-command.js';
import { userArg } from '../../cli/flags.js';
import { printUser } from '../../cli/print-user.js';
import { requireUser } from '../../core/manage/users.js';
import { parseUserName } from '../../core/model/user.js';

export default class UserShow extends BaseCommand {
  static override summary = 'Show one user, without the password.';
  static override examples = ['<%= config.bin %> user show ann'];
  static override args = { name: userArg() };

  async run() {
    const { args, flags } = await this.parse(UserShow);
    const { keyStore } = await this.openHome(flags.home);
    return printUser(this, await requireUser(keyStore, parseUserName(args.name)));
  }
}
