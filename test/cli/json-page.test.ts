import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { addUser, ask, PASSWORD, registerKey, serve, workshop } from '../support/keywright.js';

const read = (path: string) => readFile(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');

const page = await read('docs/json.md');

const quoted = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);

/** The rows of a table under a heading of the page, as the texts of their first two cells. */
function rowsUnder(heading: string): [string, string][] {
  const [, section = ''] = page.split(`\n## ${heading}\n`);
  const [text = ''] = section.split('\n## ');
  const rows = [...text.matchAll(/^\| (`.*?) \| ?(.*?) ?\|$/gm)];
  return rows.map(([, first = '', second = '']) => [first, second]);
}

/** The members of a shape that has a heading of its own. */
const membersOf = (heading: string) => rowsUnder(heading).flatMap(([first]) => quoted(first));

const promises = new Map(
  rowsUnder('Commands').flatMap(([commands, prints]) =>
    quoted(commands).map((name) => [name, prints] as const),
  ),
);

/** What the page says of a command: whether it prints a list, and the members of what it prints. */
function promiseOf(command: string, outcome: 'good' | 'bad' = 'good') {
  const prints = promises.get(command) ?? '';
  // What is said in parentheses is about values, and the second sentence about another outcome.
  const sentences = prints.replaceAll(/ \([^)]*\)/g, '').split('. ');
  const sentence = sentences[outcome === 'good' ? 0 : 1] ?? '';
  const [, shape] = /\[([^\]`]+)\]\(#/.exec(prints) ?? [];
  const heading = { clients: 'Client', users: 'User', sessions: 'Session', actions: 'Action' }[shape ?? ''];
  const one = heading ?? shape?.replace(/s$/, '').replace(/^\w/, (letter) => letter.toUpperCase());
  const own = quoted(sentence).filter((name) => !name.startsWith('--'));
  return {
    isList: prints.startsWith('a list of'),
    members: [...(one === undefined ? [] : membersOf(one)), ...own].sort(),
  };
}

const SECRET = 'a secret for this test';

describe('the page of what --json prints', () => {
  it('names every command', async () => {
    const { commands } = JSON.parse(await read('oclif.manifest.json'));
    expect([...promises.keys()].sort()).toEqual(
      Object.keys(commands)
        .map((id) => id.replaceAll(':', ' '))
        .sort(),
    );
  });

  it('names the members that they print, and no others', async () => {
    const shop = await workshop();
    const { http } = await serve(shop);
    await addUser(shop, 'ann', '--role', 'admin');
    await addUser(shop, 'bob');
    await ask(`${http}/api/v1/auth/login`, { json: { username: 'ann', password: PASSWORD } });
    const [kept, gone, key] = [await registerKey(shop), await registerKey(shop), await registerKey(shop)];
    const { stdout: provisioningKey } = await shop.keywright(['provision', 'key', 'create', '--uses', '2']);
    await execa(
      'openssl',
      'req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout s.pem -subj /CN=s7 -out s.csr'.split(
        ' ',
      ),
      { cwd: shop.directory },
    );

    const failures: string[] = [];
    const seen = new Map<string, unknown>();
    const check = async (command: string, flags: string[] = [], input = '') => {
      const run = await shop.keywright([...command.split(' '), ...flags, '--json'], { input });
      if (run.exitCode !== 0) return void failures.push(`${command}: ${run.stderr}`);
      const value = JSON.parse(run.stdout);
      seen.set(command, value);
      const { isList, members } = promiseOf(command);
      const [element] = isList ? value : [value];
      const printed = Object.keys(element ?? {}).sort();
      if (Array.isArray(value) !== isList || `${printed}` !== `${members}`)
        failures.push(`${command}: prints ${printed}, said ${members}`);
    };
    const agent = ['--url', http, '--key-file', '-', '--name', 'gw', '--output', './gw'];
    await check('provision agent', agent, provisioningKey);
    await check('provision key list');
    const [{ id: provisioned }] = seen.get('provision key list') as [{ id: string }];
    await check('provision key del', [provisioned]);
    await check('provision key create');
    await check('ca show');
    await check('key gen', ['myapp01', '--output', './myapp01']);
    await check('key passwd', ['myapp01', '--generate']);
    await check('key sign', ['s.csr', '--output', 's7_cert.pem']);
    await check('key list');
    for (const command of ['key show', 'key suspend', 'key resume']) await check(command, ['myapp01']);
    await check('key del', ['s7', '--yes']);
    await check('register token', ['--mqtt-password']);
    await check('token list');
    for (const command of ['token show', 'token suspend', 'token resume', 'token rotate'])
      await check(command, [kept.id]);
    await check('token edit', [key.id, '--label', 'x']);
    await check('token invalidate', [gone.id]);
    await check('token delete', [gone.id, '--yes']);
    await check('user add', ['carl', '--password-stdin'], PASSWORD);
    await check('user list');
    await check('user show', ['ann']);
    await check('user edit', ['bob', '--scope', 'metrics']);
    await check('user passwd', ['bob', '--password-stdin'], SECRET);
    await check('user del', ['bob', '--yes']);
    await check('session list');
    const [{ id: session }] = seen.get('session list') as [{ id: string }];
    await check('session revoke', [session]);
    await check('server-cert', ['--output', './ca.pem']);
    await check('jwt rotate');
    await check('license show');
    await check('audit list');
    await check('audit verify');
    await check('verify', ['-'], key.apiKey);
    await check('integrate', ['systemd']);
    await check('console');
    const refused = await shop.keywright(['verify', '-', '--json'], { input: gone.apiKey });
    expect(Object.keys(JSON.parse(refused.stdout)).sort()).toEqual(promiseOf('verify', 'bad').members);
    await rm(join(shop.home, 'audit.head'));
    const torn = await shop.keywright(['audit', 'verify', '--json']);
    expect(Object.keys(JSON.parse(torn.stdout)).sort()).toEqual(promiseOf('audit verify', 'bad').members);
    const fresh = await workshop();
    const made = await fresh.keywright(['ca', 'init', '--json']);
    expect(Object.keys(JSON.parse(made.stdout)).sort()).toEqual(promiseOf('ca init').members);
    expect(failures).toEqual([]);
    const exported = await shop.keywright(['key', 'export', '--json']);
    for (const line of exported.stdout.trimEnd().split('\n'))
      expect(Object.keys(JSON.parse(line)).sort()).toEqual(promiseOf('key export').members);
    const others = [...promises.keys()].filter((name) => !seen.has(name)).sort();
    expect(others).toEqual(['ca init', 'key export', 'serve']);

    const { principal } = seen.get('verify') as { principal: object };
    expect(Object.keys(principal).sort()).toEqual(membersOf('Principal').sort());
    const { credentials } = seen.get('key show') as { credentials: { kind: string }[] };
    const common = ['kind', 'status', 'notBefore', 'expiresAt', 'lastUsedAt', 'lastUsedFrom'];
    const kinds = new Map(
      rowsUnder('Credential').map(([kind, members]) => [quoted(kind)[0], quoted(members)]),
    );
    for (const { kind, ...members } of credentials) {
      const own = kind === 'signed-token' ? ['certificate'] : (kinds.get(kind) ?? []);
      expect(new Set(['kind', ...Object.keys(members)]), kind).toEqual(new Set([...common, ...own]));
    }
  });
});
