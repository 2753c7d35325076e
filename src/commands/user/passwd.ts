import { BaseCommand } from '../../cli/base-command.js';
import { userArg } from '../../cli/flags.js';
import { newPassword, PASSWORD_FLAGS } from '../../cli/password-input.js';
import { management } from '../../cli/services.js';
import { changePassword, requireUser } from '../../core/manage/users.js';
import { parseUserName } from '../../core/model/user.js';

export default class UserPasswd extends BaseCommand {
  static override summary = "Change a user's password and end all of the user's sessions.";
  static override examples = [
    '<%= config.bin %> user passwd ann',
    'printf %s "$PASSWORD" | <%= config.bin %> user passwd ann --password-stdin',
  ];
  static override args = { name: userArg() };
  static override flags = PASSWORD_FLAGS;

  async run() {
    const { args, flags } = await this.parse(UserPasswd);
    const id = parseUserName(args.name);
    const home = await this.openHome(flags.home);
    await requireUser(home.keyStore, id);
    await changePassword(management(home), id, await newPassword(flags));
    this.log(`Changed the password of ${id}`);
    return { id, changed: true };
  }
}
