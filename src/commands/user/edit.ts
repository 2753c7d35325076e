import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { repeated, userArg } from '../../cli/flags.js';
import { printUser } from '../../cli/print-user.js';
import { management } from '../../cli/services.js';
import { editUser } from '../../core/manage/users.js';
import { KeywrightError } from '../../core/model/errors.js';
import { parseUserName, ROLES } from '../../core/model/user.js';

export default class UserEdit extends BaseCommand {
  static override summary = "Change a user's e-mail, groups, domains, role or scopes, or disable the user.";
  static override description =
    "A disabled user cannot sign in, and the user's sessions, clients and API keys are refused, until --enable.";
  static override examples = [
    '<%= config.bin %> user edit bob --scope ingest --scope metrics',
    '<%= config.bin %> user edit bob --disable',
  ];
  static override args = { name: userArg() };
  static override flags = {
    email: Flags.string({ helpValue: 'ADDRESS', description: 'another name to sign in with; "" for none' }),
    group: repeated('NAME', 'replace the groups; "" for none; may be repeated'),
    domain: repeated('NAME', 'replace the domains; "" for none; may be repeated'),
    role: Flags.option({ options: ROLES })({
      description: 'an admin manages everything, a member what is theirs',
    }),
    scope: repeated('SCOPE', 'replace the scopes; may be repeated'),
    disable: Flags.boolean({ exclusive: ['enable'], description: 'refuse the user and all that is theirs' }),
    enable: Flags.boolean({ description: 'let a disabled user in again' }),
  };

  async run() {
    const { args, flags } = await this.parse(UserEdit);
    const { email, role, group, domain, disable, enable, scope } = flags;
    if ([email, role, group, domain, disable, enable, scope].every((flag) => flag === undefined))
      throw new KeywrightError('invalid-input', 'there is nothing to change', {
        hint: 'see: keywright user edit --help',
      });
    const home = await this.openHome(flags.home);
    const user = await editUser(management(home), parseUserName(args.name), {
      email: email === '' ? null : email,
      groups: group?.filter((name) => name !== ''),
      domains: domain?.filter((name) => name !== ''),
      role,
      scopes: scope && (await home.parseScopes(scope)),
      disabled: enable ? false : disable,
    });
    return printUser(this, user);
  }
}
