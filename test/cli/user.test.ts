import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { addUser, PASSWORD, registerKey, type Workshop, workshop } from '../support/keywright.js';

const verdict = async ({ keywright }: Workshop, input: string) =>
  JSON.parse((await keywright(['verify', '-', '--json'], { input })).stdout);

describe('user', () => {
  it('add, show, list, edit, passwd and del do what they say, and show no password', async () => {
    const { keywright, directory } = await workshop();
    await writeFile(join(directory, 'password'), `${PASSWORD}\n`);
    const added = await keywright([
      ...[
        'user',
        'add',
        'Ann',
        '--password-file',
        'password',
        '--email',
        'Ann@Example.com',
        '--role',
        'admin',
      ],
      ...['--group', 'ops', '--domain', 'domains:plant7', '--domain', 'plant8'],
    ]);
    expect(added.stdout).toMatch(
      /^user {5}ann\ne-mail {3}ann@example\.com\nrole {5}admin\nscopes {3}\*\ngroups {3}ops\ndomains {2}plant7 plant8\nstatus {3}enabled\ncreated {2}\S+Z$/,
    );
    expect((await keywright(['user', 'list'])).stdout).toMatch(
      /│ ann +│ ann@example.com │ admin │ \* +│ plant7 plant8 │ enabled │/,
    );
    const edited = await keywright([
      ...[
        'user',
        'edit',
        'ann',
        '--role',
        'member',
        '--scope',
        'ingest',
        '--domain',
        '',
        '--email',
        '',
        '--disable',
        '--json',
      ],
    ]);
    expect(JSON.parse(edited.stdout)).toMatchObject({
      ...{
        id: 'ann',
        email: null,
        groups: ['ops'],
        domains: [],
        role: 'member',
        scopes: ['ingest'],
        status: 'disabled',
      },
    });
    expect(JSON.parse((await keywright(['user', 'show', 'ANN', '--json'])).stdout)).toEqual(
      JSON.parse(edited.stdout),
    );
    expect(JSON.parse((await keywright(['user', 'edit', 'ann', '--enable', '--json'])).stdout).status).toBe(
      'enabled',
    );
    const changed = await keywright(['user', 'passwd', 'ann', '--password-stdin'], {
      input: 'another long password',
    });
    expect(changed).toEqual({ exitCode: 0, stdout: 'Changed the password of ann', stderr: '' });
    expect(await keywright(['user', 'del', 'ann'])).toEqual({
      exitCode: 0,
      stdout: 'Deleted user ann',
      stderr: '',
    });
    expect((await keywright(['user', 'list'])).stderr).toBe('keywright: no users yet');
  });

  it.each([
    [['add', 'a/b', '--password-stdin'], 2, 'user name "a/b" is not allowed'],
    [['add', 'bob', '--password-stdin', '--email', 'x'], 2, '"x" is not an e-mail address'],
    [['add', 'bob', '--password-stdin', '--email', 'ann@example.com'], 4, 'user ann has the e-mail address'],
    [['add', 'bob', '--password-stdin', '--domain', 'a b'], 2, '"a b" is not the name of a group or domain'],
    [['add', 'bob', '--password-stdin', '--scope', 'nonsense'], 2, 'there is no scope "nonsense"'],
    [['add', 'bob', '--password-stdin', '--role', 'owner'], 2, '--role takes admin or member, not "owner"'],
    [['add', 'bob'], 2, 'there is no terminal to ask for a password on'],
    [['add', 'bob', '--password-file', 'missing'], 1, 'cannot read missing: there is no such file'],
    [['add', 'ann', '--password-stdin'], 4, 'user ann already exists'],
    [['show', 'nobody'], 3, 'there is no user nobody'],
    [['edit', 'nobody', '--disable'], 3, 'there is no user nobody'],
    [['passwd', 'nobody', '--password-stdin'], 3, 'there is no user nobody'],
    [['del', 'nobody'], 3, 'there is no user nobody'],
    [['del', 'ann', '--give-to', 'nobody'], 3, 'there is no user nobody'],
  ])('%j exits with %i and changes nothing', async (args, exitCode, message) => {
    const shop = await workshop();
    await addUser(shop, 'ann', '--email', 'ann@example.com');
    const before = (await shop.keywright(['user', 'list', '--json'])).stdout;
    const run = await shop.keywright(['user', ...args], { input: PASSWORD });
    expect(run).toMatchObject({ exitCode, stdout: '', stderr: expect.stringContaining(message) });
    expect((await shop.keywright(['user', 'list', '--json'])).stdout).toBe(before);
  });

  it('add refuses a password that is too short or too long, without repeating it', async () => {
    const { keywright } = await workshop();
    const add = (input: string) => keywright(['user', 'add', 'ann', '--password-stdin'], { input });
    const refused = {
      exitCode: 2,
      stdout: '',
      stderr: 'keywright: a password has 12 to 512 characters',
    };
    for (const length of [0, 11, 513])
      expect([length, await add('x'.repeat(length))]).toEqual([length, refused]);
    expect((await keywright(['user', 'list', '--json'])).stdout).toBe('[]');
    expect((await add('x'.repeat(512))).exitCode).toBe(0);
    expect(
      (await keywright(['user', 'passwd', 'ann', '--password-stdin'], { input: 'x'.repeat(12) })).exitCode,
    ).toBe(0);
  });
});

describe('an owner', () => {
  it('is whom a client belongs to: its keys stop and go with the user', async () => {
    const shop = await workshop();
    for (const name of ['ann', 'bob']) await addUser(shop, name, '--domain', name);
    const { id, apiKey } = await registerKey(shop, '--owner', 'Ann');
    await shop.keywright(['key', 'gen', 'app', '--owner', 'ann']);
    expect(await verdict(shop, apiKey)).toMatchObject({ principal: { owner: 'ann', domains: ['ann'] } });
    const listed = JSON.parse((await shop.keywright(['token', 'list', '--owner', 'ann', '--json'])).stdout);
    expect(listed).toMatchObject([{ id, owner: 'ann' }]);
    expect((await shop.keywright(['token', 'list', '--owner', 'bob', '--json'])).stdout).toBe('[]');

    await shop.keywright(['user', 'edit', 'ann', '--disable']);
    expect(await verdict(shop, apiKey)).toMatchObject({ outcome: 'rejected', reason: 'revoked' });
    expect((await shop.keywright(['verify', '--token-file', 'app_token'])).exitCode).toBe(5);
    await shop.keywright(['user', 'edit', 'ann', '--enable']);
    const refused = await shop.keywright(['user', 'del', 'ann', '--yes']);
    expect(refused).toMatchObject({
      exitCode: 5,
      stderr: expect.stringContaining('user ann has 2 clients: '),
    });
    expect(await verdict(shop, apiKey)).toMatchObject({ outcome: 'accepted' });

    expect((await shop.keywright(['user', 'del', 'ann', '--give-to', 'bob'])).exitCode).toBe(0);
    expect(await verdict(shop, apiKey)).toMatchObject({ principal: { owner: 'bob', domains: ['bob'] } });
    expect((await shop.keywright(['user', 'del', 'bob', '--with-clients'])).exitCode).toBe(0);
    expect(await verdict(shop, apiKey)).toMatchObject({ outcome: 'rejected', reason: 'invalid' });
    expect((await shop.keywright(['key', 'list', '--json'])).stdout).toBe('[]');
    expect((await shop.keywright(['audit', 'verify'])).exitCode).toBe(0);
  });

  it('must exist and hold the scopes; nothing is registered otherwise', async () => {
    const shop = await workshop();
    await addUser(shop, 'ann');
    for (const [args, exitCode, message] of [
      [['register', 'token', '--owner', 'nobody'], 3, 'there is no user nobody'],
      [['register', 'token', '--owner', 'ann', '--scope', 'admin'], 5, 'that they do not hold: admin'],
      [['key', 'gen', 'app', '--owner', 'ann', '--scope', '*'], 5, 'that they do not hold: *'],
      [['key', 'gen', 'app', '--owner', 'nobody'], 3, 'there is no user nobody'],
    ] as const) {
      const run = await shop.keywright(args);
      expect(run).toMatchObject({ exitCode, stderr: expect.stringContaining(message) });
    }
    expect((await shop.keywright(['key', 'list', '--json'])).stdout).toBe('[]');
    expect((await shop.keywright(['token', 'list', '--json'])).stdout).toBe('[]');
  });
});

describe('scopes', () => {
  it('are those that exist; an unknown one is refused with the list', async () => {
    const { keywright } = await workshop();
    for (const args of [
      ['register', 'token', '--scope', 'read:pipes'],
      ['key', 'gen', 'app', '--scope', 'read:pipes'],
    ]) {
      const run = await keywright(args);
      expect(run.exitCode).toBe(2);
      expect(run.stderr).toContain('there is no scope "read:pipes"');
      expect(run.stderr).toContain('ingest, admin, metrics, pipes:read, pipes:write');
      const declared = await keywright(args, { env: { KEYWRIGHT_SCOPES: 'read:pipes' } });
      expect(declared.exitCode).toBe(0);
    }
  });
});

describe('on a terminal', () => {
  // script(1) gives the program a terminal; \r is the return key, and a blank ticks a box.
  const typed = (keys: string) => `sleep 1.5; for key in ${keys}; do printf "$key"; sleep 0.7; done`;
  const atTerminal = ({ keywright: _, ...shop }: Workshop, command: string, keys: string) =>
    import('execa').then(({ execa }) =>
      execa('bash', ['-c', `(${typed(keys)}) | script -qec '${command}' /dev/null`], {
        cwd: shop.directory,
        env: { KEYWRIGHT_HOME: shop.home, TERM: 'xterm' },
        reject: false,
      }),
    );

  it('register token asks for owner, label, expiry and scopes', async () => {
    const shop = await workshop();
    await addUser(shop, 'ann', '--role', 'admin');
    const program = `${process.execPath} ${new URL('../../bin/run.js', import.meta.url).pathname}`;
    const keys = `'\\033[B' '\\r' 'line 1' '\\r' '\\r' '\\033[B' ' ' '\\r'`;
    const { stdout } = await atTerminal(shop, `${program} register token`, keys);
    expect(stdout).toContain('Owner:');
    expect(stdout).toMatch(/API Key +kw_live_/);
    const [token] = JSON.parse((await shop.keywright(['token', 'list', '--json'])).stdout);
    expect(token).toMatchObject({ owner: 'ann', label: 'line 1', scopes: ['ingest', 'admin'] });
  });

  it('user add asks for the password twice, and shows it not once', async () => {
    const shop = await workshop();
    const program = `${process.execPath} ${new URL('../../bin/run.js', import.meta.url).pathname}`;
    const keys = `'a long password' '\\r' 'a long password' '\\r'`;
    const { stdout } = await atTerminal(shop, `${program} user add ann`, keys);
    expect(stdout).toContain('The same again:');
    expect(stdout).not.toContain('a long password');
    expect(JSON.parse((await shop.keywright(['user', 'list', '--json'])).stdout)).toMatchObject([
      { id: 'ann' },
    ]);
    const differing = `'a long password' '\\r' 'another password' '\\r'`;
    const other = await atTerminal(shop, `${program} user add bob`, differing);
    expect(other.stdout).toContain('the two passwords differ');
    expect((await shop.keywright(['user', 'show', 'bob'])).exitCode).toBe(3);
  });
});
