import { apiKeyView, printKey } from '../../cli/api-key-view.js';
import { apiKeyIdArg } from '../../cli/args.js';
import { BaseCommand } from '../../cli/base-command.js';
import { findApiKey } from '../../core/api-keys.js';

export default class TokenShow extends BaseCommand {
  static override summary = 'Show one API key, without its secret.';
  static override examples = ['<%= config.bin %> token show 550e8400-e29b-41d4-a716-446655440000'];
  static override args = { id: apiKeyIdArg() };

  async run() {
    const { args, flags } = await this.parse(TokenShow);
    const { keyStore, clock } = await this.openApp(flags.home);
    const { client, credential } = await findApiKey(keyStore, args.id);
    return printKey(this, apiKeyView(client, credential, clock.now()));
  }
}
