import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { FileStore } from '../../src/store/file/file-store.js';
import { PROGRAM, workshop } from '../support/keywright.js';

describe('many commands at once', () => {
  it('on an empty home: fifty different ids are all there, under one CA', async () => {
    const { directory, keywright } = await workshop();
    const ids = Array.from({ length: 50 }, (_, index) => `device-${index}`);
    const runs = await Promise.all(ids.map((id) => keywright(['key', 'gen', id])));
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
    const { directory, keywright } = await workshop();
    const runs = await Promise.all(
      Array.from({ length: 10 }, (_, index) => keywright(['key', 'gen', 'a', '--output', output(index)])),
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

describe('kill -9', () => {
  it('at any moment leaves a store that opens, with each key whole or not at all', async () => {
    const { directory, home, keywright } = await workshop();
    await keywright(['ca', 'init']);
    const rounds = 40;
    for (let round = 0; round < rounds; round += 1) {
      const child = execa(process.execPath, [PROGRAM, 'key', 'gen', `k${round}`], {
        cwd: directory,
        env: { KEYWRIGHT_HOME: home },
        reject: false,
      });
      // Spread over the life of the command, which takes about 200 ms here.
      const timer = setTimeout(() => child.kill('SIGKILL'), 60 + round * 5);
      await child;
      clearTimeout(timer);
    }
    const store = new FileStore({ home });
    for (const client of await store.clients.page()) {
      expect(client.credentials.map(({ kind }) => kind)).toEqual(['signed-token']);
      expect(await store.certificates.ofClients([client.id])).toHaveLength(1);
      expect((await keywright(['verify', '--token-file', `${client.id}_token`])).exitCode).toBe(0);
    }
    expect(await keywright(['audit', 'verify'])).toMatchObject({ exitCode: 0 });
    // Whoever was killed stands in nobody's way.
    for (let round = 0; round < rounds; round += 8) {
      const again = await keywright(['key', 'gen', `k${round}`, '--force']);
      expect(again).toMatchObject({ exitCode: 0 });
    }
  });

  it('of the first command leaves a CA that is whole, or none', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { directory, home, keywright } = await workshop();
      const child = execa(process.execPath, [PROGRAM, 'ca', 'init'], {
        cwd: directory,
        env: { KEYWRIGHT_HOME: home },
        reject: false,
      });
      const timer = setTimeout(() => child.kill('SIGKILL'), 80 + round * 12);
      await child;
      clearTimeout(timer);
      expect((await keywright(['key', 'gen', 'a'])).exitCode).toBe(0);
    }
  });
});
