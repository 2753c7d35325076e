import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { addUser, type Workshop, workshop } from '../support/keywright.js';

interface Reported {
  readonly line: number;
  readonly id: string | null;
  readonly status: string;
  readonly error?: { readonly code: string; readonly message: string };
}

const reported = (stdout: string): Reported[] =>
  stdout === ''
    ? []
    : stdout
        .split('\n')
        .map((line) => JSON.parse(line))
        .sort((one, other) => one.line - other.line);

/** What came of each line: its status, or the code and the message of its error. */
const outcomes = (stdout: string) =>
  reported(stdout).map(({ line, status, error }) => [
    line,
    error ? `${error.code}: ${error.message}` : status,
  ]);

async function filesIn(directory: string): Promise<string[]> {
  return (await readdir(directory)).sort();
}

/** Each client that is registered has its files, which work; nothing else is there. */
async function expectWhole({ directory, keywright }: Workshop, output: string, ids: readonly string[]) {
  const names = ids.flatMap((id) => [`${id}_cert.pem`, `${id}_key.pem`, `${id}_token`]);
  expect(await filesIn(join(directory, output))).toEqual(names.sort());
  const listed: { id: string; credentials: { fingerprint?: string }[] }[] = JSON.parse(
    (await keywright(['key', 'list', '--json'])).stdout,
  );
  expect(listed.map(({ id }) => id)).toEqual([...ids].sort());
  for (const { id, credentials } of listed) {
    const read = (name: string) => readFile(join(directory, output, `${id}_${name}`));
    const certificate = new X509Certificate(await read('cert.pem'));
    expect(certificate.checkPrivateKey(createPrivateKey(await read('key.pem')))).toBe(true);
    const fingerprint = certificate.fingerprint256.replaceAll(':', '').toLowerCase();
    expect(credentials.map((each) => each.fingerprint)).toContain(fingerprint);
    expect(String(await read('token')).startsWith(`${id}:b:`)).toBe(true);
  }
  expect(await keywright(['audit', 'verify'])).toMatchObject({
    exitCode: 0,
    stdout: 'the audit log is whole',
  });
}

describe('key gen --from', () => {
  it('issues every client of a file, by its own columns or the flags, and reports each', async () => {
    const shop = await workshop();
    await addUser(shop, 'ann', '--scope', 'ingest');
    const csv = [
      '\uFEFFid,label,scopes,valid_for,algorithm,owner',
      'A,"Line 7, ""left""",ingest publish:db/#,30d,ed25519,',
      '',
      'b,,,,,ann',
    ];
    await writeFile(join(shop.directory, 'all.csv'), csv.join('\r\n'));
    const run = await shop.keywright([
      'key',
      'gen',
      '--from',
      'all.csv',
      '--output-dir',
      'out',
      '--label',
      'x',
      '--json',
    ]);
    expect([run.exitCode, run.stderr]).toEqual([0, expect.stringContaining('2 clients issued')]);
    const [a, b] = JSON.parse((await shop.keywright(['key', 'list', '--json'])).stdout);
    expect(a).toMatchObject({
      id: 'a',
      label: 'Line 7, "left"',
      scopes: ['ingest', 'publish:db/#'],
      owner: null,
    });
    expect(b).toMatchObject({ id: 'b', label: 'x', scopes: ['ingest'], owner: 'ann' });
    expect(a.credentials[0].algorithm).toBe('ed25519');
    expect(Date.parse(a.expiresAt) - Date.now()).toBeLessThan(31 * 86_400_000);
    const [first] = reported(run.stdout);
    expect(first).toMatchObject({
      ...{ line: 2, id: 'a', status: 'issued', fingerprint: a.credentials[0].fingerprint },
      files: { certificate: 'out/a_cert.pem', privateKey: 'out/a_key.pem', token: 'out/a_token' },
    });
    await expectWhole(shop, 'out', ['a', 'b']);
    for (const args of [
      ['--token-file', 'out/a_token'],
      ['--cert', 'out/b_cert.pem'],
    ])
      expect((await shop.keywright(['verify', ...args])).exitCode).toBe(0);
  });

  it('names each line that it cannot do, by its number and why, does the others, and ends with 1', async () => {
    const shop = await workshop();
    await addUser(shop, 'ann', '--scope', 'ingest');
    const lines: (string | Buffer)[] = [
      'id,label,scopes,valid_for,algorithm,owner',
      'good,,,,,',
      'not allowed!,,,,,',
      'good,,,,,',
      'c,,nosuch,,,',
      'd,,,soon,,',
      'e,,,,rot13,',
      'f,,,,,nobody',
      'g,,admin,,,ann',
      'h,"open,,,,',
      'i,,',
      'j,,,50y,,',
      Buffer.from([0x6b, 0xff, 0x2c, 0x2c, 0x2c, 0x2c, 0x2c]),
      'x'.repeat(1_000_000),
      ',,,,,',
      'last,,,,,',
    ];
    const bytes = lines.flatMap((line) => [Buffer.from(line), Buffer.from('\n')]);
    await writeFile(join(shop.directory, 'all.csv'), Buffer.concat(bytes));
    const run = await shop.keywright(['key', 'gen', '--from', 'all.csv', '--output-dir', 'out']);
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain('2 clients issued, 13 failed');
    expect(outcomes(run.stdout)).toEqual([
      [2, 'issued'],
      [3, 'invalid-input: client id "not allowed!" is not allowed'],
      [4, 'already-exists: line 2 has the id good already'],
      [5, 'invalid-input: there is no scope "nosuch"'],
      [6, expect.stringContaining('invalid-input: ')],
      [7, 'invalid-input: there is no algorithm "rot13"'],
      [8, expect.stringContaining('not-found: ')],
      [9, expect.stringContaining('refused: nobody grants a scope')],
      [10, 'invalid-input: the line is not CSV: its quotes do not fit'],
      [11, expect.stringContaining('invalid-input: the line has 3 values')],
      [12, expect.stringContaining('is not within that of the CA')],
      [13, 'invalid-input: the line is not UTF-8'],
      [14, 'invalid-input: the line is longer than 65536 octets'],
      [15, 'invalid-input: the line has no id'],
      [16, 'issued'],
    ]);
    await expectWhole(shop, 'out', ['good', 'last']);
  });

  it.each([
    ['id,colour', 'there is no column "colour"'],
    ['id,label,label', 'the first line names the column "label" twice'],
    ['name,label', 'the first line names no column id'],
  ])('refuses the first line %s before anything is done', async (header, message) => {
    const { directory, keywright } = await workshop();
    await writeFile(join(directory, 'all.csv'), `${header}\na,b\n`);
    const run = await keywright(['key', 'gen', '--from', 'all.csv', '--output-dir', 'out', '--json']);
    expect([run.exitCode, run.stdout, JSON.parse(run.stderr).error.message]).toEqual([2, '', message]);
    expect(await readdir(directory)).toEqual(['all.csv']);
  });

  it('reads one id a line from standard input', async () => {
    const shop = await workshop();
    const run = await shop.keywright(['key', 'gen', '--from', '-', '--output-dir', 'out'], {
      input: 'one\r\ntwo',
    });
    expect([run.exitCode, outcomes(run.stdout)]).toEqual([
      0,
      [
        [1, 'issued'],
        [2, 'issued'],
      ],
    ]);
    await expectWhole(shop, 'out', ['one', 'two']);
  });

  it('given again, says that each exists, or leaves them alone with --skip-existing', async () => {
    const shop = await workshop();
    const args = ['key', 'gen', '--from', '-', '--output-dir', 'out'];
    await shop.keywright(args, { input: 'a\nb' });
    const again = await shop.keywright(args, { input: 'a\nb' });
    expect([again.exitCode, outcomes(again.stdout)]).toEqual([
      1,
      [
        [1, 'already-exists: client a already exists'],
        [2, 'already-exists: client b already exists'],
      ],
    ]);
    const skipped = await shop.keywright([...args, '--skip-existing'], { input: 'a\nb\nc' });
    expect([skipped.exitCode, outcomes(skipped.stdout)]).toEqual([
      0,
      [
        [1, 'skipped'],
        [2, 'skipped'],
        [3, 'issued'],
      ],
    ]);
    await expectWhole(shop, 'out', ['a', 'b', 'c']);
  });

  it('does not replace a file that is there', async () => {
    const shop = await workshop();
    const args = ['key', 'gen', '--from', '-'];
    await writeFile(join(shop.directory, 'a_key.pem'), 'mine');
    const run = await shop.keywright(args, { input: 'a\nb' });
    expect([run.exitCode, outcomes(run.stdout)]).toEqual([
      1,
      [
        [1, 'already-exists: the file a_key.pem already exists'],
        [2, 'issued'],
      ],
    ]);
    expect(await readFile(join(shop.directory, 'a_key.pem'), 'utf8')).toBe('mine');
    expect(JSON.parse((await shop.keywright(['key', 'list', '--json'])).stdout)).toHaveLength(1);
  });

  it('takes the name of a file for taken that is a link to nothing', async () => {
    const { directory, keywright } = await workshop();
    await mkdir(join(directory, 'out'));
    await symlink(join(directory, 'elsewhere'), join(directory, 'out', 'a_key.pem'));
    const run = await keywright(['key', 'gen', '--from', '-', '--output-dir', 'out'], { input: 'a\nb' });
    expect(outcomes(run.stdout)).toEqual([
      [1, 'already-exists: the file out/a_key.pem already exists'],
      [2, 'issued'],
    ]);
    expect(await filesIn(directory)).not.toContain('elsewhere');
  });

  it('says once why nothing can be registered, and of no line what is not about it', async () => {
    const { directory, home, keywright } = await workshop();
    await keywright(['key', 'gen', 'first']);
    await rm(join(home, 'store', 'clients', 'locks'), { recursive: true });
    await writeFile(join(home, 'store', 'clients', 'locks'), '');
    const input = Array.from({ length: 3000 }, (_, index) => `d${index}`).join('\n');
    const run = await keywright(['key', 'gen', '--from', '-', '--output-dir', 'out'], { input });
    expect([run.exitCode, run.stdout]).toEqual([1, '']);
    expect(run.stderr).toContain('locks');
    // What the next run looks at first.
    expect(await filesIn(join(directory, 'out'))).toEqual(['.keywright-bulk']);
  });

  it('writes one archive of all, which has its name when it is whole', async () => {
    const { directory, keywright } = await workshop();
    const args = ['key', 'gen', '--from', '-', '--zip-all', 'all.zip', '--skip-existing'];
    const run = await keywright(args, { input: 'a\nb' });
    expect([run.exitCode, outcomes(run.stdout)]).toEqual([
      0,
      [
        [1, 'issued'],
        [2, 'issued'],
      ],
    ]);
    expect(await filesIn(directory)).toEqual(['all.zip', 'home']);
    const again = await keywright(args, { input: 'a\nb\nc' });
    expect([again.exitCode, outcomes(again.stdout)]).toEqual([
      1,
      [
        [1, 'skipped'],
        [2, 'skipped'],
        [3, 'already-exists: the file all.zip already exists'],
      ],
    ]);
  });

  it('on a terminal, says which lines failed and how many were done', async () => {
    const { keywright } = await workshop();
    const run = await keywright(['key', 'gen', '--from', '/dev/null'], { terminal: { columns: 80 } });
    expect([run.exitCode, run.stdout, run.stderr]).toEqual([
      0,
      '',
      expect.stringContaining('0 clients issued'),
    ]);
  });

  it('two runs at once of the same file do each client once', async () => {
    const shop = await workshop();
    await shop.keywright(['ca', 'init']);
    const ids = Array.from({ length: 3000 }, (_, index) => `d-${index}`);
    const args = ['key', 'gen', '--from', '-', '--output-dir', 'out', '--skip-existing'];
    const runs = await Promise.all([1, 2].map(() => shop.program(args, { input: ids.join('\n') })));
    expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    const statuses = runs.flatMap(({ stdout }) => reported(stdout)).map(({ status }) => status);
    expect(statuses.sort()).toEqual([...ids.map(() => 'issued'), ...ids.map(() => 'skipped')]);
    await expectWhole(shop, 'out', ids);
  });
});
