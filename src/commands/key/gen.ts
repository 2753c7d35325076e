import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import {
  archiveFile,
  bundleContents,
  bundleFiles,
  outputPrefix,
  replaceableFiles,
} from '../../cli/bundle-files.js';
import { commandOf, handOverFiles } from '../../cli/client-files.js';
import { refuseBoth, required } from '../../cli/flags.js';
import { ISSUE_FLAGS, type IssueFlagValues, issueTerms } from '../../cli/issue-flags.js';
import { noticeIssued } from '../../cli/notice-issued.js';
import { management } from '../../cli/services.js';
import { makeClientPassword } from '../../core/manage/client-password.js';
import { type Bundle, issueClient } from '../../core/manage/issue-client.js';
import { issuedView } from '../../core/manage/views.js';
import { parseClientId } from '../../core/model/client-id.js';
import { KEY_ALGORITHMS, type KeyAlgorithm } from '../../core/model/key-algorithm.js';

/** The flags for many clients at once. */
const MANY_FLAGS = {
  from: Flags.string({
    helpGroup: 'MANY CLIENTS',
    helpValue: 'FILE',
    exclusive: ['output', 'zip', 'force', 'overlap', 'mqtt-password'],
    description:
      'issue the clients of a CSV file with the columns id, label, scopes, valid_for, algorithm, owner, or of one id a line; - reads standard input',
  }),
  'output-dir': Flags.string({
    helpGroup: 'MANY CLIENTS',
    helpValue: 'DIR',
    dependsOn: ['from'],
    exclusive: ['zip-all'],
    description: 'where their files go [default: .]',
  }),
  'zip-all': Flags.string({
    helpGroup: 'MANY CLIENTS',
    helpValue: 'FILE',
    dependsOn: ['from'],
    description: 'write all of them into one archive instead',
  }),
  concurrency: Flags.integer({
    helpGroup: 'MANY CLIENTS',
    helpValue: 'COUNT',
    dependsOn: ['from'],
    min: 1,
    max: 64,
    description: 'how many threads make keys [default: as many as there are processors]',
  }),
  'skip-existing': Flags.boolean({
    helpGroup: 'MANY CLIENTS',
    dependsOn: ['from'],
    description: 'leave clients alone that exist already: so a run that was interrupted goes on',
  }),
};

export default class KeyGen extends BaseCommand {
  static override aliases = ['key:create', 'key:add'];
  static override summary = "Issue a client's certificate, private key and token.";
  static override description =
    `Writes PREFIX_cert.pem, PREFIX_key.pem and PREFIX_token, and with --mqtt-password alone also PREFIX_mqtt_password.
--zip writes them into one PREFIX.zip, together with the CA's certificate. Private key, token and password exist only in these
files: keywright keeps none of them.`;
  static override examples = [
    '<%= config.bin %> key gen myapp01 --output ./myapp01',
    '<%= config.bin %> key gen sensor-7 --valid-for 90d --scope ingest --scope subscribe:commands/sensor-7/#',
    '<%= config.bin %> key gen myapp01 --force --overlap 24h --zip',
    '<%= config.bin %> key gen plug-3 --mqtt-password alone',
    '<%= config.bin %> key gen --from clients.csv --output-dir ./bundles --skip-existing',
  ];
  static override hiddenAliases = ['shell:key:gen'];

  static override args = {
    'client-id': Args.string({
      ignoreStdin: true,
      description: 'who the credentials are for; becomes lower-case',
    }),
  };

  static override flags = {
    output: Flags.string({
      char: 'o',
      helpValue: 'PREFIX',
      description: 'what the names of the files begin with [default: ./CLIENT-ID]',
    }),
    zip: Flags.boolean({ description: 'write one PREFIX.zip instead of single files' }),
    algorithm: Flags.option({ options: KEY_ALGORITHMS, default: 'ec-p256' })({
      helpValue: 'NAME',
      description: `of the private key: ${KEY_ALGORITHMS.join(', ')}`,
    }),
    ...ISSUE_FLAGS,
    'mqtt-password': Flags.option({ options: ['alone'] as const })({
      description: 'also make an MQTT password that is enough alone, with the client id as user name',
    }),
    force: Flags.boolean({
      description: 'replace the certificate and signed token of an existing client, and its files',
    }),
    ...MANY_FLAGS,
  };

  async run() {
    const { args, flags } = await this.parse(KeyGen);
    if (flags.from !== undefined) return this.#genMany(flags.from, args['client-id'], flags);
    const { description } = KeyGen.args['client-id'];
    const clientId = parseClientId(required(args['client-id'], 'client-id', description));
    const prefix = await outputPrefix(flags.output, clientId);
    const withPassword = flags['mqtt-password'] === 'alone';
    const files = bundleFiles(prefix, { withPassword });
    const archive = `${prefix}.zip`;

    const home = await this.openHome(flags.home);
    const { asked, terms } = await issueTerms(flags, home);
    const authority = await home.authority();
    const password = withPassword ? await makeClientPassword(management(home), { alone: true }) : undefined;
    const issued = await issueClient(
      { ...management(home), authority },
      {
        ...{ clientId, algorithm: flags.algorithm, validity: asked, ...terms, replace: flags.force },
        mqttPassword: password?.credential,
      },
      handOverFiles<Bundle>(home, {
        ...{ clientId, prefix, replace: flags.force, command: commandOf(this.id, args, flags) },
        paths: flags.zip ? [{ path: archive, kind: 'archive' }] : replaceableFiles(files),
        certificate: ({ certificate }) => certificate,
        contents: async (made) => {
          const bundle = { ...made, mqttPassword: password?.text };
          if (!flags.zip) return bundleContents(bundle, files);
          return [
            await archiveFile(bundle, { path: archive, prefix, serverCertificate: authority.certificate }),
          ];
        },
      }),
    );

    const saved = flags.zip ? [archive] : Object.values(files);
    this.stands(`client ${clientId} is issued, and its files are saved: ${saved.join(', ')}`);
    if (flags.zip) {
      this.log(`Save bundle ${archive}`);
    } else {
      this.log(`Save certificate ${files.certificate}`);
      this.log(`Save private key ${files.privateKey}`);
      this.log(`Save token ${files.token}`);
      if (files.mqttPassword !== undefined) this.log(`Save MQTT password ${files.mqttPassword}`);
    }
    if (!this.jsonEnabled()) noticeIssued(this, issued);
    return { ...issuedView(issued, await home.moment()), files: flags.zip ? { bundle: archive } : files };
  }

  /** Issues the clients of a file. What comes of its lines is reported while it goes on, so nothing is left to print. */
  async #genMany(from: string, clientId: string | undefined, flags: ManyFlags): Promise<undefined> {
    refuseBoth(from, clientId);
    const home = await this.openHome(flags.home);
    const { asked: validity, terms } = await issueTerms(flags, home);
    const { issueFromFile } = await import('../../cli/issue-from-file.js');
    const isWhole = await issueFromFile(this, home, {
      ...{ from, outputDirectory: flags['output-dir'], archive: flags['zip-all'] },
      ...{ concurrency: flags.concurrency, skipExisting: flags['skip-existing'] },
      defaults: { ...terms, validity, algorithm: flags.algorithm },
    });
    if (!isWhole) this.exit(1);
    return undefined;
  }
}

/** What of the flags concerns many clients. */
interface ManyFlags extends IssueFlagValues {
  readonly home?: string | undefined;
  readonly algorithm: KeyAlgorithm;
  readonly 'output-dir'?: string | undefined;
  readonly 'zip-all'?: string | undefined;
  readonly concurrency?: number | undefined;
  readonly 'skip-existing': boolean;
}
