import { copyFile, readdir, readFile, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openKeystore } from '../../src/index.js';
import { shardName } from '../../src/store/file/kinds.js';
import {
  addUser,
  ask,
  eventually,
  PASSWORD,
  registerKey,
  type Server,
  serve,
  serveProgram,
  workshop,
} from '../support/keywright.js';
import { dial } from '../support/mqtt-wire.js';

// `KEYWRIGHT_CHANGES=1000 npx vitest run test/server/holds-at-once.test.ts` takes longer, and looks longer.
const CHANGES = Number(process.env.KEYWRIGHT_CHANGES ?? 24);

describe('a change by another process', { timeout: 60_000 + CHANGES * 1_000 }, () => {
  it.each([1, 3])('holds in each of %d servers when it is made', async (count) => {
    const shop = await workshop();
    const servers = await Promise.all(Array.from({ length: count }, () => serveProgram(shop)));
    const keystore = await openKeystore({ home: shop.home });
    const wrong: string[] = [];
    const compare = async (what: string, apiKey: string, isIn: boolean) => {
      for (const server of servers) {
        const { status } = await ask(server.http, { bearer: apiKey });
        const code = await connackOf(server, apiKey);
        if ((status === 200) !== isIn || (code === 0) !== isIn) wrong.push(`${what}: ${status}, ${code}`);
      }
    };
    for (let round = 0; round < CHANGES / 4; round += 1) {
      const made = await keystore.register({ label: `${round}` });
      await compare('registered', made.apiKey, true);
      const { id, apiKey } = await keystore.rotate(made.id);
      await compare('rotated', apiKey, true);
      await compare('replaced', made.apiKey, false);
      await keystore.edit(id, { expiresAt: new Date(Date.now() + 60_000) });
      await compare('edited', apiKey, true);
      await keystore.invalidate(id);
      await compare('invalidated', apiKey, false);
    }
    expect(wrong).toEqual([]);
    keystore.close();
  });

  it('has ended live connections when it is made', async () => {
    const shop = await workshop();
    const server = await serveProgram(shop);
    const keystore = await openKeystore({ home: shop.home });
    const { id, apiKey } = await keystore.register();
    const wire = dial(server.mqttPort, { username: 'a', password: Buffer.from(apiKey) });
    expect(await wire.next('connack')).toMatchObject({ returnCode: 0 });
    await keystore.delete(id);
    wire.send({ cmd: 'pingreq' });
    await expect.poll(() => wire.isClosed()).toBe(true);
    expect(wire.packets.map(({ cmd }) => cmd)).toEqual(['connack']);
    keystore.close();
  });

  it('is made although a server is stopped, which the user is told', async () => {
    const shop = await workshop();
    const { process: stopped, http } = await serveProgram(shop);
    stopped.kill('SIGSTOP');
    const { exitCode, stderr, stdout } = await shop.keywright(['register', 'token', '--json']);
    stopped.kill('SIGCONT');
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining(`process ${stopped.pid} `)]);
    const { apiKey } = JSON.parse(stdout);
    await eventually(async () => (await ask(http, { bearer: apiKey })).status === 200, {
      ...{ withinMs: 1000, what: 'the change taken up' },
    });
  });

  it('waits for no server that was killed, and leaves nothing of it', async () => {
    const shop = await workshop();
    const { process: killed } = await serveProgram(shop);
    const sockets = join(shop.home, 'sockets');
    const [name = ''] = await readdir(sockets);
    expect((await stat(join(sockets, name))).mode & 0o777).toBe(0o600);
    killed.kill('SIGKILL');
    await killed;
    const { exitCode, stderr } = await shop.keywright(['register', 'token', '--json']);
    expect([exitCode, stderr]).toEqual([0, expect.not.stringContaining('process')]);
    expect(await readdir(sockets)).toEqual([]);
  });

  it('holds at once in a home whose path is longer than a socket’s may be', async () => {
    const { home: short, ...shop } = await workshop();
    const home = join(short, 'd'.repeat(60), 'e'.repeat(60));
    const server = await serve({ ...shop, home });
    const keystore = await openKeystore({ home });
    for (let round = 0; round < 5; round += 1)
      expect((await ask(server.http, { bearer: (await keystore.register()).apiKey })).status).toBe(200);
    keystore.close();
  });
});

describe('a file of the keystore', () => {
  it('that is restored or edited in place is seen within a second, whatever its time says', async () => {
    const shop = await workshop();
    const { id, apiKey, clientId } = await registerKey(shop);
    const file = fileOf(shop.home, clientId);
    const backup = join(shop.directory, 'backup.json');
    await copyFile(file, backup);
    const { mtime } = await stat(file);
    const server = await serve(shop);
    const { apiKey: later } = await registerKey(shop, '--client', clientId);
    await shop.keywright(['token', 'invalidate', id]);
    expect([await statusOf(server, apiKey), await statusOf(server, later)]).toEqual([401, 200]);
    // As `cp -p` does: no name in the directory changes, nor does the time of the content.
    await writeFile(file, await readFile(backup));
    await utimes(file, mtime, mtime);
    await eventually(async () => (await statusOf(server, later)) === 401, {
      ...{ withinMs: 1000, what: 'the restored file' },
    });
    expect(await statusOf(server, apiKey)).toBe(200);
  });

  it('that was torn makes its own clients unavailable and nobody else, and is named in the log', async () => {
    const shop = await workshop();
    const [torn, whole] = await clientsOfTwoFiles(shop);
    const server = await serve(shop);
    const file = fileOf(shop.home, torn.clientId);
    const good = await readFile(file);
    await writeFile(file, good.subarray(0, good.length / 2));
    await eventually(async () => (await statusOf(server, torn.apiKey)) === 503, {
      ...{ withinMs: 1000, what: 'the torn file' },
    });
    expect([await statusOf(server, whole.apiKey), (await fetch(`${server.http}/readyz`)).status]).toEqual([
      200, 200,
    ]);
    expect(server.log()).toContain(file);
    // Nor does another good file make what the torn one said be believed.
    const { apiKey } = await registerKey(shop, '--client', whole.clientId);
    expect([await statusOf(server, apiKey), await statusOf(server, torn.apiKey)]).toEqual([200, 503]);
    const another = await serve(shop);
    expect([await statusOf(another, whole.apiKey), await statusOf(another, torn.apiKey)]).toEqual([200, 503]);
    await writeFile(file, good);
    await eventually(async () => (await statusOf(server, torn.apiKey)) === 200, {
      ...{ withinMs: 1000, what: 'the mended file' },
    });
    expect(server.log()).toContain('can be read again');
  });

  it.each(['', 'store', join('store', 'clients')])(
    'that has gone with "%s" makes its clients unavailable, not unknown',
    async (part) => {
      const shop = await workshop();
      const { apiKey } = await registerKey(shop);
      const server = await serve(shop);
      const [there, away] = [join(shop.home, part), join(shop.directory, 'away')];
      await rename(there, away);
      await eventually(async () => (await statusOf(server, apiKey)) === 503, {
        ...{ withinMs: 1000, what: 'the loss' },
      });
      expect((await fetch(`${server.http}/readyz`)).status).toBe(503);
      expect(server.log()).toContain(`${join(shop.home, 'store', 'clients')} are gone`);
      await rename(away, there);
      await eventually(async () => (await statusOf(server, apiKey)) === 200, {
        ...{ withinMs: 1000, what: 'the clients' },
      });
      expect((await fetch(`${server.http}/readyz`)).status).toBe(200);
      // It listens again for those who change something.
      await eventually(async () => (await readdir(join(shop.home, 'sockets'))).length === 1, {
        ...{ withinMs: 2000, what: 'the socket' },
      });
      expect(await statusOf(server, (await registerKey(shop)).apiKey)).toBe(200);
    },
  );
});

describe('the signing keys', () => {
  it('that cannot be read make access tokens unavailable, and nothing else', async () => {
    const shop = await workshop();
    const { apiKey } = await registerKey(shop);
    await addUser(shop, 'ann');
    const server = await serve(shop);
    const login = { username: 'ann', password: PASSWORD };
    const { tkn: token } = (await ask(`${server.http}/auth/login`, { json: login })).body;
    expect(await statusOf(server, token)).toBe(200);
    const directory = join(shop.home, 'store', 'signing-keys');
    const [name = ''] = (await readdir(directory)).filter((each) => each.endsWith('.json'));
    await writeFile(join(directory, name), 'torn');
    await eventually(async () => (await statusOf(server, token)) === 503, {
      ...{ withinMs: 1000, what: 'the torn file' },
    });
    expect(await statusOf(server, apiKey)).toBe(200);
  });
});

async function connackOf(server: Server, apiKey: string): Promise<unknown> {
  const wire = dial(server.mqttPort, { username: 'a', password: Buffer.from(apiKey) });
  const { returnCode } = await wire.next('connack');
  wire.socket.destroy();
  return returnCode;
}

async function statusOf({ http }: Server, bearer: string): Promise<number> {
  return (await ask(http, { bearer })).status;
}

function fileOf(home: string, clientId: string): string {
  return join(home, 'store', 'clients', `${shardName(clientId)}.json`);
}

async function clientsOfTwoFiles(shop: Awaited<ReturnType<typeof workshop>>) {
  const first = await registerKey(shop);
  let second = await registerKey(shop);
  while (shardName(second.clientId) === shardName(first.clientId)) second = await registerKey(shop);
  return [first, second] as const;
}
