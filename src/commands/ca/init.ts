import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { printAuthority } from '../../cli/print-authority.js';
import { KEY_ALGORITHMS } from '../../core/model/key-algorithm.js';

export default class CaInit extends BaseCommand {
  static override summary = 'Make the certificate authority, with a name, algorithm and end of your choice.';
  static override description =
    'Without this, the first command that needs a CA makes one with the defaults.';
  static override examples = [
    '<%= config.bin %> ca init',
    '<%= config.bin %> ca init --subject "CN=Plant 7 CA,O=Example" --algorithm ec-p384 --valid-for 20y',
  ];

  static override flags = {
    subject: Flags.string({ helpValue: 'NAME', description: 'its name: "CN=Plant CA,O=Example"' }),
    algorithm: Flags.option({ options: KEY_ALGORITHMS, default: 'ec-p256' })({
      description: `of its key: ${KEY_ALGORITHMS.join(', ')}`,
      helpValue: 'NAME',
    }),
    'valid-for': Flags.string({ helpValue: 'DURATION', default: '10y', description: 'how long from now' }),
  };

  async run() {
    const { flags } = await this.parse(CaInit);
    const home = await this.openHome(flags.home);
    const { subject, algorithm } = flags;
    return printAuthority(
      this,
      await home.createAuthority({ subject, algorithm, validFor: flags['valid-for'] }),
    );
  }
}
