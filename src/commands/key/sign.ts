import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { certificateFile } from '../../cli/bundle-files.js';
import { commandOf, handOverFiles } from '../../cli/client-files.js';
import { readInput } from '../../cli/input.js';
import { ISSUE_FLAGS, issueTerms } from '../../cli/issue-flags.js';
import { noticeIssued } from '../../cli/notice-issued.js';
import { management } from '../../cli/services.js';
import { requestedClientId } from '../../core/manage/certification-request.js';
import { type HandOver, signClient } from '../../core/manage/issue-client.js';
import { issuedView } from '../../core/manage/views.js';
import { readCertificateRequest } from '../../home/certificate-request.js';

export default class KeySign extends BaseCommand {
  static override summary = "Issue a client's certificate for a key that stays with it.";
  static override description =
    `Signs a request (PKCS#10, PEM or DER) that is signed by its own key. Its subject is the client id as CN and nothing else,
unless --id names the client; the subject of the certificate is always the client id alone. The client makes its signed token
with that key itself.`;
  static override examples = [
    '<%= config.bin %> key sign sensor-7.csr --output sensor-7_cert.pem',
    'openssl req -new -key sensor-7.key -subj /CN=sensor-7 | <%= config.bin %> key sign - > sensor-7_cert.pem',
  ];
  static override args = {
    request: Args.string({
      required: true,
      ignoreStdin: true,
      description: 'the file of the request; - for standard input',
    }),
  };
  static override flags = {
    id: Flags.string({
      helpValue: 'ID',
      description: "the client id, if the request's subject is not just that",
    }),
    output: Flags.string({
      char: 'o',
      helpValue: 'FILE',
      description: 'where to write the certificate [default: standard output]',
    }),
    ...ISSUE_FLAGS,
    force: Flags.boolean({
      description: 'replace the certificate and signed token of an existing client, and the file',
    }),
  };

  async run() {
    const { args, flags } = await this.parse(KeySign);
    const request = await readCertificateRequest(await readInput(args.request));
    const clientId = requestedClientId(request, flags.id);
    const home = await this.openHome(flags.home);
    const { asked, terms } = await issueTerms(flags, home);
    const { output } = flags;
    const authority = await home.authority();
    let certificate = '';
    const files =
      output === undefined
        ? ON_STDOUT
        : handOverFiles<string>(home, {
            ...{ clientId, prefix: output.replace(/(?<=[^/])_cert\.pem$/, ''), replace: flags.force },
            command: [
              commandOf(this.id, args, flags),
              request.publicKey.export({ type: 'spki', format: 'pem' }),
            ],
            paths: [{ path: output, kind: 'certificate' }],
            certificate: (signed) => signed,
            contents: (signed) => [certificateFile(signed, output)],
          });
    const issued = await signClient(
      { ...management(home), authority },
      { clientId, publicKey: request.publicKey, validity: asked, ...terms, replace: flags.force },
      {
        ...files,
        deliver: async (signed) => {
          certificate = signed;
          return files.deliver(signed);
        },
      },
    );
    this.stands(
      output === undefined
        ? `client ${clientId} has a new certificate that was not printed: issue it again with --force`
        : `client ${clientId} has a new certificate, which is saved: ${output}`,
    );
    if (output !== undefined) {
      this.log(`Save certificate ${output}`);
      certificate ||= (await readInput(output)).toString();
    } else if (!this.jsonEnabled()) {
      process.stdout.write(certificate);
    }
    const { otherAttributes } = request;
    if (otherAttributes.length > 0)
      this.notice(`left out of the subject, which is CN=${clientId}: ${otherAttributes.join(', ')}`);
    noticeIssued(this, issued);
    return {
      ...issuedView(issued, await home.moment()),
      ...{ certificate, ...(output !== undefined && { files: { certificate: output } }) },
    };
  }
}

// A certificate is no secret. It is printed after the client is registered, and --force issues it again.
const ON_STDOUT: HandOver<string> = {
  deliver: async () => ({ keep: async () => undefined, takeBack: async () => undefined }),
};
