import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { openLog } from '../cli/log.js';
import { SETTING_DEFAULTS, serveSettings } from '../settings/read.js';

const BOOLEAN = { helpValue: 'true|false' };

export default class Serve extends BaseCommand {
  static override summary = 'Start the HTTP and MQTT verifier.';
  static override description =
    `Every request and every connection must present a credential of a registered client. What other commands change in
the same home holds here within a second. Each flag can also be given as a KEYWRIGHT_… variable (KEYWRIGHT_HTTP for --http)
or in keywright.yaml in the home (http: …). Ends on SIGTERM or SIGINT.`;
  static override examples = [
    '<%= config.bin %> serve',
    '<%= config.bin %> serve --http https://127.0.0.1:5654 --mqtt mqtts://127.0.0.1:5653 --server-name gw.example.com',
    '<%= config.bin %> serve --http tcp://127.0.0.1:0 --mqtt tcp://127.0.0.1:0 --json',
  ];

  static override flags = {
    http: Flags.string({
      helpValue: 'ADDRESS',
      description: told('tcp:// or https:// address to listen on', 'http'),
    }),
    'http-enable-token-auth': Flags.string({
      ...BOOLEAN,
      description: told(
        'take signed tokens over HTTP; off, and without TLS, everybody gets in',
        'http-enable-token-auth',
      ),
    }),
    mqtt: Flags.string({
      helpValue: 'ADDRESS',
      description: told('tcp:// or mqtts:// address to listen on', 'mqtt'),
    }),
    'mqtt-enable-token-auth': Flags.string({
      ...BOOLEAN,
      description: told(
        'demand signed tokens over MQTT; off, and without TLS, everybody gets in',
        'mqtt-enable-token-auth',
      ),
    }),
    'mqtt-enable-tls': Flags.string({
      ...BOOLEAN,
      description: told('TLS, with client certificates instead of tokens', 'mqtt-enable-tls'),
    }),
    'mqtt-client-certificate': Flags.string({
      helpValue: 'required|optional',
      description: told(
        'over TLS; optional: an API key or a token is enough, like without TLS',
        'mqtt-client-certificate',
      ),
    }),
    'mqtt-upstream': Flags.string({
      helpValue: 'ADDRESS',
      description:
        'mqtt:// or mqtts:// address of a broker that gets what the gate lets in [default: a built-in one]',
    }),
    'mqtt-upstream-password-file': Flags.string({
      helpValue: 'FILE',
      description: 'the gate’s own password at that broker, in a file that nobody else can read',
    }),
    'mqtt-upstream-ca': Flags.string({
      helpValue: 'FILE',
      description: 'authorities that the broker’s certificate is checked by [default: those of the system]',
    }),
    'server-name': Flags.string({
      helpValue: 'NAME',
      multiple: true,
      multipleNonGreedy: true,
      description: 'another name or address that the server’s certificate is for; may be repeated',
    }),
    issuer: Flags.string({
      helpValue: 'URL',
      description: 'who signs access tokens, as callers reach it [default: the HTTP address]',
    }),
    audience: Flags.string({
      helpValue: 'NAME',
      description: told('for whom access tokens are', 'audience'),
    }),
    'mqtt-limit': Flags.string({
      helpValue: 'NAME=NUMBER',
      multiple: true,
      multipleNonGreedy: true,
      description:
        'a bound of the built-in MQTT engine, like queued-messages=1000 (docs/mqtt.md has all); may be repeated',
    }),
    'credential-header': Flags.string({
      helpValue: 'NAME',
      multiple: true,
      multipleNonGreedy: true,
      description: 'another header that carries API keys or tokens; may be repeated',
    }),
    'trusted-proxy': Flags.string({
      helpValue: 'ADDRESS',
      multiple: true,
      multipleNonGreedy: true,
      description:
        'address or network of a gateway whose X-Forwarded-For and client certificate headers count; may be repeated',
    }),
    'proxy-protocol': Flags.string({
      helpValue: 'ADDRESS',
      multiple: true,
      multipleNonGreedy: true,
      delimiter: ',',
      description:
        'address or network of proxies whose connections, HTTP and MQTT, begin with a PROXY protocol header; may be repeated',
    }),
    'http-upstream': Flags.string({
      helpValue: 'URL',
      description:
        'where requests go on to that get in, like http://127.0.0.1:8080 [default: they are answered here]',
    }),
    'http-upstream-timeout': Flags.string({
      helpValue: 'SPAN',
      description: told('how long the upstream may be silent', 'http-upstream-timeout'),
    }),
    'http-upstream-keep-credentials': Flags.string({
      ...BOOLEAN,
      description: told('pass the callers’ credentials on, too', 'http-upstream-keep-credentials'),
    }),
    'failed-attempts': Flags.string({
      helpValue: 'COUNT/SPAN|off',
      description: told('wrong credentials of one address before it is told to wait', 'failed-attempts'),
    }),
    'requests-per-key': Flags.string({
      helpValue: 'COUNT/SPAN|off',
      description: told('requests with one credential', 'requests-per-key'),
    }),
    'callback-secret-file': Flags.string({
      helpValue: 'FILE',
      description: 'secret of MQTT brokers that call back from elsewhere than this machine',
    }),
    log: Flags.string({
      helpValue: 'auto|human|json',
      description: told('form of the log on standard error', 'log'),
    }),
    'log-level': Flags.string({
      helpValue: 'silent|error|warn|info|debug',
      description: told('how much is logged; warn leaves out what was refused', 'log-level'),
    }),
  };

  async run() {
    const { flags } = await this.parse(Serve);
    const { home: directory, json: _, ...given } = flags;
    const settings = await serveSettings({
      flags: given,
      environment: process.env,
      home: this.homeDirectory(directory),
    });
    const home = await this.openHome(directory);
    const log = openLog(settings.log, settings.logLevel);
    const stopped = signalled();
    const { startServer } = await import('../server/start-server.js');
    const server = await startServer(home, settings, log);
    // For scripts that let the system pick the ports; the log tells people.
    if (this.jsonEnabled())
      process.stdout.write(`${JSON.stringify({ http: server.http, mqtt: server.mqtt })}\n`);
    log.info(`stopping on ${await stopped}`);
    await server.close();
  }
}

function told(description: string, name: keyof typeof SETTING_DEFAULTS): string {
  return `${description} [default: ${SETTING_DEFAULTS[name]}]`;
}

function signalled(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
}
