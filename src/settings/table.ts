import { DEFAULT_KEY_PREFIX } from '../core/model/api-key.js';
import { CREDENTIAL_HEADERS } from '../core/model/header-names.js';
import { list, one, optional, type Setting } from './setting.js';
import * as values from './values.js';

// These entries make the flags of `serve`, the variables, the keys of keywright.yaml, the types of the settings, the
// messages about them and the table in docs/configuration.md.

const PEM = 'PEM, also with `\\n` for its line ends; RSA (RS256), EC P-256 (ES256) or Ed25519 (EdDSA)';

/** The settings for every command of a home. The issuer depends on the address and the names of the server. */
export const FOR_EVERY_COMMAND = {
  http: one({
    kind: values.HTTP_ADDRESS,
    default: 'tcp://127.0.0.1:5654',
    description: 'tcp:// or https:// address to listen on',
  }),
  'server-name': list({
    kind: values.HOST,
    description: "another name or address that the server's certificate is for",
  }),
  issuer: optional({
    kind: values.ISSUER_URL,
    otherwise: 'the HTTP address',
    description: 'who signs access tokens, as callers reach it',
  }),
  audience: one({
    kind: values.AUDIENCE,
    default: 'keywright',
    description: 'the aud claim of access tokens',
  }),
  backdate: one({
    // A server's certificate stays below the 398 days that clients take.
    kind: values.spanUpTo('12h'),
    default: '5m',
    description: 'how much earlier than now certificates begin, for peers whose clocks are behind',
  }),
  'clock-tolerance': one({
    kind: values.spanUpTo('1h'),
    default: '60s',
    description:
      'how far ahead the clock of whoever issued something may be: it begins that much earlier here',
  }),
  'jwt-algorithm': one({
    only: 'file',
    kind: values.oneOf('ES256', 'RS256', 'EdDSA'),
    default: 'ES256',
    description: 'of the keys that are made to sign access tokens: ES256, RS256 or EdDSA',
  }),
  'key-prefix': one({
    only: 'file',
    kind: values.KEY_PREFIX,
    default: DEFAULT_KEY_PREFIX,
    description: 'what API keys begin with unless told otherwise',
  }),
  scopes: list({
    only: 'file',
    kind: values.SCOPE,
    description: 'scopes that exist beside `ingest`, `admin` and `metrics`',
  }),
};

/** The settings for `serve` only, and those that describe a server. */
export const FOR_SERVE = {
  'server-key': list({
    kind: values.SERVER_KEYS,
    otherwise: "ec-p256, and rsa-2048 beside it where the CA's key is RSA",
    description: "kinds of the server's key; each client gets one that it knows",
  }),
  'http-enable-token-auth': one({
    kind: values.BOOLEAN,
    default: 'true',
    description: 'take signed tokens over HTTP; off, and without TLS, everybody gets in',
  }),
  mqtt: one({
    kind: values.MQTT_ADDRESS,
    default: 'tcp://127.0.0.1:5653',
    description: 'tcp:// or mqtts:// address to listen on',
  }),
  'mqtt-enable-token-auth': one({
    kind: values.BOOLEAN,
    default: 'true',
    description: 'demand signed tokens over MQTT; off, and without TLS, everybody gets in',
  }),
  'mqtt-enable-tls': one({
    kind: values.BOOLEAN,
    default: 'false',
    description: 'TLS, with client certificates instead of tokens',
  }),
  'mqtt-client-certificate': one({
    kind: values.oneOf('required', 'optional'),
    default: 'required',
    description: 'over TLS; optional: an API key or a token is enough, like without TLS',
  }),
  'mqtt-upstream': optional({
    kind: values.BROKER_ADDRESS,
    otherwise: 'a built-in one',
    description: 'mqtt:// or mqtts:// address of a broker that gets what the gate lets in',
  }),
  'mqtt-upstream-password-file': optional({
    isHidden: true,
    kind: values.FILE,
    description: "the gate's own password at that broker, in a file that nobody else can read",
  }),
  'mqtt-upstream-ca': optional({
    kind: values.FILE,
    otherwise: 'those of the system',
    description: "authorities that the broker's certificate is checked by",
  }),
  'mqtt-limit': list({
    kind: values.MQTT_LIMIT,
    description: 'a bound of the built-in MQTT engine, like queued-messages=1000 (docs/mqtt.md has all)',
  }),
  'credential-header': list({
    kind: values.HEADER,
    description: 'another header that carries API keys or tokens',
  }),
  'credential-headers': list({
    kind: values.HEADER,
    otherwise: CREDENTIAL_HEADERS.join(', '),
    description:
      "the only headers that carry them; others, like an application's own Authorization, are not looked at",
  }),
  'web-socket-credentials': list({
    kind: values.oneOf('subprotocol', 'query'),
    description: 'where a page may present a credential for a WebSocket (docs/upstream.md)',
  }),
  'cors-origins': list({
    kind: values.ORIGIN,
    description: 'origin whose pages may ask and read answers, like https://app.example.com; * for all',
  }),
  'trusted-proxy': list({
    kind: values.NETWORK,
    description: 'address or network of a gateway whose X-Forwarded-For and client certificate headers count',
  }),
  'proxy-protocol': list({
    kind: values.NETWORK,
    description:
      'address or network of proxies whose connections, HTTP and MQTT, begin with a PROXY protocol header',
  }),
  console: one({
    kind: values.BOOLEAN,
    default: 'true',
    description: 'the web console at /console, and its sign-in',
  }),
  'console-idle': one({
    kind: values.spanUpTo('12h', { mayBeNone: false }),
    default: '30m',
    description: 'how long a console session lasts that nobody uses',
  }),
  'console-session': one({
    kind: values.spanUpTo('7d', { mayBeNone: false }),
    default: '12h',
    description: 'how long a console session lasts at most',
  }),
  'console-first-visit': one({
    kind: values.oneOf('this-machine', 'anywhere'),
    default: 'this-machine',
    description: 'where the first user may be made by the link that is printed while there is none',
  }),
  rules: list({
    only: 'file',
    kind: values.PATH_RULE,
    description: 'which scope which method and path needs (docs/http.md)',
  }),
  'http-upstream': optional({
    kind: values.UPSTREAM_URL,
    otherwise: 'they are answered here',
    description: 'forward accepted requests to this URL, like http://127.0.0.1:8080',
  }),
  'http-upstream-timeout': one({
    kind: values.SPAN,
    default: '60s',
    description: 'how long the upstream may be silent',
  }),
  'http-upstream-keep-credentials': one({
    kind: values.BOOLEAN,
    default: 'false',
    description: "pass the callers' credentials on, too",
  }),
  'failed-attempts': one({
    kind: values.RATE,
    default: '100/1m',
    description: 'wrong credentials of one address before it is told to wait',
  }),
  'requests-per-key': one({ kind: values.RATE, default: 'off', description: 'requests with one credential' }),
  'callback-secret-file': optional({
    isHidden: true,
    kind: values.FILE,
    description: 'secret of MQTT brokers that call back from elsewhere than this machine',
  }),
  log: one({
    kind: values.oneOf('auto', 'human', 'json'),
    default: 'auto',
    description: 'form of the log on standard error',
  }),
  'log-level': one({
    kind: values.oneOf('silent', 'error', 'warn', 'info', 'debug'),
    default: 'info',
    description: 'how much is logged; warn leaves out what was refused',
  }),
};

/** Only the environment gives secrets. Every process sees arguments, and files like keywright.yaml get copied. */
export const SECRETS = {
  KEYWRIGHT_CALLBACK_SECRET: secret('the secret of call-backs itself, instead of a file with it'),
  KEYWRIGHT_MQTT_UPSTREAM_PASSWORD: secret('the password at an upstream broker, instead of a file with it'),
  JWT_SECRET: secret('a secret of 32 octets or more that signs access tokens: HS256'),
  JWT_PRIVATE_KEY: secret(`${PEM}; signs access tokens`),
  JWT_PUBLIC_KEY: secret('PEM; may be left out, and must belong to the private key'),
  LICENSE_PUBLIC_KEY: secret(`of whoever issues licences: ${PEM}`),
  LICENSE_KEY: secret('the licence: a JWT that it signed, by that algorithm and no other'),
};

/** What is asked before the home is opened, and so before its file is read. */
export const FOR_THE_HOME = {
  'home-group': optional({
    kind: values.GROUP,
    description:
      'number of a group of this user that may open the home, too: of a volume with a Kubernetes fsGroup',
  }),
};

/** The settings that a flag or `keywright.yaml` may give. */
export const SETTINGS: Readonly<Record<string, Setting<unknown>>> = { ...FOR_EVERY_COMMAND, ...FOR_SERVE };

function secret(description: string): Setting<string | undefined> {
  return optional({
    kind: { takes: 'SECRET', read: (text) => text },
    only: 'environment',
    isHidden: true,
    description,
  });
}
