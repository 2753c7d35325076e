import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import {
  bundleFiles,
  outputPrefix,
  refuseExisting,
  writeArchive,
  writeBundle,
} from '../../cli/bundle-files.js';
import { ISSUE_FLAGS, issueTerms } from '../../cli/issue-flags.js';
import { OPERATOR } from '../../core/actor.js';
import { parseClientId } from '../../core/client-id.js';
import { clientValidity, issueClient, requireFreeId } from '../../core/issue-client.js';
import { KEY_ALGORITHMS } from '../../core/key-algorithm.js';
import { formatTime } from '../../core/time.js';
import { clientView } from '../../core/views.js';

export default class KeyGen extends BaseCommand {
  static override summary = "Issue a client's certificate, private key and token.";
  static override description =
    `Writes PREFIX_cert.pem, PREFIX_key.pem and PREFIX_token, or one PREFIX.zip with the three and the certificate
that clients trust. They are shown this once: neither the private key nor the token is kept.`;
  static override examples = [
    '<%= config.bin %> key gen myapp01 --output ./myapp01',
    '<%= config.bin %> key gen sensor-7 --valid-for 90d --scope ingest --scope subscribe:commands/sensor-7/#',
    '<%= config.bin %> key gen myapp01 --force --zip',
  ];
  static override hiddenAliases = ['shell:key:gen'];

  static override args = {
    'client-id': Args.string({
      required: true,
      ignoreStdin: true,
      description: 'who the credentials are for; becomes lower-case',
    }),
  };

  static override flags = {
    output: Flags.string({
      char: 'o',
      helpValue: 'PREFIX',
      description: 'how the names of the files begin [default: ./CLIENT-ID]',
    }),
    zip: Flags.boolean({ description: 'write one PREFIX.zip instead of three files' }),
    algorithm: Flags.option({ options: KEY_ALGORITHMS, default: 'ec-p256' })({
      description: 'of the private key',
    }),
    ...ISSUE_FLAGS,
    force: Flags.boolean({
      description: 'replace the credentials of a client that exists, and files that do',
    }),
  };

  async run() {
    const { args, flags } = await this.parse(KeyGen);
    const clientId = parseClientId(args['client-id']);
    const prefix = await outputPrefix(flags.output, clientId);
    const files = bundleFiles(prefix);
    const archive = `${prefix}.zip`;

    const app = await this.openApp(flags.home);
    const { keyStore, clock, audit, licence } = app;
    const { asked, terms } = await issueTerms(flags, app);
    if (!flags.force) {
      await requireFreeId(keyStore, clientId);
      await refuseExisting(flags.zip ? [archive] : Object.values(files));
    }
    const authority = await app.authority();
    const validity = clientValidity(asked, authority, clock.now());
    const options = { replace: flags.force };
    const client = await issueClient(
      { keyStore, authority, clock, audit, licence, actor: OPERATOR },
      { clientId, algorithm: flags.algorithm, validity, ...terms, ...options },
      (bundle) =>
        flags.zip
          ? writeArchive(bundle, { path: archive, prefix, serverCertificate: authority.certificate }, options)
          : writeBundle(bundle, files, options),
    );

    if (flags.zip) {
      this.log(`Save bundle ${archive}`);
    } else {
      this.log(`Save certificate ${files.certificate}`);
      this.log(`Save private key ${files.privateKey}`);
      this.log(`Save token ${files.token}`);
    }
    if (!this.jsonEnabled()) this.notice(`client ${clientId} is valid until ${formatTime(client.notAfter)}`);
    return { ...clientView(client, clock.now()), files: flags.zip ? { bundle: archive } : files };
  }
}
