import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { apiKeyIdArg } from '../../cli/flags.js';
import { printKey } from '../../cli/print-api-key.js';
import { management } from '../../cli/services.js';
import { editApiKey } from '../../core/manage/api-keys.js';
import { apiKeyView } from '../../core/manage/views.js';
import { KeywrightError } from '../../core/model/errors.js';
import { parseExpiry } from '../../core/model/time.js';

export default class TokenEdit extends BaseCommand {
  static override summary = 'Change the label, the expiry or the scopes of an API key.';
  static override description = 'An invalidated key stays invalidated.';
  static override examples = [
    '<%= config.bin %> token edit 550e8400-e29b-41d4-a716-446655440000 --label gateway --expires 30d --scope ingest',
  ];
  static override args = { id: apiKeyIdArg() };
  static override flags = {
    label: Flags.string({ helpValue: 'TEXT', description: 'a name for people' }),
    expires: Flags.string({ helpValue: 'WHEN', description: '90d from now, never, or a time' }),
    scope: Flags.string({
      helpValue: 'SCOPE',
      multiple: true,
      multipleNonGreedy: true,
      description: 'replace its scopes; may be repeated',
    }),
  };

  async run() {
    const { args, flags } = await this.parse(TokenEdit);
    const home = await this.openHome(flags.home);
    const { label, expires, scope } = flags;
    if ([label, expires, scope].every((flag) => flag === undefined))
      throw new KeywrightError('invalid-input', 'there is nothing to change', {
        hint: 'see: keywright token edit --help',
      });
    const now = home.clock.now();
    const held = await editApiKey(management(home), args.id, {
      label,
      scopes: scope && (await home.parseScopes(scope)),
      expiresAt: expires === undefined ? undefined : parseExpiry(expires, now),
    });
    return printKey(this, apiKeyView(held, await home.moment()));
  }
}
