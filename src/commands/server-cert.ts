import { X509Certificate } from 'node:crypto';
import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { writeCertificate } from '../cli/write-certificate.js';

export default class ServerCert extends BaseCommand {
  static override summary = 'Export the certificate that clients trust.';
  static override description =
    "It is the CA's certificate, which signs what the server presents over TLS. Other programs take it as --cafile, --cacert and the like.";
  static override examples = [
    '<%= config.bin %> server-cert --output ./keywright.crt',
    '<%= config.bin %> server-cert --format der > keywright.der',
  ];
  static override aliases = ['key:server-cert'];
  static override hiddenAliases = ['key:server-key', 'shell:key:server-cert', 'shell:key:server-key'];

  static override flags = {
    output: Flags.string({
      char: 'o',
      helpValue: 'FILE',
      description: 'where to write it [default: standard output]',
    }),
    format: Flags.option({ options: ['pem', 'der'] as const, default: 'pem' })({
      description: 'form of the certificate',
    }),
  };

  async run() {
    const { flags } = await this.parse(ServerCert);
    const home = await this.openHome(flags.home);
    const { certificate: pem, fingerprint } = await home.authority();
    const data = flags.format === 'der' ? new X509Certificate(pem).raw : pem;
    if (flags.output !== undefined) {
      await writeCertificate(flags.output, data);
      this.log(`Save certificate ${flags.output}`);
    } else if (!this.jsonEnabled()) {
      process.stdout.write(data);
    }
    return { certificate: pem, fingerprint, ...(flags.output !== undefined && { file: flags.output }) };
  }
}
