import { BaseCommand } from '../../cli/base-command.js';
import { apiKeyIdArg } from '../../cli/flags.js';
import { management } from '../../cli/services.js';
import { invalidateApiKey } from '../../core/manage/api-keys.js';
import { apiKeyView } from '../../core/manage/views.js';

export default class TokenInvalidate extends BaseCommand {
  static override aliases = ['token:revoke'];
  static override summary = 'Make an API key stop working at once; it stays in the list.';
  static override examples = ['<%= config.bin %> token invalidate 550e8400-e29b-41d4-a716-446655440000'];
  static override args = { id: apiKeyIdArg() };

  async run() {
    const { args, flags } = await this.parse(TokenInvalidate);
    const home = await this.openHome(flags.home);
    const held = await invalidateApiKey(management(home), args.id);
    const view = apiKeyView(held, await home.moment());
    this.log(`Invalidated ${view.id}`);
    return view;
  }
}
