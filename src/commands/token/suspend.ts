import { BaseCommand } from '../../cli/base-command.js';
import { changeMany } from '../../cli/change-many.js';
import { fromFlag, requiredApiKeyId, someApiKeyIdArg } from '../../cli/flags.js';
import { management } from '../../cli/services.js';
import { suspendApiKey } from '../../core/manage/suspension.js';
import { apiKeyView } from '../../core/manage/views.js';

export default class TokenSuspend extends BaseCommand {
  static override summary = 'Switch an API key off until it is resumed; its connections end.';
  static override examples = ['<%= config.bin %> token suspend 550e8400-e29b-41d4-a716-446655440000'];
  static override args = { id: someApiKeyIdArg() };

  static override flags = { from: fromFlag('suspend the API keys') };

  async run() {
    const { args, flags } = await this.parse(TokenSuspend);
    const home = await this.openHome(flags.home);
    const { from } = flags;
    if (from !== undefined) {
      const many = { from, given: args.id, thing: 'API key', done: 'suspended' };
      return changeMany(this, home, { ...many, change: suspendApiKey });
    }
    const id = requiredApiKeyId(args.id);
    const held = await suspendApiKey(management(home), id);
    const view = apiKeyView(held, await home.moment());
    this.log(`Suspended ${view.id}`);
    return view;
  }
}
