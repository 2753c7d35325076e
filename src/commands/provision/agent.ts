import { Flags } from '@oclif/core';
import { askProvision, parseServerUrl } from '../../cli/ask-provision.js';
import { BaseCommand } from '../../cli/base-command.js';
import { readInput } from '../../cli/input.js';
import { checkDeviceFiles, deviceFiles, writeIdentity, writePrivateKey } from '../../cli/provision-files.js';
import { parseLabel } from '../../core/model/client.js';
import { KeywrightError } from '../../core/model/errors.js';
import { makeCertificateRequest } from '../../home/open-home.js';

export default class ProvisionAgent extends BaseCommand {
  static override summary = 'Register this machine at a server, with a provisioning key.';
  static override description =
    `Makes a private key that never leaves this machine, redeems the provisioning key, and writes PREFIX_key.pem,
PREFIX_cert.pem, PREFIX_ca.pem, PREFIX_apikey, PREFIX_mqtt_password and PREFIX.json. Needs no home.`;
  static override examples = [
    '<%= config.bin %> provision agent --url https://gw.example.com:5654 --ca gw.crt --key-file gateway-01.key --name gateway-01 --output ./gateway-01',
    'printf %s "$PROVISIONING_KEY" | <%= config.bin %> provision agent --url http://127.0.0.1:5654 --key-file - --name gateway-01 --output ./gateway-01',
  ];
  static override flags = {
    url: Flags.string({ helpValue: 'URL', required: true, description: 'the server’s HTTP address' }),
    'key-file': Flags.string({
      helpValue: 'FILE',
      required: true,
      description: 'where the provisioning key is; - for standard input',
    }),
    name: Flags.string({ helpValue: 'NAME', required: true, description: 'what the machine is called' }),
    output: Flags.string({
      char: 'o',
      helpValue: 'PREFIX',
      required: true,
      description: 'how the names of the files begin',
    }),
    ca: Flags.string({
      helpValue: 'FILE',
      description: 'certificate of the CA that the server’s is of, PEM',
    }),
    'insecure-http': Flags.boolean({ description: 'ask without TLS, also on another machine' }),
    force: Flags.boolean({ description: 'replace files that exist' }),
  };

  async run() {
    const { flags } = await this.parse(ProvisionAgent);
    const server = parseServerUrl(flags.url, { insecure: flags['insecure-http'] });
    const name = parseLabel(flags.name);
    const files = deviceFiles(flags.output);
    const options = { replace: flags.force };
    const key = (await readInput(flags['key-file'])).toString().trim();
    if (!/^[A-Za-z0-9_]{1,200}$/.test(key))
      throw new KeywrightError('invalid-input', `${flags['key-file']} holds no provisioning key`);
    const ca = flags.ca === undefined ? undefined : (await readInput(flags.ca)).toString();
    await checkDeviceFiles(files, options);
    const { privateKey, request } = await makeCertificateRequest(name);
    const written = await writePrivateKey(privateKey, files, options);
    const identity = await askProvision(server, { key, name, request, privateKey, ca }).catch(
      async (error) => {
        await written.takeBack();
        throw error;
      },
    );
    const { agentUuid } = identity;
    const target = { files, url: server.href, name };
    const delivered = await writeIdentity(identity, target, options).catch(async (error) => {
      await written.takeBack();
      this.notice(`the provisioning key is used: client ${agentUuid} is registered, and its keys are lost`);
      throw error;
    });
    await delivered.keep();
    await written.keep();
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
