import { createHash } from 'node:crypto';
import { Flags } from '@oclif/core';
import { askProvision, parseServerUrl } from '../../cli/ask-provision.js';
import { BaseCommand } from '../../cli/base-command.js';
import { commandOf } from '../../cli/client-files.js';
import { readInput } from '../../cli/input.js';
import { OutputFiles } from '../../cli/output-files.js';
import {
  checkDeviceFiles,
  deviceFiles,
  identityFiles,
  privateKeyFile,
  readAgentUuid,
} from '../../cli/provision-files.js';
import { cancelled } from '../../cli/signals.js';
import { parseLabel } from '../../core/model/client.js';
import { KeywrightError } from '../../core/model/errors.js';
import { makeCertificateRequest } from '../../home/certificate-request.js';

export default class ProvisionAgent extends BaseCommand {
  static override summary = 'Register this machine at a server, with a provisioning key.';
  static override description =
    `Makes a private key that never leaves this machine, redeems the provisioning key, and writes PREFIX_key.pem,
PREFIX_cert.pem, PREFIX_ca.pem, PREFIX_apikey, PREFIX_mqtt_password and PREFIX.json. It needs no home.`;
  static override examples = [
    '<%= config.bin %> provision agent --url https://gw.example.com:5654 --ca gw.crt --key-file gateway-01.key --name gateway-01 --output ./gateway-01',
    'printf %s "$PROVISIONING_KEY" | <%= config.bin %> provision agent --url http://127.0.0.1:5654 --key-file - --name gateway-01 --output ./gateway-01',
  ];
  static override flags = {
    url: Flags.string({ helpValue: 'URL', required: true, description: "the server's HTTP address" }),
    'key-file': Flags.string({
      helpValue: 'FILE',
      required: true,
      description: 'file with the provisioning key; - for standard input',
    }),
    name: Flags.string({ helpValue: 'NAME', required: true, description: 'what the machine is called' }),
    output: Flags.string({
      char: 'o',
      helpValue: 'PREFIX',
      required: true,
      description: 'what the names of the files begin with',
    }),
    ca: Flags.string({
      helpValue: 'FILE',
      description: "CA certificate that signed the server's (PEM)",
    }),
    'insecure-http': Flags.boolean({ description: 'send the key without TLS, even to another machine' }),
    force: Flags.boolean({ description: 'replace the files of a device that was registered before' }),
  };

  async run() {
    const { flags } = await this.parse(ProvisionAgent);
    const server = parseServerUrl(flags.url, { insecure: flags['insecure-http'] });
    const name = parseLabel(flags.name);
    const files = deviceFiles(flags.output);
    const key = (await readInput(flags['key-file'])).toString().trim();
    if (!/^[A-Za-z0-9_]{1,200}$/.test(key))
      throw new KeywrightError('invalid-input', `${flags['key-file']} holds no provisioning key`);
    const ca = flags.ca === undefined ? undefined : (await readInput(flags.ca)).toString();
    const command = [commandOf(this.id, {}, flags), createHash('sha256').update(key).digest('hex')];
    // Its files are sealed when the server has answered.
    const output = new OutputFiles({ prefix: flags.output, command, isDone: async () => true });
    const agentUuid = await output.exclusively(files.privateKey, {
      done: () => readAgentUuid(files),
      work: async (stop) => {
        await checkDeviceFiles(files, { replace: flags.force });
        const { privateKey, request } = await makeCertificateRequest(name);
        // If this file can be written, so can the others.
        await output.stage([privateKeyFile(privateKey, files)]);
        const asked = { key, name, request, privateKey, ca };
        const identity = await Promise.race([askProvision(server, asked), cancelled(stop)]).catch(
          async (error) => {
            await output.discard();
            throw error;
          },
        );
        try {
          await output.stage(identityFiles(identity, { files, url: server.href, name }));
          await output.seal('answered');
        } catch (error) {
          this.notice(
            `the provisioning key is used: client ${identity.agentUuid} is registered, and its keys are lost`,
          );
          throw error;
        }
        await output.place();
        return identity.agentUuid;
      },
    });
    this.stands(
      `client ${agentUuid} is registered, and its files are saved: ${Object.values(files).join(', ')}`,
    );
    for (const [what, path] of Object.entries(files)) this.log(`Save ${WORDS[what] ?? what} ${path}`);
    if (!this.jsonEnabled()) this.notice(`registered as ${agentUuid}; MQTT client id agent-${agentUuid}`);
    return { agentUuid, agentName: name, mqttClientId: `agent-${agentUuid}`, files };
  }
}

const WORDS: Record<string, string> = {
  privateKey: 'private key',
  caCertificate: 'CA certificate',
  apiKey: 'API key',
  mqttPassword: 'MQTT password',
};
