import { BaseCommand } from '../../cli/base-command.js';
import { fromFlag, refuseBoth, requiredApiKeyId, someApiKeyIdArg } from '../../cli/flags.js';
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
    if (flags.from !== undefined) {
      const from = refuseBoth(flags.from, args.id);
      const { changeFromFile } = await import('../../cli/change-from-file.js');
      const isWhole = await changeFromFile(this, home, {
        ...{ from, thing: 'API key', done: 'resumed' },
        change: async (services, id) => {
          await resumeApiKey(services, id);
          return true;
        },
      });
      if (!isWhole) this.exit(1);
      return undefined;
    }
    const id = requiredApiKeyId(args.id);
    const held = await resumeApiKey(management(home), id);
    const view = apiKeyView(held, await home.moment());
    this.log(`Resumed ${view.id}`);
    return view;
  }
}
