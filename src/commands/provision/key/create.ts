import { Flags } from '@oclif/core';
import { BaseCommand } from '../../../cli/base-command.js';
import { repeated } from '../../../cli/flags.js';
import { management } from '../../../cli/services.js';
import { createProvisioningKey } from '../../../core/manage/provisioning-keys.js';
import { provisioningKeyView } from '../../../core/manage/views.js';
import { counted } from '../../../core/model/counted.js';
import { parseExpiry } from '../../../core/model/time.js';
import { parseUserName } from '../../../core/model/user.js';

export default class ProvisionKeyCreate extends BaseCommand {
  static override summary = 'Make a key that a device registers itself with, shown this once.';
  static override description =
    'The device redeems it at a running server, with: keywright provision agent. Its last use deletes it.';
  static override examples = [
    '<%= config.bin %> provision key create --expires 24h > gateway-01.key',
    '<%= config.bin %> provision key create --uses 100 --scope ingest --scope subscribe:commands/# --owner ann',
    '<%= config.bin %> provision key create --qr',
  ];
  static override flags = {
    expires: Flags.string({
      helpValue: 'WHEN',
      description: '24h from now, never, or a time',
      default: '24h',
    }),
    uses: Flags.integer({ helpValue: 'COUNT', description: 'how many devices may use it', default: 1 }),
    scope: repeated('SCOPE', 'what the devices may do; may be repeated [default: ingest]'),
    owner: Flags.string({ helpValue: 'USER', description: 'the user whom the devices belong to' }),
    label: Flags.string({ helpValue: 'TEXT', description: 'a name of the key, for people' }),
    qr: Flags.boolean({ description: 'also draw it as a QR code' }),
  };

  async run() {
    const { flags } = await this.parse(ProvisionKeyCreate);
    const home = await this.openHome(flags.home);
    const now = home.clock.now();
    const { record, key } = await createProvisioningKey(
      { ...management(home), hashSecret: await home.hashSecret() },
      {
        ...{
          uses: flags.uses,
          label: flags.label,
          scopes: await home.parseScopes(flags.scope ?? ['ingest']),
        },
        owner: flags.owner === undefined ? undefined : parseUserName(flags.owner),
        expiresAt: parseExpiry(flags.expires, now),
      },
    );
    const view = provisioningKeyView(record, now);
    this.stands(
      `provisioning key ${view.id} is made, and nobody was shown it: delete it with: keywright provision key del ${view.id}`,
    );
    this.log(key);
    if (flags.qr && !this.jsonEnabled()) {
      const { renderUnicodeCompact } = await import('uqr');
      // ISO/IEC 18004: four modules of quiet around it.
      this.log(renderUnicodeCompact(key, { border: 4 }));
    }
    const uses = counted(view.usesLeft, 'use');
    this.notice(
      `this is the only time that the key is shown; ${view.id} has ${uses} and expires ${view.expiresAt ?? 'never'}`,
    );
    return { ...view, key };
  }
}
