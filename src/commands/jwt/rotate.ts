import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { rotateSigningKeys } from '../../core/manage/signing-keys.js';
import { KeywrightError } from '../../core/model/errors.js';
import { addDuration, formatTime } from '../../core/model/time.js';

export default class JwtRotate extends BaseCommand {
  static override summary = 'Sign access tokens with a new key.';
  static override description =
    `What the old key signed is accepted until the overlap ends. A running server signs with the new key at once.
The setting jwt-algorithm names the algorithm.`;
  static override examples = [
    '<%= config.bin %> jwt rotate',
    '<%= config.bin %> jwt rotate --overlap 1h',
    '<%= config.bin %> jwt rotate --now',
  ];
  static override flags = {
    overlap: Flags.string({
      helpValue: 'DURATION',
      description: 'how long tokens of the old key are still accepted [default: 24h]',
    }),
    now: Flags.boolean({ exclusive: ['overlap'], description: 'refuse tokens of the old key at once' }),
  };

  async run() {
    const { flags } = await this.parse(JwtRotate);
    const home = await this.openHome(flags.home);
    const { jwtAlgorithm: algorithm } = await home.settings();
    if ((await home.tokenSealer()).configured) {
      throw new KeywrightError('refused', 'access tokens are signed with a key from the environment', {
        hint: 'change JWT_SECRET or JWT_PRIVATE_KEY, and restart the server',
      });
    }
    const now = home.clock.now();
    const overlapUntil = flags.now ? now : addDuration(now, flags.overlap ?? '24h');
    const { keys } = await rotateSigningKeys(home, { algorithm, overlapUntil });
    const views = keys.map(({ id, algorithm, createdAt, endsAt }) => ({
      id,
      algorithm,
      createdAt: formatTime(createdAt),
      expiresAt: endsAt === null ? null : formatTime(endsAt),
    }));
    for (const { id, algorithm, expiresAt } of views)
      this.log(`${id} ${algorithm} ${expiresAt === null ? 'signs' : `is accepted until ${expiresAt}`}`);
    return views;
  }
}
