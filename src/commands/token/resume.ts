import { BaseCommand } from '../../cli/base-command.js';
import { changeMany } from '../../cli/change-many.js';
import { fromFlag, requiredApiKeyId, someApiKeyIdArg } from '../../cli/flags.js';
import { management } from '../../cli/services.js';
import { resumeApiKey } from '../../core/manage/suspension.js';
import { apiKeyView } from '../../core/manage/views.js';

export default class TokenResume extends BaseCommand {
  static override summary = 'Switch a suspended API key on again.';
  static override examples = ['<%= config.bin %> token resume 550e8400-e29b-41d4-a716-446655440000'];
  static override args = { id: someApiKeyIdArg() };

  static override flags = { from: fromFlag('resume the API keys') };

  async run() {
    const { args, flags } = await this.parse(TokenResume);
    const home = await this.openHome(flags.home);
    const { from } = flags;
    if (from !== undefined) {
      const many = { from, given: args.id, thing: 'API key', done: 'resumed' };
      return changeMany(this, home, { ...many, change: resumeApiKey });
    }
    const id = requiredApiKeyId(args.id);
    const held = await resumeApiKey(management(home), id);
    const view = apiKeyView(held, await home.moment());
    this.log(`Resumed ${view.id}`);
    return view;
  }
}
