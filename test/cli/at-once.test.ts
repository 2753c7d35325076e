import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { FileStore } from '../../src/store/file/file-store.js';
import { workshop } from '../support/keywright.js';
import { killMoments } from '../support/kill-moments.js';

// Many processes on a busy machine take their time.
const MINUTES = { timeout: 300_000 };

describe('many commands at once', MINUTES, () => {
  it('on an empty home: two dozen different ids are all there, under one CA', async () => {
    const { directory, keywright, program } = await workshop();
    const ids = Array.from({ length: 24 }, (_, index) => `device-${index}`);
    const runs = await Promise.all(ids.map((id) => program(['key', 'gen', id])));
    expect(runs.filter(({ exitCode }) => exitCode !== 0)).toEqual([]);
    expect(runs.filter(({ stderr }) => stderr.includes('made a new CA'))).toHaveLength(1);
    const listed: { id: string }[] = JSON.parse((await keywright(['key', 'list', '--json'])).stdout);
    expect(listed.map(({ id }) => id)).toEqual([...ids].sort());
    await keywright(['server-cert', '--output', 'ca.pem']);
    const certificates = ids.map((id) => `${id}_cert.pem`);
    await execa('openssl', ['verify', '-CAfile', 'ca.pem', ...certificates], { cwd: directory });
    expect((await readdir(join(directory, 'home'))).sort()).toEqual([
      'audit.head',
      'audit.log',
      'ca',
      'store',
      'store-version',
    ]);
    expect(await keywright(['audit', 'verify'])).toMatchObject({
      exitCode: 0,
      stdout: 'the audit log is whole',
    });
    expect(await readdir(join(directory, 'home', 'store', 'clients', 'locks'))).toEqual([]);
  });

  it.each([
    ['the same files', () => 'a'],
    ['files of their own', (index: number) => `own-${index}`],
  ])('for one id and %s: one wins, nine exit with 4 and leave nothing', async (_, output) => {
    const { directory, keywright, program } = await workshop();
    const runs = await Promise.all(
      Array.from({ length: 10 }, (_, index) => program(['key', 'gen', 'a', '--output', output(index)])),
    );
    expect(runs.map(({ exitCode }) => exitCode).sort()).toEqual([0, 4, 4, 4, 4, 4, 4, 4, 4, 4]);
    const winner = output(runs.findIndex(({ exitCode }) => exitCode === 0));
    expect((await readdir(directory)).sort()).toEqual(
      [`${winner}_cert.pem`, `${winner}_key.pem`, `${winner}_token`, 'home'].sort(),
    );
    expect((await keywright(['verify', '--token-file', `${winner}_token`])).exitCode).toBe(0);
    expect((await keywright(['verify', '--cert', `${winner}_cert.pem`])).exitCode).toBe(0);
  });
});

describe('kill -9', MINUTES, () => {
  it('at any moment leaves a store that opens, with each key whole or not at all', async () => {
    const { directory, home, keywright } = await workshop();
    await keywright(['ca', 'init']);
    const rounds = 20;
    const moments = killMoments();
    let killed = 0;
    for (let round = 0; round < rounds; round += 1) {
      const part = 0.3 + (1.1 * round) / rounds;
      const { isKilled } = await moments.run(part, ['key', 'gen', `k${round}`], { directory, home });
      if (isKilled) killed += 1;
    }
    const store = new FileStore({ home });
    const clients = await store.clients.page();
    // Otherwise nothing below was tried.
    expect([killed > 0, clients.length > 0]).toEqual([true, true]);
    for (const client of clients) {
      expect(client.credentials.map(({ kind }) => kind)).toEqual(['signed-token']);
      expect(await store.certificates.ofClients([client.id])).toHaveLength(1);
      expect((await keywright(['verify', '--token-file', `${client.id}_token`])).exitCode).toBe(0);
    }
    expect(await keywright(['audit', 'verify'])).toMatchObject({ exitCode: 0 });
    // Whoever was killed stands in nobody's way.
    for (let round = 0; round < rounds; round += 4) {
      const again = await keywright(['key', 'gen', `k${round}`, '--force']);
      expect(again).toMatchObject({ exitCode: 0 });
    }
  });

  it('of the first command leaves a CA that is whole, or none', async () => {
    const moments = killMoments();
    const outcomes = new Set<string>();
    for (let round = 0; round < 8; round += 1) {
      const { directory, home, keywright } = await workshop();
      await moments.run(0.4 + round * 0.15, ['ca', 'init'], { directory, home });
      outcomes.add((await keywright(['ca', 'show'])).exitCode === 0 ? 'whole' : 'none');
      expect((await keywright(['key', 'gen', 'a'])).exitCode).toBe(0);
    }
    expect([...outcomes].sort()).toEqual(['none', 'whole']);
  });
});
