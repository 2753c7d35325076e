import { BaseCommand } from '../../cli/base-command.js';
import { fromFlag, refuseBoth, requiredApiKeyId, someApiKeyIdArg } from '../../cli/flags.js';
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
    if (flags.from !== undefined) {
      const from = refuseBoth(flags.from, args.id);
      const { changeFromFile } = await import('../../cli/change-from-file.js');
      const isWhole = await changeFromFile(this, home, {
        ...{ from, thing: 'API key', done: 'invalidated' },
        change: async (services, id) => {
          await invalidateApiKey(services, id);
          return true;
        },
      });
      if (!isWhole) this.exit(1);
      return undefined;
    }
    const id = requiredApiKeyId(args.id);
    const held = await invalidateApiKey(management(home), id);
    const view = apiKeyView(held, await home.moment());
    this.log(`Invalidated ${view.id}`);
    return view;
  }
}
