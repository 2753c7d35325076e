import { BaseCommand } from '../../cli/base-command.js';
import { apiKeyIdArg } from '../../cli/flags.js';
import { management } from '../../cli/services.js';
import { resumeApiKey } from '../../core/manage/suspension.js';
import { apiKeyView } from '../../core/manage/views.js';

export default class TokenResume extends BaseCommand {
  static override summary = 'Switch a suspended API key on again.';
  static override examples = ['<%= config.bin %> token resume 550e8400-e29b-41d4-a716-446655440000'];
  static override args = { id: apiKeyIdArg() };

  async run() {
    const { args, flags } = await this.parse(TokenResume);
    const home = await this.openHome(flags.home);
    const held = await resumeApiKey(management(home), args.id);
    const view = apiKeyView(held, await home.moment());
    this.log(`Resumed ${view.id}`);
    return view;
  }
}
