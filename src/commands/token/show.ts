import { BaseCommand } from '../../cli/base-command.js';
import { apiKeyIdArg } from '../../cli/flags.js';
import { printKey } from '../../cli/print-api-key.js';
import { management } from '../../cli/services.js';
import { apiKeyId, findApiKey } from '../../core/manage/api-keys.js';
import { lastUses } from '../../core/manage/last-uses.js';
import { apiKeyView } from '../../core/manage/views.js';

export default class TokenShow extends BaseCommand {
  static override summary = 'Show one API key, without its secret.';
  static override examples = ['<%= config.bin %> token show 550e8400-e29b-41d4-a716-446655440000'];
  static override args = { id: apiKeyIdArg() };

  async run() {
    const { args, flags } = await this.parse(TokenShow);
    const home = await this.openHome(flags.home);
    const held = await findApiKey(management(home), args.id);
    const id = apiKeyId(held.client, held.credential);
    const used = (await lastUses(home.keyStore, [id])).get(id);
    return printKey(this, apiKeyView(held, await home.moment(), used));
  }
}
