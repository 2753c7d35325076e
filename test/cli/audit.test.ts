import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Workshop, workshop } from '../support/keywright.js';

async function eventful(): Promise<Workshop> {
  const shop = await workshop();
  await shop.keywright(['key', 'gen', 'a']);
  await shop.keywright(['key', 'gen', 'a', '--force']);
  const { stdout } = await shop.keywright(['register', 'token', '--client', 'a', '--json']);
  const { id } = JSON.parse(stdout);
  await shop.keywright(['token', 'edit', id, '--label', 'x']);
  await shop.keywright(['token', 'rotate', id, '--now']);
  await shop.keywright(['token', 'invalidate', id]);
  await shop.keywright(['token', 'delete', id]);
  await shop.keywright(['key', 'del', 'a']);
  return shop;
}

describe('the audit log', () => {
  it('has a line for every change, and none for what changed nothing', async () => {
    const shop = await eventful();
    await shop.keywright(['key', 'gen', 'a/b']);
    await shop.keywright(['key', 'del', 'nobody']);
    await shop.keywright(['token', 'edit', 'nobody']);
    const entries = JSON.parse((await shop.keywright(['audit', 'list', '--json'])).stdout);
    expect(entries.map(({ action }: { action: string }) => action)).toEqual([
      'ca.init',
      'key.gen',
      'key.replace',
      'token.register',
      'token.edit',
      'token.rotate',
      'token.invalidate',
      'token.delete',
      'key.del',
    ]);
    expect(entries[1]).toEqual({
      seq: 3,
      at: expect.stringMatching(/Z$/),
      who: expect.any(String),
      from: 'local',
      action: 'key.gen',
      target: 'a',
      outcome: 'done',
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect((await shop.keywright(['audit', 'list', '--since', '1h'])).stdout).toContain('token.rotate');
    expect((await shop.keywright(['audit', 'list', '--since', '2090-01-01'])).stderr).toContain(
      'nothing was done',
    );
    const listed = async (...flags: string[]) =>
      JSON.parse((await shop.keywright(['audit', 'list', '--json', ...flags])).stdout).map(
        ({ seq }: { seq: number }) => seq,
      );
    const seqOf = (index: number) => entries[index].seq;
    expect(await listed('--action', 'key')).toEqual([seqOf(1), seqOf(2), seqOf(8)]);
    expect(await listed('--action', 'token.edit', '--target', 'a')).toEqual([seqOf(4)]);
    expect(await listed('--actor', 'nobody')).toEqual([]);
    expect(await listed('--until', '1h')).toEqual([]);
    expect(await shop.keywright(['audit', 'verify'])).toEqual({
      exitCode: 0,
      stdout: 'the audit log is whole',
      stderr: '',
    });
    expect((await stat(join(shop.home, 'audit.log'))).mode & 0o777).toBe(0o600);
  });

  it('says when a change failed', async () => {
    const shop = await workshop();
    const runs = await Promise.all(
      [1, 2, 3].map((n) => shop.program(['key', 'gen', 'a', '--output', `own-${n}`])),
    );
    expect(runs.filter(({ exitCode }) => exitCode === 0)).toHaveLength(1);
    const entries: { action: string; outcome: string }[] = JSON.parse(
      (await shop.keywright(['audit', 'list', '--json'])).stdout,
    );
    const outcomes = entries.filter(({ action }) => action === 'key.gen').map(({ outcome }) => outcome);
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(1);
    expect(outcomes.filter((outcome) => !['done', 'failed'].includes(outcome))).toEqual([]);
  });

  it.each<[string, (lines: string[]) => string[], number]>([
    [
      'changed',
      (lines) =>
        lines.map((line, index) => (index === 6 ? line.replace('"token.register"', '"token.forged"') : line)),
      7,
    ],
    ['removed', (lines) => lines.filter((_, index) => index !== 3), 4],
    [
      'put elsewhere',
      (lines) => [...lines.slice(0, 3), lines[4] ?? '', lines[3] ?? '', ...lines.slice(5)],
      4,
    ],
    ['repeated', (lines) => [...lines.slice(0, 4), lines[3] ?? '', ...lines.slice(4)], 5],
    ['invented', (lines) => [...lines, '{"seq":19}'], 19],
    ['cut off, two of them', (lines) => lines.slice(0, -2), 17],
    ['all removed', () => [], 1],
  ])('shows a line that was %s', async (_, tamper, line) => {
    const shop = await eventful();
    const path = join(shop.home, 'audit.log');
    const lines = (await readFile(path, 'utf8')).split('\n').slice(0, -1);
    await writeFile(
      path,
      tamper(lines)
        .map((text) => `${text}\n`)
        .join(''),
    );
    const run = await shop.keywright(['audit', 'verify', '--json']);
    expect(run.exitCode).toBe(5);
    expect(JSON.parse(run.stdout)).toMatchObject({ whole: false, line });
  });

  it('goes on behind half a line that a killed writer left', async () => {
    const shop = await workshop();
    await shop.keywright(['key', 'gen', 'a']);
    const path = join(shop.home, 'audit.log');
    await writeFile(path, `${await readFile(path, 'utf8')}{"seq":5,"at`);
    await writeFile(`${path}.lock`, JSON.stringify({ pid: 0, started: '', place: 'gone', nonce: 'n' }));
    const { utimes } = await import('node:fs/promises');
    await utimes(`${path}.lock`, 1, 1);
    expect((await shop.keywright(['key', 'del', 'a'])).exitCode).toBe(0);
    expect((await shop.keywright(['audit', 'verify'])).exitCode).toBe(0);
  });

  it('that cannot be written stops the change', async () => {
    const shop = await workshop();
    await shop.keywright(['key', 'gen', 'a']);
    await rm(join(shop.home, 'audit.head'));
    await writeFile(join(shop.home, 'audit.head'), 'rubbish');
    const run = await shop.keywright(['key', 'del', 'a']);
    expect(run).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('audit.head is damaged') });
    expect((await shop.keywright(['verify', '--token-file', 'a_token'])).exitCode).toBe(0);
  });
});
