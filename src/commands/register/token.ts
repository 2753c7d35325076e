import { Flags } from '@oclif/core';
import { askApiKey } from '../../cli/ask-api-key.js';
import { BaseCommand } from '../../cli/base-command.js';
import { printFreshKey } from '../../cli/print-api-key.js';
import { management } from '../../cli/services.js';
import { makeClientPassword } from '../../core/manage/client-password.js';
import { registerApiKey } from '../../core/manage/register-api-key.js';

export default class RegisterToken extends BaseCommand {
  static override aliases = ['token:create', 'token:register', 'token:add'];
  static override summary = 'Register an API key: a client id and a secret, shown this once.';
  static override description =
    `Without --client it makes a new client, whose id is a UUID. With --client an existing client gets one more credential. On
a terminal it asks for what the flags leave out.`;
  static override examples = [
    '<%= config.bin %> register token --label production-ingest --expires 90d --scope ingest',
    '<%= config.bin %> register token --client myapp01 --expires never --prefix mchx_ --json',
  ];

  static override flags = {
    client: Flags.string({ helpValue: 'ID', description: 'the existing client that gets the key' }),
    owner: Flags.string({ helpValue: 'USER', description: 'the user whom a new client belongs to' }),
    domain: Flags.string({ helpValue: 'NAME', description: 'the domain that a new client may act in' }),
    label: Flags.string({ helpValue: 'TEXT', description: 'a name for people' }),
    expires: Flags.string({
      helpValue: 'WHEN',
      description: '90d from now, never, or a time [default: 90d]',
    }),
    scope: Flags.string({
      helpValue: 'SCOPE',
      multiple: true,
      multipleNonGreedy: true,
      description: 'what it may do; may be repeated [default: ingest]',
    }),
    prefix: Flags.string({
      helpValue: 'PREFIX',
      description: 'what the key begins with [default: the setting key-prefix, kw_live_]',
    }),
    'mqtt-password': Flags.boolean({
      description: 'also make the password that goes beside the key as MQTT user name',
    }),
  };

  async run() {
    const { flags } = await this.parse(RegisterToken);
    const home = await this.openHome(flags.home);
    const request = await askApiKey(flags, home, { mayAsk: !this.jsonEnabled() });
    const mqttPassword = flags['mqtt-password']
      ? await makeClientPassword(management(home), { alone: false })
      : undefined;
    return printFreshKey(
      this,
      await registerApiKey(
        { ...management(home), hashSecret: await home.hashSecret() },
        { ...request, mqttPassword },
      ),
    );
  }
}
