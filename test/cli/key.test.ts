import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { type Entry, fromBuffer } from 'yauzl';
import { eventually, PROGRAM, serve, type Workshop, workshop } from '../support/keywright.js';

const json = (text: string) => JSON.parse(text);
const files = async ({ directory }: Workshop) =>
  (await readdir(directory)).filter((name) => name !== 'home').sort();

describe('key gen', () => {
  it('writes certificate, key and token, and says so', async () => {
    const shop = await workshop();
    const run = await shop.keywright(['key', 'gen', 'myapp01', '--output', './myapp01']);
    expect(run).toEqual({
      exitCode: 0,
      stdout:
        'Save certificate ./myapp01_cert.pem\nSave private key ./myapp01_key.pem\nSave token ./myapp01_token',
      stderr: expect.stringMatching(
        /^keywright: made a new CA in .*\/home\/ca, valid until \S+Z\nkeywright: client myapp01 is valid until \S+Z$/,
      ),
    });
    expect(await files(shop)).toEqual(['myapp01_cert.pem', 'myapp01_key.pem', 'myapp01_token']);
    expect(await readFile(join(shop.directory, 'myapp01_token'), 'utf8')).toMatch(
      /^myapp01:b:[0-9a-f]{136,146}$/,
    );
  });

  it.each(['0000', '0022', '0777'])('gives the files their modes under umask %s', async (umask) => {
    const { directory, home } = await workshop();
    const env = { KEYWRIGHT_HOME: home };
    await execa(
      'sh',
      ['-c', `umask ${umask}; exec "$@"`, 'sh', process.execPath, PROGRAM, 'key', 'gen', 'a'],
      {
        cwd: directory,
        env,
      },
    );
    const modes = await Promise.all(
      ['a_cert.pem', 'a_key.pem', 'a_token'].map(
        async (name) => (await stat(join(directory, name))).mode & 0o777,
      ),
    );
    expect(modes).toEqual([0o644, 0o600, 0o600]);
    expect((await stat(home)).mode & 0o777).toBe(0o700);
  });

  it('describes what it made with --json', async () => {
    const { keywright } = await workshop();
    const run = await keywright([
      'key',
      'gen',
      'MyApp',
      '--label',
      'Line 1',
      '--scope',
      'ingest',
      '--scope',
      'publish:a/#',
      '--json',
    ]);
    expect(json(run.stdout)).toMatchObject({
      id: 'myapp',
      status: 'valid',
      label: 'Line 1',
      scopes: ['ingest', 'publish:a/#'],
      files: { certificate: './myapp_cert.pem', privateKey: './myapp_key.pem', token: './myapp_token' },
    });
    expect(run.stdout).not.toContain(':b:');
  });

  it('puts everything into one archive with --zip', async () => {
    const shop = await workshop();
    const run = await shop.keywright(['key', 'gen', 'a', '--zip', '--output', './bundle']);
    expect(run.stdout).toBe('Save bundle ./bundle.zip');
    expect(await files(shop)).toEqual(['bundle.zip']);
    const path = join(shop.directory, 'bundle.zip');
    expect((await stat(path)).mode & 0o777).toBe(0o600);

    const entries = await zipEntries(await readFile(path));
    expect([...entries.keys()].sort()).toEqual([
      'bundle_cert.pem',
      'bundle_key.pem',
      'bundle_token',
      'server_cert.pem',
    ]);
    expect(entries.get('server_cert.pem')).toBe(await readFile(join(shop.home, 'ca', 'cert.pem'), 'utf8'));
    const verified = await shop.keywright(['verify', '-'], { input: entries.get('bundle_token') ?? '' });
    expect(verified.exitCode).toBe(0);
  });

  it('makes an MQTT password that suffices alone, for its owner’s eyes, and stays when the rest is replaced', async () => {
    const shop = await workshop();
    const run = await shop.keywright(['key', 'gen', 'plug-3', '--mqtt-password', 'alone']);
    expect(run.stdout.split('\n')).toEqual([
      'Save certificate ./plug-3_cert.pem',
      'Save private key ./plug-3_key.pem',
      'Save token ./plug-3_token',
      'Save MQTT password ./plug-3_mqtt_password',
    ]);
    const path = join(shop.directory, 'plug-3_mqtt_password');
    const password = await readFile(path, 'utf8');
    expect([password, (await stat(path)).mode & 0o777]).toEqual([
      expect.stringMatching(/^[0-9A-Za-z]{16,31}$/),
      0o600,
    ]);
    const server = await serve(shop);
    const code = async (secret: string) =>
      (
        await execa(
          'mosquitto_pub',
          ['-p', `${server.mqttPort}`, '-i', 'x', '-u', 'plug-3', '-P', secret, '-t', 'a', '-m', 'b'],
          { reject: false },
        )
      ).exitCode;
    // mosquitto_pub exits with the return code of the CONNACK.
    expect([await code(password), await code(`${password}x`)]).toEqual([0, 4]);
    const shown = json((await shop.keywright(['key', 'show', 'plug-3', '--json'])).stdout);
    expect(shown.credentials.at(-1)).toMatchObject({ kind: 'password', alone: true });

    const refused = await shop.keywright(['key', 'gen', 'plug-4', '--mqtt-password', 'beside']);
    expect(refused.exitCode).toBe(2);
    await rm(join(shop.directory, 'plug-3_token'));
    const again = ['key', 'gen', 'plug-3', '--force', '--zip', '--mqtt-password', 'alone'];
    expect((await shop.keywright(again)).stdout).toBe('Save bundle ./plug-3.zip');
    const entries = await zipEntries(await readFile(join(shop.directory, 'plug-3.zip')));
    const next = entries.get('plug-3_mqtt_password') ?? '';
    await eventually(async () => (await code(next)) === 0, { withinMs: 1500, what: 'the new one taken' });
    expect(await code(password)).toBe(4);
    await shop.keywright(['key', 'gen', 'plug-3', '--force']);
    expect(await code(next)).toBe(0);
  });

  it('refuses an id that exists, and writes nothing', async () => {
    const shop = await workshop();
    await shop.keywright(['key', 'gen', 'a']);
    const run = await shop.keywright(['key', 'gen', 'A', '--output', 'again']);
    expect(run).toMatchObject({
      exitCode: 4,
      stdout: '',
      stderr: expect.stringContaining('client a already exists'),
    });
    expect(await files(shop)).toEqual(['a_cert.pem', 'a_key.pem', 'a_token']);
  });

  it.each(['a_cert.pem', 'a_key.pem', 'a_token', 'a_mqtt_password'])(
    'refuses to overwrite %s, and registers nothing',
    async (name) => {
      const shop = await workshop();
      await writeFile(join(shop.directory, name), 'mine');
      const run = await shop.keywright(['key', 'gen', 'a', '--mqtt-password', 'alone']);
      expect(run).toMatchObject({
        exitCode: 4,
        stderr: expect.stringContaining(`the file ./${name} already exists`),
      });
      expect(await readFile(join(shop.directory, name), 'utf8')).toBe('mine');
      expect(await files(shop)).toEqual([name]);
      expect((await shop.keywright(['key', 'show', 'a'])).exitCode).toBe(3);
    },
  );

  it('replaces with --force: the old credentials stop, the attributes stay', async () => {
    const shop = await workshop();
    await shop.keywright(['key', 'gen', 'a', '--label', 'kept', '--scope', 'metrics']);
    const token = await readFile(join(shop.directory, 'a_token'), 'utf8');
    const certificate = await readFile(join(shop.directory, 'a_cert.pem'), 'utf8');
    const run = await shop.keywright(['key', 'gen', 'a', '--force', '--json']);
    expect(json(run.stdout)).toMatchObject({ label: 'kept', scopes: ['metrics'] });
    expect(await files(shop)).toEqual(['a_cert.pem', 'a_key.pem', 'a_token']);
    expect((await shop.keywright(['verify', '-'], { input: token })).exitCode).toBe(5);
    expect((await shop.keywright(['verify', '-'], { input: certificate })).exitCode).toBe(5);
    expect((await shop.keywright(['verify', '--token-file', 'a_token'])).exitCode).toBe(0);
    expect((await shop.keywright(['verify', '--cert', 'a_cert.pem'])).exitCode).toBe(0);
  });

  it('puts the old files back when a replacement cannot be registered', async () => {
    const shop = await workshop();
    await shop.keywright(['key', 'gen', 'a']);
    const before = await readFile(join(shop.directory, 'a_token'), 'utf8');
    // Nothing over 600 bytes can be written: the files can (but for the certificate), the store cannot.
    const limited = 'trap "" XFSZ; ulimit -f 1; exec "$@"';
    const store = join(shop.home, 'store', 'clients');
    const [shard = ''] = (await readdir(store)).filter((name) => name.endsWith('.json'));
    const content = json(await readFile(join(store, shard), 'utf8'));
    content.records.client.a.label = 'x'.repeat(2000);
    await writeFile(join(store, shard), JSON.stringify(content));
    const run = await execa(
      'bash',
      ['-c', limited, 'bash', process.execPath, PROGRAM, 'key', 'gen', 'a', '--force'],
      {
        cwd: shop.directory,
        env: { KEYWRIGHT_HOME: shop.home },
        reject: false,
      },
    );
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toMatch(/cannot write .*store\/clients\/.*: the file would be longer than allowed/);
    expect(await files(shop)).toEqual(['a_cert.pem', 'a_key.pem', 'a_token']);
    expect(await readFile(join(shop.directory, 'a_token'), 'utf8')).toBe(before);
    expect((await shop.keywright(['verify', '--token-file', 'a_token'])).exitCode).toBe(0);
  });

  it.each([
    ['missing/dir/a', /cannot create missing\/dir\/a_cert\.pem: there is no such file or directory/],
    ['file/a', /file\/a_cert\.pem: a part of the path is not a directory/],
    [
      '/sys/a',
      /\/sys\/a_cert\.pem: (permission denied|the operation is not permitted|the file system is read-only)/,
    ],
  ])('registers nothing when %s cannot be written', async (output, message) => {
    const shop = await workshop();
    await writeFile(join(shop.directory, 'file'), '');
    const run = await shop.keywright(['key', 'gen', 'a', '--output', output]);
    expect(run).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(message) });
    expect((await shop.keywright(['key', 'show', 'a'])).exitCode).toBe(3);
  });

  it('registers nothing and leaves nothing when the disk is full', async () => {
    const shop = await workshop();
    await shop.keywright(['ca', 'init']);
    const full = 'trap "" XFSZ; ulimit -f 0; exec "$@"';
    const run = await execa('bash', ['-c', full, 'bash', process.execPath, PROGRAM, 'key', 'gen', 'a'], {
      cwd: shop.directory,
      env: { KEYWRIGHT_HOME: shop.home },
      reject: false,
    });
    expect(run).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('cannot write ./a_cert.pem') });
    expect(await files(shop)).toEqual([]);
    expect((await shop.keywright(['key', 'show', 'a'])).exitCode).toBe(3);
  });

  it.each([
    [['a/b'], 'client id "a/b" is not allowed'],
    [['..'], 'client id ".." is not allowed'],
    [['a b'], 'client id "a b" is not allowed'],
    [['a:b'], 'client id "a:b" is not allowed'],
    [['a\nb'], 'client id "a\\nb" is not allowed'],
    [['a'.repeat(65)], 'is not allowed'],
    [[], 'key gen needs CLIENT-ID'],
    [['a', '--not-after', 'tomorrow'], '"tomorrow" is not a time'],
    [['a', '--not-after', '2031-02-30'], '"2031-02-30" is not a time'],
    [['a', '--not-after', '2020-01-01'], 'the validity ends before it begins'],
    [['a', '--not-before', '2020-01-01', '--not-after', '2021-01-01'], 'the validity ends in the past'],
    [['a', '--not-before', '2031-01-01', '--not-after', '2030-01-01'], 'the validity ends before it begins'],
    [['a', '--not-after', '2090-01-01'], 'is not within that of the CA'],
    [['a', '--valid-for', '11y'], 'is not within that of the CA'],
    [['a', '--valid-for', 'long'], '"long" is not a duration'],
    [
      ['a', '--valid-for', '1y', '--not-after', '2030-01-01'],
      '--not-after and --valid-for exclude each other',
    ],
    [['a', '--scope', 'a b'], 'scope "a b" is not allowed'],
    [['a', '--label', 'a\nb'], 'label "a\\nb" is not allowed'],
    [['a', '--label', ''], 'label "" is not allowed'],
    [['a', '--algorithm', 'dsa'], '--algorithm takes ec-p256, '],
    [['a', '--nonsense'], 'there is no flag --nonsense'],
  ])('refuses %j as wrong usage and changes nothing', async (args, message) => {
    const shop = await workshop();
    const run = await shop.keywright(['key', 'gen', ...args]);
    expect(run).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining(message) });
    expect(await files(shop)).toEqual([]);
    expect((await shop.keywright(['key', 'list', '--json'])).stdout).toBe('[]');
  });
});

describe('key list', () => {
  it('draws a table', async () => {
    const { keywright } = await workshop();
    await keywright(['key', 'gen', 'b', '--not-after', '2033-01-01']);
    await keywright(['key', 'gen', 'b2', '--not-before', '2031-01-01', '--not-after', '2033-01-01']);
    const { stdout, stderr } = await keywright(['key', 'list']);
    expect(stderr).toBe('');
    const cells = stdout.split('\n').map((line) =>
      line
        .split('│')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
    expect(cells.filter((row) => row.length > 0)).toEqual([
      ['#', 'client id', 'valid from', 'expires', 'status'],
      ['1', 'b', expect.stringMatching(/^20\S+Z$/), '2033-01-01T00:00:00Z', 'valid'],
      ['2', 'b2', '2031-01-01T00:00:00Z', '2033-01-01T00:00:00Z', 'not yet valid'],
    ]);
  });

  it('is empty without a home, and makes none', async () => {
    const { keywright, home } = await workshop();
    expect(await keywright(['key', 'list'])).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: 'keywright: no clients yet',
    });
    expect((await keywright(['key', 'list', '--json'])).stdout).toBe('[]');
    await expect(stat(home)).rejects.toThrow('ENOENT');
  });

  it('finds what ends soon', async () => {
    const { keywright } = await workshop();
    await keywright(['key', 'gen', 'soon', '--valid-for', '20d']);
    await keywright(['key', 'gen', 'later', '--valid-for', '40d']);
    const { stdout } = await keywright(['key', 'list', '--expiring-within', '30d', '--json']);
    expect(json(stdout).map(({ id }: { id: string }) => id)).toEqual(['soon']);
    const brief = await keywright(['key', 'gen', 'brief', '--valid-for', '1s']);
    expect(brief.exitCode).toBe(0);
    await eventually(async () => (await keywright(['key', 'list'])).stdout.includes('expired'), {
      withinMs: 5000,
      what: 'the end of the brief one',
    });
    const again = await keywright(['key', 'list', '--expiring-within', '30d', '--json']);
    expect(json(again.stdout).map(({ id }: { id: string }) => id)).toEqual(['brief', 'soon']);
  });
});

describe('key show and key del', () => {
  it('show no secret', async () => {
    const shop = await workshop();
    await shop.keywright(['key', 'gen', 'a', '--label', 'Line 1']);
    const token = await readFile(join(shop.directory, 'a_token'), 'utf8');
    const shown = await shop.keywright(['key', 'show', 'a']);
    expect(shown.stdout).toMatch(/client id {5}a\nstatus {8}valid\nlabel {9}Line 1\n/);
    const all = shown.stdout + (await shop.keywright(['key', 'show', 'a', '--json'])).stdout;
    expect(all).not.toContain(token.slice('a:b:'.length));
    expect(all).not.toContain('PRIVATE');
  });

  it('delete: nothing that was handed over works, the serial is remembered, the id is free', async () => {
    const shop = await workshop();
    const { stdout } = await shop.keywright(['key', 'gen', 'a', '--json']);
    const { serial } = json(stdout).credentials[0];
    expect(await shop.keywright(['key', 'del', 'a'])).toEqual({
      exitCode: 0,
      stdout: 'Deleted a',
      stderr: '',
    });
    expect((await shop.keywright(['verify', '--token-file', 'a_token'])).exitCode).toBe(5);
    expect((await shop.keywright(['verify', '--cert', 'a_cert.pem'])).exitCode).toBe(5);
    expect((await shop.keywright(['key', 'list', '--json'])).stdout).toBe('[]');
    expect((await shop.keywright(['key', 'del', 'a'])).exitCode).toBe(3);
    const store = join(shop.home, 'store', 'clients');
    const [shard = ''] = (await readdir(store)).filter((name) => name.endsWith('.json'));
    expect(json(await readFile(join(store, shard), 'utf8')).records).toMatchObject({
      client: { a: { credentials: [] } },
      certificate: { [serial]: { withdrawn: { reason: 'deleted' } } },
    });

    expect((await shop.keywright(['key', 'gen', 'a', '--output', 'again'])).exitCode).toBe(0);
    expect(json(await readFile(join(store, shard), 'utf8')).records).toMatchObject({
      certificate: { [serial]: { withdrawn: { reason: 'deleted' } } },
    });
    expect((await shop.keywright(['verify', '--token-file', 'a_token'])).exitCode).toBe(5);
    expect((await shop.keywright(['verify', '--token-file', 'again_token'])).exitCode).toBe(0);
  });

  it.each([['show'], ['del']])('%s an unknown id exits with 3, a wrong one with 2', async (command) => {
    const { keywright } = await workshop();
    const unknown = await keywright(['key', command, 'nobody']);
    expect(unknown).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('there is no client nobody'),
    });
    expect((await keywright(['key', command, 'no/body'])).exitCode).toBe(2);
    const asJson = await keywright(['key', command, 'nobody', '--json']);
    expect(asJson).toMatchObject({ exitCode: 3, stdout: '' });
    expect(json(asJson.stderr)).toEqual({
      error: { code: 'not-found', message: 'there is no client nobody', hint: expect.any(String) },
    });
  });

  it('work under the words of older scripts', async () => {
    const { keywright } = await workshop();
    expect((await keywright(['shell', 'key', 'gen', 'myid2'])).exitCode).toBe(0);
    expect((await keywright(['shell', 'key', 'list'])).stdout).toContain('myid2');
    expect((await keywright(['shell', 'key', 'server-cert', '--output', 'x.crt'])).exitCode).toBe(0);
    expect((await keywright(['shell', 'key', 'del', 'myid2'])).exitCode).toBe(0);
  });
});

describe('the command line', () => {
  it.each([
    [['kye', 'gen', 'x'], 'there is no command "kye gen x"'],
    [['key', 'list', '--home', ''], 'the home is named by an empty text'],
    [['key', 'gen', 'a', '--output', ''], '--output is empty'],
    [['key', 'list', '--nonsense'], 'there is no flag --nonsense'],
    [['key', 'gen'], 'key gen needs CLIENT-ID: who the credentials are for; becomes lower-case'],
  ])('refuses %j with 2, in JSON too', async (args, message) => {
    const { keywright } = await workshop();
    expect(await keywright(args)).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringContaining(message),
    });
    const inJson = await keywright([...args, '--json']);
    expect([inJson.exitCode, inJson.stdout, json(inJson.stderr).error.message]).toEqual([2, '', message]);
  });

  it.each([[['help', 'key', 'gen']], [['key', 'gen', '-h']], [['key', 'gen', '--help']]])(
    'helps by %j',
    async (args) => {
      const { keywright } = await workshop();
      expect(await keywright(args)).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('USAGE') });
    },
  );

  it('says in one line that its output cannot be written', async () => {
    const { home, keywright } = await workshop();
    await keywright(['key', 'gen', 'a']);
    const full = await execa('bash', ['-c', `"$0" "$1" key list >/dev/full`, process.execPath, PROGRAM], {
      env: { KEYWRIGHT_HOME: home },
      reject: false,
    });
    expect(full.exitCode).toBe(1);
    expect(full.stderr).toMatch(/^keywright: cannot write the output: [^\n]*$/);
  });

  it('writes into a directory that is named', async () => {
    const shop = await workshop();
    await mkdir(join(shop.directory, 'keys'));
    expect((await shop.keywright(['key', 'gen', 'a', '--output', 'keys'])).stdout).toContain(
      'Save token keys/a_token',
    );
  });

  it('names the existing client before the existing file, and a wrong argument before both', async () => {
    const { keywright } = await workshop();
    await keywright(['key', 'gen', 'a']);
    expect((await keywright(['key', 'gen', 'a'])).stderr).toContain('client a already exists');
    expect((await keywright(['key', 'gen', 'a', '--valid-for', '0d'])).stderr).toContain('is not a duration');
  });
});

describe('the home', () => {
  it('is refused when others can look into it, by reading commands too', async () => {
    const { keywright, home } = await workshop();
    await mkdir(home);
    await chmod(home, 0o750);
    for (const args of [['key', 'list'], ['key', 'gen', 'a'], ['ca', 'show'], ['serve']]) {
      const run = await keywright(args);
      expect(run).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(`chmod 700 ${home}`) });
    }
    expect(await readdir(home)).toEqual([]);
  });

  it('is refused when it is a file', async () => {
    const { keywright, home } = await workshop();
    await writeFile(home, '');
    expect(await keywright(['key', 'list'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('is not a directory'),
    });
  });
});

describe('a store that is damaged', () => {
  it('is named with exit 1, and left alone', async () => {
    const { keywright, home } = await workshop();
    await keywright(['key', 'gen', 'a']);
    const store = join(home, 'store', 'clients');
    const [shard = ''] = (await readdir(store)).filter((name) => name.endsWith('.json'));
    await writeFile(join(store, shard), '{"schema":9,"records":{}}');
    const newer = await keywright(['key', 'list']);
    expect(newer).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('has format 9') });
    await writeFile(join(store, shard), '\0\0');
    const damaged = await keywright(['key', 'gen', 'a', '--force']);
    expect(damaged).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(`${join(store, shard)} is damaged`),
    });
    expect(await readFile(join(store, shard), 'utf8')).toBe('\0\0');
    await rm(join(store, shard));
  });
});

function zipEntries(data: Buffer): Promise<Map<string, string>> {
  return new Promise((resolve, reject) => {
    fromBuffer(data, { lazyEntries: true }, (error, zip) => {
      if (error) return reject(error);
      const entries = new Map<string, string>();
      zip.on('entry', (entry: Entry) => {
        zip.openReadStream(entry, async (failure, stream) => {
          if (failure) return reject(failure);
          entries.set(entry.fileName, await text(stream));
          zip.readEntry();
        });
      });
      zip.on('end', () => resolve(entries));
      zip.readEntry();
    });
  });
}
