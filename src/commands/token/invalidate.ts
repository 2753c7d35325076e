import { BaseCommand } from '../../cli/base-command.js';
import { changeMany } from '../../cli/change-many.js';
import { fromFlag, requiredApiKeyId, someApiKeyIdArg } from '../../cli/flags.js';
import { management } from '../../cli/services.js';
import { invalidateApiKey } from '../../core/manage/api-keys.js';
import { apiKeyView } from '../../core/manage/views.js';

export default class TokenInvalidate extends BaseCommand {
  static override aliases = ['token:revoke'];
  static override summary = 'Make an API key stop working at once; it stays in the list.';
  static override examples = ['<%= config.bin %> token invalidate 550e8400-e29b-41d4-a716-446655440000'];
  static override args = { id: someApiKeyIdArg() };

  static override flags = { from: fromFlag('invalidate the API keys') };

  async run() {
    const { args, flags } = await this.parse(TokenInvalidate);
    const home = await this.openHome(flags.home);
    const { from } = flags;
    if (from !== undefined) {
      const many = { from, given: args.id, thing: 'API key', done: 'invalidated' };
      return changeMany(this, home, { ...many, change: invalidateApiKey });
    }
    const id = requiredApiKeyId(args.id);
    const held = await invalidateApiKey(management(home), id);
    const view = apiKeyView(held, await home.moment());
    this.log(`Invalidated ${view.id}`);
    return view;
  }
}
