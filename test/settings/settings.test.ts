import { mkdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mqttLimits } from '../../src/core/model/mqtt-limits.js';
import { homeDirectory } from '../../src/settings/home-directory.js';
import { openSettings } from '../../src/settings/read.js';
import type { SettingSources } from '../../src/settings/sources.js';
import { scratchDirectory } from '../support/keywright.js';

const serveSettings = async (sources: SettingSources) => (await openSettings(sources)).serve();

async function homeWith(configuration?: string): Promise<string> {
  const home = join(await scratchDirectory(), 'home');
  await mkdir(home, { mode: 0o700 });
  if (configuration !== undefined) await writeFile(join(home, 'keywright.yaml'), configuration);
  return home;
}

describe('settings of serve', () => {
  it('have defaults', async () => {
    const home = await homeWith();
    expect(await serveSettings({ flags: {}, environment: {}, home })).toStrictEqual({
      http: { tls: false, host: '127.0.0.1', port: 5654 },
      httpEnableTokenAuth: true,
      mqtt: { tls: false, host: '127.0.0.1', port: 5653 },
      mqttEnableTokenAuth: true,
      mqttClientCertificate: 'required',
      serverKeys: [],
      mqttLimits: mqttLimits(),
      mqttUpstream: undefined,
      serverName: [],
      credentialHeaders: ['Authorization', 'X-API-Key', 'X-Device-API-Key', 'X-Machhub-Api-Key'],
      webSocketCredentials: [],
      corsOrigins: [],
      trustedProxy: [],
      proxyProtocol: [],
      console: true,
      consoleIdle: 1_800_000,
      consoleSession: 43_200_000,
      consoleFirstVisit: 'this-machine',
      rules: [],
      httpUpstream: undefined,
      failedAttempts: { count: 100, perMs: 60_000 },
      requestsPerKey: undefined,
      callbackSecret: undefined,
      callbackSecretFile: undefined,
      log: 'auto',
      logLevel: 'info',
      scopes: [],
      keyPrefix: 'kw_live_',
      issuer: 'http://127.0.0.1:5654',
      audience: 'keywright',
      backdate: 300_000,
      clockTolerance: 60_000,
      jwtAlgorithm: 'ES256',
      jwtKey: { secret: undefined, publicKey: undefined, privateKey: undefined },
      licence: { publicKey: undefined, key: undefined },
    });
  });

  it('come from flags before variables before the file', async () => {
    const home = await homeWith(
      'http: tcp://127.0.0.1:1\nmqtt: tcp://127.0.0.1:1\nlog: json\nmqtt-enable-tls: true\nserver-name: [a.example, b.example]\nproxy-protocol: [10.0.0.0/8, "::1"]\n',
    );
    const environment = { KEYWRIGHT_HTTP: 'https://[::1]:2', KEYWRIGHT_MQTT: 'tcp://127.0.0.1:2' };
    const settings = await serveSettings({ flags: { mqtt: 'tcp://localhost:3' }, environment, home });
    expect(settings).toMatchObject({
      http: { tls: true, host: '::1', port: 2 },
      mqtt: { tls: true, host: 'localhost', port: 3 },
      serverName: ['a.example', 'b.example'],
      proxyProtocol: [
        { address: '10.0.0.0', prefix: 8 },
        { address: '::1', prefix: 128 },
      ],
      log: 'json',
    });
  });

  it('take a list in a variable with commas', async () => {
    const environment = { KEYWRIGHT_SERVER_NAME: 'a.example,10.0.0.1' };
    const settings = await serveSettings({ flags: {}, environment, home: await homeWith() });
    expect(settings.serverName).toEqual(['a.example', '10.0.0.1']);
  });

  it.each([
    [{ http: '127.0.0.1:5654' }, {}, undefined, '--http: "127.0.0.1:5654" is not an address like'],
    [
      { http: 'mqtts://127.0.0.1:5654' },
      {},
      undefined,
      '--http: "mqtts://127.0.0.1:5654" is not an address like',
    ],
    [
      { mqtt: 'tcp://127.0.0.1:99999' },
      {},
      undefined,
      '--mqtt: "tcp://127.0.0.1:99999" is not an address like',
    ],
    [{ mqtt: 'tcp://user@host:1' }, {}, undefined, '--mqtt: "tcp://user@host:1" is not an address like'],
    [{}, { KEYWRIGHT_LOG: 'xml' }, undefined, 'KEYWRIGHT_LOG: "xml" is not auto, human or json'],
    [{ 'log-level': 'loud' }, {}, undefined, '--log-level: "loud" is not silent, error, warn, info or debug'],
    [{}, {}, 'log-level: INFO', 'log-level in FILE: "INFO" is not silent, error, warn, info or debug'],
    [{}, {}, 'mqtt-enable-tls: maybe', 'mqtt-enable-tls in FILE: "maybe" is not true or false'],
    [{}, {}, 'proxy-protocol: [10.0.0.0/33]', 'proxy-protocol in FILE: "10.0.0.0/33" is not an address like'],
    [{}, {}, 'htpp: tcp://127.0.0.1:1', 'FILE has an unknown setting "htpp"'],
    [{}, {}, 'http: {a: 1}', 'http in FILE takes a plain value'],
    [{}, {}, 'http: [tcp://127.0.0.1:1, tcp://127.0.0.1:2]', 'http in FILE takes one value'],
    [{}, {}, 'http: "x', 'FILE is not YAML: '],
    [{}, {}, '- http', 'FILE is not a list of settings'],
  ])('refuse %j %j %j and name the source', async (flags, environment, configuration, message) => {
    const home = await homeWith(configuration);
    await expect(serveSettings({ flags, environment, home })).rejects.toMatchObject({
      code: 'invalid-input',
      message: expect.stringContaining(message.replace('FILE', join(home, 'keywright.yaml'))),
    });
  });
});

describe('the home', () => {
  it.each([
    ['/told', { KEYWRIGHT_HOME: '/env' }, '/told'],
    [undefined, { KEYWRIGHT_HOME: '/env', XDG_DATA_HOME: '/xdg' }, '/env'],
    [undefined, { XDG_DATA_HOME: '/xdg' }, '/xdg/keywright'],
    [undefined, {}, join(homedir(), '.local/share/keywright')],
    [undefined, { XDG_DATA_HOME: 'relative', HOME: '/home/ann' }, '/home/ann/.local/share/keywright'],
    [undefined, { XDG_DATA_HOME: '', HOME: '' }, join(homedir(), '.local/share/keywright')],
    [undefined, { HOME: 'relative' }, join(homedir(), '.local/share/keywright')],
  ])('is for %j and %j %s', (told, environment, home) => {
    expect(homeDirectory(told, environment)).toBe(home);
  });
});
