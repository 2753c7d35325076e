import { BaseCommand } from '../../cli/base-command.js';
import { printAuthority } from '../../cli/print-authority.js';
import { KeywrightError } from '../../core/model/errors.js';

export default class CaShow extends BaseCommand {
  static override summary = 'Describe the certificate authority.';
  static override examples = ['<%= config.bin %> ca show', '<%= config.bin %> ca show --json'];

  async run() {
    const { flags } = await this.parse(CaShow);
    const home = await this.openHome(flags.home);
    const authority = await home.existingAuthority();
    if (authority === undefined) {
      throw new KeywrightError('not-found', `the home ${home.directory} has no CA yet`, {
        hint: 'make it with: keywright ca init',
      });
    }
    return printAuthority(this, authority);
  }
}
