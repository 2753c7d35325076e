import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { openHome } from '../../src/home/open-home.js';
import { readTable, type Setting, variableOf } from '../../src/settings/setting.js';
import { openSources } from '../../src/settings/sources.js';
import { SECRETS, SETTINGS } from '../../src/settings/table.js';
import { scratchDirectory } from '../support/keywright.js';

/** Three values of each setting: for the file, for the environment, and for the command line. */
const VALUES: Readonly<Record<string, readonly [string, string, string]>> = {
  http: ['tcp://127.0.0.1:1', 'https://[::1]:2', 'http://localhost:0'],
  'server-name': ['file.example', 'variable.example', 'flag.example'],
  issuer: ['https://file.example', 'https://variable.example', 'https://flag.example'],
  audience: ['file', 'variable', 'flag'],
  backdate: ['1m', '0s', '3s'],
  'clock-tolerance': ['1m', '0s', '3s'],
  'jwt-algorithm': ['RS256', 'EdDSA', 'ES256'],
  'key-prefix': ['file_', 'variable_', 'flag_'],
  scopes: ['file:read', 'variable:read', 'flag:read'],
  'server-key': ['ec-p256', 'rsa-2048', 'ec-p256,rsa-2048'],
  'http-enable-token-auth': ['false', 'true', 'false'],
  mqtt: ['tcp://127.0.0.1:1', 'mqtts://[::1]:2', 'ssl://localhost:0'],
  'mqtt-enable-token-auth': ['false', 'true', 'false'],
  'mqtt-enable-tls': ['true', 'false', 'true'],
  'mqtt-client-certificate': ['optional', 'required', 'optional'],
  'mqtt-upstream': ['mqtt://127.0.0.1:1', 'mqtts://[::1]:2', 'tcp://localhost:3'],
  'mqtt-upstream-password-file': ['/file', '/variable', '/flag'],
  'mqtt-upstream-ca': ['/file', '/variable', '/flag'],
  'mqtt-limit': ['sessions=1', 'sessions=2', 'sessions=3'],
  'credential-header': ['x-file', 'x-variable', 'x-flag'],
  'credential-headers': ['x-file', 'x-variable', 'x-flag'],
  'web-socket-credentials': ['subprotocol', 'query', 'subprotocol'],
  'cors-origins': ['https://file.example', 'http://variable.example:8080', '*'],
  'trusted-proxy': ['10.0.0.1', '10.0.0.2', '10.0.0.3'],
  'proxy-protocol': ['10.0.0.1', '10.0.0.2', '10.0.0.3'],
  console: ['false', 'true', 'false'],
  'console-idle': ['1m', '2m', '3m'],
  'console-session': ['1h', '2h', '3h'],
  'console-first-visit': ['anywhere', 'this-machine', 'anywhere'],
  rules: ['* /file', '* /variable', '* /flag'],
  'http-upstream': ['http://127.0.0.1:1', 'http://127.0.0.1:2', 'https://127.0.0.1:3'],
  'http-upstream-timeout': ['1s', '2s', '3s'],
  'http-upstream-keep-credentials': ['true', 'false', 'true'],
  'failed-attempts': ['1/1s', '2/1s', 'off'],
  'requests-per-key': ['1/1s', '2/1s', '3/1s'],
  'callback-secret-file': ['/file', '/variable', '/flag'],
  log: ['json', 'human', 'auto'],
  'log-level': ['debug', 'warn', 'error'],
};

const named = Object.entries(SETTINGS);

async function homeWith(configuration: object): Promise<string> {
  const home = join(await scratchDirectory(), 'home');
  await mkdir(home, { mode: 0o700 });
  await writeFile(join(home, 'keywright.yaml'), stringify(configuration));
  return home;
}

/** Reads one setting from a file, a variable and a flag; undefined leaves one out. */
async function read(
  name: string,
  setting: Setting<unknown>,
  [inFile, inVariable, inFlag]: readonly (string | undefined)[],
): Promise<unknown> {
  const find = await openSources({
    home: await homeWith(inFile === undefined ? {} : { [name]: inFile }),
    environment: { [variableOf(name, setting)]: inVariable },
    flags: { [name]: inFlag },
  });
  return Object.values(readTable({ [name]: setting }, find))[0];
}

describe.each(named)('the setting %s', (name, setting) => {
  const [inFile, inVariable, inFlag] = VALUES[name] ?? [];
  const readText = (text: string | undefined) => setting.read({ source: 'test', texts: [text ?? ''] });

  it('is read from its flag before its variable before the file', async () => {
    expect(await read(name, setting, [inFile, undefined, undefined])).toEqual(readText(inFile));
    expect(await read(name, setting, [inFile, inVariable, undefined])).toEqual(readText(inVariable));
    expect(readText(inVariable)).not.toEqual(readText(inFile));
    if (setting.only !== undefined) return;
    expect(await read(name, setting, [inFile, inVariable, inFlag])).toEqual(readText(inFlag));
    expect(readText(inFlag)).not.toEqual(readText(inVariable));
  });

  it('has its default, or no value, if nothing gives one', async () => {
    const absent = setting.isList ? [] : undefined;
    expect(await read(name, setting, [])).toEqual(
      setting.default === undefined ? absent : readText(setting.default),
    );
  });

  it.runIf(setting.takes !== 'FILE')('names the source of a bad value', async () => {
    const bad = 'not allowed\u0007';
    const refused = (source: string) => ({
      code: 'invalid-input',
      message: expect.stringContaining(`${source}: "not allowed`),
    });
    const path = expect.stringMatching(new RegExp(`^${name} in /.*/keywright.yaml: "not allowed`));
    await expect(read(name, setting, [bad])).rejects.toMatchObject({ code: 'invalid-input', message: path });
    await expect(read(name, setting, [inFile, bad])).rejects.toMatchObject(
      refused(variableOf(name, setting)),
    );
    if (setting.only !== undefined) return;
    await expect(read(name, setting, [inFile, inVariable, bad])).rejects.toMatchObject(refused(`--${name}`));
  });

  it.runIf(!setting.isList)('takes one value', async () => {
    const find = await openSources({
      home: await homeWith({ [name]: [inFile, inVariable] }),
      environment: {},
    });
    expect(() => readTable({ [name]: setting }, find)).toThrow(/keywright.yaml takes one value$/);
  });

  it.runIf(setting.isList)('takes several values', async () => {
    const texts = [inFile ?? '', inVariable ?? ''];
    const both = setting.read({ source: 'test', texts });
    const find = await openSources({ home: await homeWith({ [name]: texts }), environment: {} });
    expect(Object.values(readTable({ [name]: setting }, find))).toEqual([both]);
    expect(await read(name, setting, [undefined, texts.join(',')])).toEqual(both);
  });
});

describe('the file', () => {
  it.each([
    'htpp',
    'HTTP',
    'mqttTls',
    'toString',
    'callback-secret',
    'mqtt-upstream-password',
    'jwt-secret',
    ...Object.keys(SECRETS),
  ])('has no setting %s', async (name) => {
    const home = await homeWith({ [name]: 'x' });
    await expect(openSources({ home, environment: {} })).rejects.toMatchObject({
      code: 'invalid-input',
      message: `${join(home, 'keywright.yaml')} has an unknown setting ${JSON.stringify(name)}`,
      hint: `settings are ${Object.keys(VALUES).join(', ')}`,
    });
  });
});

it('says the same to serve and to every command', async () => {
  const home = await openHome({
    directory: await homeWith({ audience: 'file', scopes: ['file:read'], 'jwt-algorithm': 'RS256' }),
    flags: { audience: 'flag', http: 'tcp://127.0.0.1:1' },
    environment: { KEYWRIGHT_SCOPES: 'variable:read', KEYWRIGHT_JWT_ALGORITHM: 'EdDSA' },
    notice: () => undefined,
  });
  expect(await home.settings()).toMatchObject({
    issuer: 'http://127.0.0.1:1',
    audience: 'flag',
    scopes: ['variable:read'],
    jwtAlgorithm: 'EdDSA',
  });
  expect(await home.serveSettings()).toMatchObject(await home.settings());
});

it('is not read further than what a command goes by', async () => {
  const directory = await homeWith({ log: 'xml' });
  const home = await openHome({ directory, environment: {}, notice: () => undefined });
  expect(await home.settings()).toMatchObject({ audience: 'keywright' });
  await expect(home.serveSettings()).rejects.toThrow('"xml" is not auto, human or json');
});

describe('docs/configuration.md', () => {
  it.each(named)('has %s as it is', async (name, setting) => {
    const page = await readFile('docs/configuration.md', 'utf8');
    const row = page.split('\n').find((line) => line.startsWith(`| \`${name}\``));
    expect(row).toContain(`\`${variableOf(name, setting)}\``);
    expect(row).toContain(setting.description.replaceAll('|', '\\|'));
    if (setting.default !== undefined) expect(row).toContain(`\`${setting.default}\``);
    if (setting.only === undefined) expect(row).toContain(`\`--${name}\``);
    else expect(row).not.toContain('`--');
  });

  it.each(Object.entries(SECRETS))('has %s', async (variable, { description }) => {
    const page = await readFile('docs/configuration.md', 'utf8');
    expect(page).toContain(`| \`${variable}\` | ${description} |`);
  });
});
