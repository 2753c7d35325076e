import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { changeMany } from '../../cli/change-many.js';
import { confirmed } from '../../cli/confirm.js';
import { fromFlag, requiredApiKeyId, someApiKeyIdArg } from '../../cli/flags.js';
import { management } from '../../cli/services.js';
import { apiKeyId, deleteApiKey, findApiKey } from '../../core/manage/api-keys.js';
import { KeywrightError } from '../../core/model/errors.js';

export default class TokenDelete extends BaseCommand {
  static override aliases = ['token:rm', 'token:del'];
  static override summary = 'Delete an API key for good.';
  static override description = 'A client that had nothing but this key goes with it.';
  static override examples = ['<%= config.bin %> token delete 550e8400-e29b-41d4-a716-446655440000 --yes'];
  static override args = { id: someApiKeyIdArg() };
  static override flags = {
    from: fromFlag('delete the API keys'),
    yes: Flags.boolean({ char: 'y', description: 'do not ask' }),
  };

  async run() {
    const { args, flags } = await this.parse(TokenDelete);
    const home = await this.openHome(flags.home);
    const { from, yes } = flags;
    if (from !== undefined) {
      const question = yes ? undefined : `Delete the API keys that ${from} names? They stop working at once.`;
      const many = { from, given: args.id, question, thing: 'API key', done: 'deleted' };
      return changeMany(this, home, { ...many, change: deleteApiKey });
    }
    const told = requiredApiKeyId(args.id);
    const { client, credential } = await findApiKey(management(home), told);
    const id = apiKeyId(client, credential);
    if (!yes && !(await confirmed(`Delete ${id}? It stops working at once.`))) {
      throw new KeywrightError('cancelled', `API key ${id} was not deleted`);
    }
    await deleteApiKey(management(home), id);
    this.log(`Deleted ${id}`);
    return { id, deleted: true };
  }
}
