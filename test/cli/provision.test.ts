import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ask, serve, type Workshop, workshop } from '../support/keywright.js';
import { killMoments } from '../support/kill-moments.js';

const create = async ({ keywright }: Workshop, ...flags: string[]) =>
  JSON.parse((await keywright(['provision', 'key', 'create', '--json', ...flags])).stdout);

/** A key in the file `prov`, and a server that takes it. */
async function fixture(args: string[] = []) {
  const shop = await workshop();
  const { key } = await create(shop);
  await writeFile(join(shop.directory, 'prov'), `${key}\n`);
  const server = await serve(shop, args);
  const agent = (url: string, ...flags: string[]) => {
    const usual = { '--key-file': 'prov', '--output': 'gw' };
    const rest = Object.entries(usual).filter(([flag]) => !flags.includes(flag));
    return shop.keywright(['provision', 'agent', '--url', url, '--name', 'gw 1', ...rest.flat(), ...flags], {
      env: { KEYWRIGHT_HOME: join(shop.directory, 'no-home') },
    });
  };
  const uses = async () => {
    const listed = await shop.keywright(['provision', 'key', 'list', '--json']);
    return JSON.parse(listed.stdout).length;
  };
  const read = (name: string) => readFile(join(shop.directory, name), 'utf8');
  return { ...shop, server, agent, uses, read, key: key as string };
}

const FILES = ['gw.json', 'gw_apikey', 'gw_ca.pem', 'gw_cert.pem', 'gw_key.pem', 'gw_mqtt_password'];

async function written({ directory }: Workshop): Promise<string[]> {
  return (await readdir(directory)).filter((name) => name.startsWith('gw')).sort();
}

describe('provision key', () => {
  it('create prints the key alone; list and del show it never', async () => {
    const { keywright } = await workshop();
    const made = await keywright(['provision', 'key', 'create']);
    expect(made.stdout).toMatch(/^prov_[0-9A-Za-z]{38}$/);
    expect(made.stderr).toMatch(/only time that the key is shown; [0-9a-f]{12} has 1 use and expires/);
    const listed = await keywright(['provision', 'key', 'list']);
    const [{ id, hint }] = JSON.parse((await keywright(['provision', 'key', 'list', '--json'])).stdout);
    expect(listed.stdout).toContain(id);
    expect(hint).toBe(`${made.stdout.slice(0, 9)}…`);
    const mistaken = await keywright(['provision', 'key', 'del', made.stdout]);
    expect(mistaken.exitCode).toBe(3);
    const deleted = await keywright(['provision', 'key', 'del', id]);
    expect(deleted).toMatchObject({ exitCode: 0, stdout: `Deleted ${id}` });
    expect((await keywright(['provision', 'key', 'del', id])).exitCode).toBe(3);
    expect(listed.stdout + mistaken.stderr + deleted.stdout).not.toContain(made.stdout.slice(0, 20));
    expect((await keywright(['provision', 'key', 'list'])).stderr).toBe('keywright: no provisioning keys');
  });

  it('create takes uses, an end, scopes, an owner and a label; and refuses nonsense', async () => {
    const shop = await workshop();
    await shop.keywright(['user', 'add', 'ann', '--password-stdin'], { input: 'a password of ann’s' });
    const flags = ['--uses', '7', '--expires', '2030-01-31', '--label', 'hall 7', '--owner', 'Ann'];
    expect(
      await create(shop, ...flags, '--scope', 'ingest', '--scope', 'subscribe:commands/#'),
    ).toMatchObject({
      ...{ usesLeft: 7, expiresAt: '2030-01-31T00:00:00Z', label: 'hall 7', owner: 'ann' },
      scopes: ['ingest', 'subscribe:commands/#'],
    });
    for (const [bad, exitCode] of [
      [['--uses', '0'], 2],
      [['--uses', 'x'], 2],
      [['--expires', 'soon'], 2],
      [['--expires', '2001-01-01'], 2],
      [['--scope', 'nothing'], 2],
      [['--owner', 'nobody'], 3],
      [['--owner', 'ann', '--scope', 'admin'], 5],
    ] as const)
      expect([bad, (await shop.keywright(['provision', 'key', 'create', ...bad])).exitCode]).toEqual([
        bad,
        exitCode,
      ]);
  });

  it('create --qr draws the very key', async () => {
    const { keywright } = await workshop();
    const [key, ...drawn] = (await keywright(['provision', 'key', 'create', '--qr'])).stdout.split('\n');
    const { encode } = await import('uqr');
    // Two rows a line; what is filled is light.
    const dark = drawn.flatMap((line) => [
      [...line].map((block) => ' ▄'.includes(block)),
      [...line].map((block) => ' ▀'.includes(block)),
    ]);
    const { data, size } = encode(key ?? '', { border: 4 });
    expect(dark.slice(0, size)).toEqual(data);
    const json = await keywright(['provision', 'key', 'create', '--qr', '--json']);
    expect(JSON.parse(json.stdout).key).toMatch(/^prov_/);
  });
});

describe('provision agent', () => {
  it('writes what a device needs, its secrets for itself alone, and shows none', async () => {
    const { server, agent, read, uses, key, ...shop } = await fixture();
    const run = await agent(server.http);
    expect(run.exitCode).toBe(0);
    expect(await written(shop)).toEqual(FILES);
    const modes = await Promise.all(
      FILES.map(async (name) => ((await stat(join(shop.directory, name))).mode & 0o777).toString(8)),
    );
    expect(modes).toEqual(['644', '600', '644', '644', '600', '600']);
    const { agentUuid, agentName, mqttClientId } = JSON.parse(await read('gw.json'));
    expect([agentName, mqttClientId]).toEqual(['gw 1', `agent-${agentUuid}`]);
    const certificate = new X509Certificate(await read('gw_cert.pem'));
    expect(certificate.checkPrivateKey(createPrivateKey(await read('gw_key.pem')))).toBe(true);
    expect(certificate.verify(new X509Certificate(await read('gw_ca.pem')).publicKey)).toBe(true);
    const apiKey = await read('gw_apikey');
    expect((await ask(server.http, { headers: { 'x-device-api-key': apiKey } })).body.data.clientId).toBe(
      agentUuid,
    );
    expect(await uses()).toBe(0);
    for (const secret of [
      key,
      apiKey,
      await read('gw_mqtt_password'),
      (await read('gw_key.pem')).split('\n')[1] ?? '',
    ])
      expect([secret.length > 20, (run.stdout + run.stderr).includes(secret)]).toEqual([true, false]);
    expect(run.stdout.split('\n')).toEqual([
      'Save private key gw_key.pem',
      'Save certificate gw_cert.pem',
      'Save CA certificate gw_ca.pem',
      'Save API key gw_apikey',
      'Save MQTT password gw_mqtt_password',
      'Save identity gw.json',
    ]);
    // It made no home.
    expect(await readdir(shop.directory)).not.toContain('no-home');

    const existing = await agent(server.http);
    expect(existing).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('already exists') });
    const before = await read('gw_key.pem');
    const used = await agent(server.http, '--force');
    expect(used).toMatchObject({
      exitCode: 5,
      stderr: expect.stringMatching(/does not take the provisioning key[\s\S]*ask for another/),
    });
    expect([await read('gw_key.pem'), await written(shop)]).toEqual([before, FILES]);
    const { key: another } = await create(shop);
    const again = await shop.keywright(
      [
        'provision',
        'agent',
        '--url',
        `${server.http}/`,
        '--key-file',
        '-',
        '--name',
        'gw',
        '--output',
        'gw',
        '--force',
        '--json',
      ],
      { input: another },
    );
    expect(JSON.parse(again.stdout)).toEqual({
      ...{ agentUuid: expect.not.stringContaining(agentUuid), agentName: 'gw' },
      ...{ mqttClientId: expect.stringMatching(/^agent-/), files: expect.any(Object) },
    });
    expect(await written(shop)).toEqual(FILES);
  });

  it('asks over TLS by the CA that it is told, and by no other', async () => {
    const { server, agent, keywright, uses, ...shop } = await fixture(['--http', 'https://127.0.0.1:0']);
    await keywright(['server-cert', '--output', 'ca.pem']);
    const untrusted = await agent(server.http);
    expect(untrusted).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/no CA that is trusted here[\s\S]*--ca FILE/),
    });
    expect([await written({ ...shop, keywright }), await uses()]).toEqual([[], 1]);
    expect(await agent(server.http, '--ca', 'ca.pem')).toMatchObject({ exitCode: 0 });
  });

  it('sends nothing in the clear to another machine, unless told to', async () => {
    const { agent, ...shop } = await fixture();
    const refused = await agent('http://192.0.2.1:5654');
    expect(refused).toMatchObject({ exitCode: 5, stderr: expect.stringContaining('--insecure-http') });
    for (const url of [
      'gw.example.com',
      'ftp://gw.example.com',
      'https://user:secret-word@gw.example.com',
      'https://gw/?q=1',
    ]) {
      const run = await agent(url);
      expect([url, run.exitCode, run.stderr.includes('secret-word')]).toEqual([url, 2, false]);
    }
    expect(await written(shop)).toEqual([]);
  });

  it('says what is the matter, and leaves nothing: no server, another server, no key, nowhere to write', async () => {
    const { server, agent, uses, ...shop } = await fixture();
    const nobody = await agent('http://127.0.0.1:1');
    expect(nobody).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('nothing listens there') });
    const noTls = await agent(server.http.replace('http:', 'https:'));
    expect(noTls).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/cannot ask|TLS/) });
    expect(await agent(server.http, '--output', 'no/gw')).toMatchObject({ exitCode: 1 });
    await mkdir(join(shop.directory, 'x_apikey'));
    expect(await agent(server.http, '--output', 'x', '--force')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('it is a directory'),
    });
    const { stderr } = await agent(server.http, '--key-file', 'none');
    expect(stderr).toContain('there is no such file');
    await writeFile(join(shop.directory, 'odd'), 'two words');
    expect(await agent(server.http, '--key-file', 'odd')).toMatchObject({ exitCode: 2 });
    expect([await written(shop), await uses()]).toEqual([[], 1]);
  });

  it.each([
    [201, {}, '{"apiKey":"x"}', 'answered something else than credentials'],
    [200, {}, '<html>', 'answered 200'],
    [302, { location: 'http://127.0.0.1:1/' }, '', 'answered 302'],
    [429, { 'retry-after': '17' }, '{}', 'try again in 17 s'],
    [503, { 'retry-after': 'soon' }, '{}', 'try again later'],
    [403, {}, '{"detail":"the licence is full\\u001b[2J"}', 'refuses: the licence is full\ufffd[2J'],
    [400, {}, '{"detail":"the label"}', 'does not understand: the label'],
    [500, {}, '{}', 'answered 500'],
  ])('tells of an answer %i %j %s, and leaves no file', async (status, headers, body, why) => {
    const { agent, ...shop } = await fixture();
    const other = createServer((_request, response) => response.writeHead(status, headers).end(body));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void other.close());
    const run = await agent(`http://127.0.0.1:${(other.address() as AddressInfo).port}`);
    expect(run).toMatchObject({ stdout: '', stderr: expect.stringContaining(why) });
    expect([run.exitCode > 0, await written(shop)]).toEqual([true, []]);
  });

  it('killed at any moment leaves whole files, and no client without a use', async () => {
    const shop = await workshop();
    const { key } = await create(shop, '--uses', '50');
    await writeFile(join(shop.directory, 'prov'), key);
    await chmod(join(shop.directory, 'prov'), 0o600);
    const { http } = await serve(shop);
    const moments = killMoments();
    let killed = 0;
    for (let round = 0; round < 12; round += 1) {
      const args = [
        'provision',
        'agent',
        '--url',
        http,
        '--key-file',
        'prov',
        '--name',
        'gw',
        '--output',
        `gw${round}`,
      ];
      const { isKilled } = await moments.run(0.4 + round * 0.1, args, shop);
      if (isKilled) killed += 1;
    }
    const names = await written(shop);
    for (let round = 0; round < 12; round += 1) {
      const of = names.filter((name) => name.startsWith(`gw${round}_`) || name === `gw${round}.json`);
      // The private key comes first.
      if (of.length > 0) expect(of).toContain(`gw${round}_key.pem`);
      for (const name of of) {
        const text = await readFile(join(shop.directory, name), 'utf8');
        if (name.endsWith('_key.pem') && text !== '') createPrivateKey(text);
      }
    }
    const kept = JSON.parse((await shop.keywright(['key', 'list', '--json'])).stdout);
    // Otherwise nothing was tried.
    expect([killed > 0, kept.length > 0]).toEqual([true, true]);
    const [left] = JSON.parse((await shop.keywright(['provision', 'key', 'list', '--json'])).stdout);
    expect(kept.length).toBe(50 - left.usesLeft);
  });
});
