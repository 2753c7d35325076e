import { Flags } from '@oclif/core';
import { apiKeyServices } from '../../cli/api-key-services.js';
import { printFreshKey } from '../../cli/api-key-view.js';
import { askApiKey } from '../../cli/ask-api-key.js';
import { BaseCommand } from '../../cli/base-command.js';
import { DEFAULT_KEY_PREFIX } from '../../core/api-key.js';
import { registerApiKey } from '../../core/api-keys.js';
import { parseClientId } from '../../core/client-id.js';
import { parseScope } from '../../core/scope.js';
import { parseExpiry } from '../../core/time.js';

export default class RegisterToken extends BaseCommand {
  static override summary = 'Register an API key: a client id and a secret, shown this once.';
  static override description =
    `Without --client it makes a client with a UUID; with it, an existing client gets one more credential. On a terminal it
asks for what the flags leave out.`;
  static override examples = [
    '<%= config.bin %> register token --label production-ingest --expires 90d --scope ingest',
    '<%= config.bin %> register token --client myapp01 --expires never --prefix mchx_ --json',
  ];

  static override flags = {
    client: Flags.string({ helpValue: 'ID', description: 'an existing client that gets the key' }),
    label: Flags.string({ helpValue: 'TEXT', description: 'a name for people' }),
    expires: Flags.string({ helpValue: 'WHEN', description: '90d, never, or a time [default: 90d]' }),
    scope: Flags.string({
      helpValue: 'SCOPE',
      multiple: true,
      multipleNonGreedy: true,
      description: 'what it may do; may be repeated [default: ingest]',
    }),
    prefix: Flags.string({
      helpValue: 'PREFIX',
      default: DEFAULT_KEY_PREFIX,
      description: 'what the key begins with',
    }),
  };

  async run() {
    const { flags } = await this.parse(RegisterToken);
    const clientId = flags.client === undefined ? undefined : parseClientId(flags.client);
    const { label, expires, scope } = this.jsonEnabled() ? flags : await askApiKey(flags);
    const app = await this.openApp(flags.home);
    const request = {
      clientId,
      label,
      scopes: (scope ?? ['ingest']).map(parseScope),
      expiresAt: parseExpiry(expires ?? '90d', app.clock.now()),
      prefix: flags.prefix,
    };
    const fresh = await registerApiKey(await apiKeyServices(app), request);
    return printFreshKey(this, fresh);
  }
}
