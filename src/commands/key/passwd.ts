import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { newPassword, PASSWORD_FLAGS } from '../../cli/password-input.js';
import { management } from '../../cli/services.js';
import {
  checkClientPassword,
  deleteClientPassword,
  LEAST_ALONE,
  setClientPassword,
} from '../../core/manage/client-password.js';
import { requireClient } from '../../core/manage/clients.js';
import { LEAST_PASSWORD } from '../../core/manage/users.js';
import { makePassword } from '../../core/model/api-key.js';
import { parseClientId } from '../../core/model/client-id.js';

export default class KeyPasswd extends BaseCommand {
  static override summary = 'Set the MQTT password of a client.';
  static override description =
    `For devices that send a password over MQTT. The user name is an API key of the client, and the password opens nothing
without it. With --alone the user name is the client id and the password is enough, for devices that have no room for more: it
then needs 16 characters, otherwise 12; --generate makes one of 24. A client has one MQTT password. A new one ends the connections
that the former one opened.`;
  static override examples = [
    '<%= config.bin %> key passwd gateway-1 --generate',
    '<%= config.bin %> key passwd sensor-7 --alone --generate',
    'printf %s "$PASSWORD" | <%= config.bin %> key passwd gateway-1 --password-stdin',
  ];
  static override args = {
    'client-id': Args.string({ required: true, ignoreStdin: true, description: 'the client' }),
  };
  static override flags = {
    alone: Flags.boolean({
      description: 'let it be enough alone, with the client id as MQTT user name',
    }),
    generate: Flags.boolean({
      exclusive: ['password-stdin', 'password-file'],
      description: 'make a password, and print it this once',
    }),
    ...PASSWORD_FLAGS,
    delete: Flags.boolean({
      exclusive: ['alone', 'generate', 'password-stdin', 'password-file'],
      description: 'take the MQTT password away',
    }),
  };

  async run() {
    const { args, flags } = await this.parse(KeyPasswd);
    const clientId = parseClientId(args['client-id']);
    const home = await this.openHome(flags.home);
    await requireClient(home.keyStore, clientId);
    const services = management(home);
    if (flags.delete) {
      await deleteClientPassword(services, clientId);
      this.log(`Deleted the MQTT password of ${clientId}`);
      return { id: clientId, deleted: true };
    }
    const { alone = false, generate } = flags;
    const password = generate
      ? makePassword()
      : await newPassword(flags, {
          least: alone ? LEAST_ALONE : LEAST_PASSWORD,
          check: (password) => checkClientPassword({ password, alone }),
        });
    await setClientPassword(services, clientId, { password, alone });
    this.stands(
      generate
        ? `${clientId} has a new MQTT password that nobody was shown: make another`
        : `the MQTT password of ${clientId} is changed`,
    );
    this.log(generate ? password : `Changed the MQTT password of ${clientId}`);
    return { id: clientId, changed: true, alone, ...(generate && { mqttPassword: password }) };
  }
}
