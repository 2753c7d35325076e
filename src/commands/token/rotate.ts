import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { apiKeyIdArg } from '../../cli/flags.js';
import { printFreshKey } from '../../cli/print-api-key.js';
import { management } from '../../cli/services.js';
import { rotateApiKey } from '../../core/manage/api-keys.js';
import { replacedKeyView } from '../../core/manage/views.js';
import { addDuration } from '../../core/model/time.js';

export default class TokenRotate extends BaseCommand {
  static override summary =
    'Give a client a new API key with the same permissions; the old one still works for a while.';
  static override examples = [
    '<%= config.bin %> token rotate 550e8400-e29b-41d4-a716-446655440000 --overlap 24h',
    '<%= config.bin %> token rotate 550e8400-e29b-41d4-a716-446655440000 --now',
  ];
  static override args = { id: apiKeyIdArg() };
  static override flags = {
    overlap: Flags.string({
      helpValue: 'DURATION',
      description: 'how long the old key still works [default: 24h]',
    }),
    now: Flags.boolean({ exclusive: ['overlap'], description: 'end the old key at once' }),
  };

  async run() {
    const { args, flags } = await this.parse(TokenRotate);
    const home = await this.openHome(flags.home);
    const now = home.clock.now();
    const overlapUntil = flags.now ? now : addDuration(now, flags.overlap ?? '24h');
    const fresh = await rotateApiKey(
      { ...management(home), hashSecret: await home.hashSecret() },
      args.id,
      overlapUntil,
    );
    const replaced = replacedKeyView(fresh.replaced);
    this.notice(
      flags.now
        ? `the old key ${replaced.id} stopped working`
        : `the old key ${replaced.id} works until ${replaced.expiresAt}`,
    );
    return { ...printFreshKey(this, fresh), replaced };
  }
}
