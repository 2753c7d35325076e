import { apiKeyServices } from '../../cli/api-key-services.js';
import { apiKeyView } from '../../cli/api-key-view.js';
import { apiKeyIdArg } from '../../cli/args.js';
import { BaseCommand } from '../../cli/base-command.js';
import { invalidateApiKey } from '../../core/api-keys.js';

export default class TokenInvalidate extends BaseCommand {
  static override summary = 'Make an API key stop working at once; it stays in the list.';
  static override examples = ['<%= config.bin %> token invalidate 550e8400-e29b-41d4-a716-446655440000'];
  static override args = { id: apiKeyIdArg() };

  async run() {
    const { args, flags } = await this.parse(TokenInvalidate);
    const app = await this.openApp(flags.home);
    const { client, credential } = await invalidateApiKey(await apiKeyServices(app), args.id);
    const view = apiKeyView(client, credential, app.clock.now());
    this.log(`Invalidated ${view.id}`);
    return view;
  }
}
