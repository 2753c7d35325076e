import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { repeated, userArg } from '../../cli/flags.js';
import { newPassword, PASSWORD_FLAGS } from '../../cli/password-input.js';
import { printUser } from '../../cli/print-user.js';
import { management } from '../../cli/services.js';
import { addUser, checkNewUser } from '../../core/manage/users.js';
import { parseUserName, ROLES } from '../../core/model/user.js';

export default class UserAdd extends BaseCommand {
  static override aliases = ['user:create'];
  static override summary = 'Add a user, who signs in with a password and owns clients.';
  static override description =
    'The password is asked for on a terminal, or read from standard input or a file. It needs 12 characters or more.';
  static override examples = [
    '<%= config.bin %> user add ann --role admin --email ann@example.com',
    'printf %s "$PASSWORD" | <%= config.bin %> user add bob --password-stdin --scope ingest --domain plant7',
  ];
  static override args = { name: userArg() };
  static override flags = {
    email: Flags.string({ helpValue: 'ADDRESS', description: 'another name to sign in with' }),
    group: repeated('NAME', 'a group that the user belongs to; may be repeated'),
    domain: repeated('NAME', 'a domain that the user may act in, * for all; may be repeated'),
    role: Flags.option({ options: ROLES, default: 'member' })({
      description: 'an admin manages everything, a member what is theirs',
    }),
    scope: repeated(
      'SCOPE',
      'what the user may do; may be repeated [default: * for admins, ingest for members]',
    ),
    ...PASSWORD_FLAGS,
  };

  async run() {
    const { args, flags } = await this.parse(UserAdd);
    const id = parseUserName(args.name);
    const { email, role, group: groups, domain: domains } = flags;
    const home = await this.openHome(flags.home);
    const scopes = flags.scope && (await home.parseScopes(flags.scope));
    const details = { email, groups, domains, role, scopes };
    // The check comes before the prompt for a password.
    await checkNewUser(management(home), { id, ...details });
    const password = await newPassword(flags);
    return printUser(this, await addUser(management(home), { id, password, ...details }));
  }
}
