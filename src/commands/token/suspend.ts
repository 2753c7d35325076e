import { BaseCommand } from '../../cli/base-command.js';
import { apiKeyIdArg } from '../../cli/flags.js';
import { management } from '../../cli/services.js';
import { suspendApiKey } from '../../core/manage/suspension.js';
import { apiKeyView } from '../../core/manage/views.js';

export default class TokenSuspend extends BaseCommand {
  static override summary = 'Switch an API key off until it is resumed; its connections end.';
  static override examples = ['<%= config.bin %> token suspend 550e8400-e29b-41d4-a716-446655440000'];
  static override args = { id: apiKeyIdArg() };

  async run() {
    const { args, flags } = await this.parse(TokenSuspend);
    const home = await this.openHome(flags.home);
    const held = await suspendApiKey(management(home), args.id);
    const view = apiKeyView(held, await home.moment());
    this.log(`Suspended ${view.id}`);
    return view;
  }
}
