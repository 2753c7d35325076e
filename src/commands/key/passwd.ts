import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { newPassword, PASSWORD_FLAGS } from '../../cli/password-input.js';
import { userServices } from '../../cli/services.js';
import { makePassword } from '../../core/api-key.js';
import { parseClientId } from '../../core/client-id.js';
import { setClientPassword } from '../../core/client-password.js';
import { requireClient } from '../../core/issue-client.js';
import { checkPassword } from '../../core/users.js';

export default class KeyPasswd extends BaseCommand {
  static override summary = 'Set the MQTT password of a client.';
  static override description =
    'For devices that send their API key as MQTT user name and a password beside it. The password alone opens nothing.';
  static override examples = [
    '<%= config.bin %> key passwd gateway-1 --generate',
    'printf %s "$PASSWORD" | <%= config.bin %> key passwd gateway-1 --password-stdin',
  ];
  static override args = {
    'client-id': Args.string({ required: true, ignoreStdin: true, description: 'the client' }),
  };
  static override flags = {
    generate: Flags.boolean({
      exclusive: ['password-stdin', 'password-file'],
      description: 'make a password, and print it this once',
    }),
    ...PASSWORD_FLAGS,
  };

  async run() {
    const { args, flags } = await this.parse(KeyPasswd);
    const clientId = parseClientId(args['client-id']);
    const app = await this.openApp(flags.home);
    await requireClient(app.keyStore, clientId);
    const password = flags.generate ? makePassword() : checkPassword(await newPassword(flags));
    await setClientPassword(await userServices(app), clientId, password);
    this.log(flags.generate ? password : `Changed the MQTT password of ${clientId}`);
    return { clientId, changed: true, ...(flags.generate && { mqttPassword: password }) };
  }
}
