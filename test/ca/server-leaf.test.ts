import { X509Certificate } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { draftAuthority, publishAuthority } from '../../src/ca/authority.js';
import { ensureServerLeaf } from '../../src/ca/server-leaf.js';
import type { ServerKeyAlgorithm, ServerName } from '../../src/core/ports/certificate-authority.js';
import { openHome } from '../../src/home/open-home.js';
import { startServer } from '../../src/server/start-server.js';
import { scratchDirectory } from '../support/keywright.js';

const START = Date.parse('2026-06-01T00:00:00Z');
const DAY = 86_400_000;
const LOCAL: ServerName[] = [
  { kind: 'dns', value: 'localhost' },
  { kind: 'ip', value: '::1' },
];

async function fixture(validFor = '10y') {
  const home = join(await scratchDirectory(), 'home');
  const authority = await publishAuthority(
    home,
    await draftAuthority({ algorithm: 'ec-p256', validFor }, START),
  );
  const registered: string[] = [];
  const leaf = (now: number, names = LOCAL, algorithm?: ServerKeyAlgorithm) =>
    ensureServerLeaf({
      ...{ home, authority, names, clock: { now: () => now }, ...(algorithm && { algorithm }) },
      register: async ({ issued }) => void registered.push(issued.serial),
    });
  return { home, authority, leaf, registered };
}

describe('the server’s certificate', () => {
  it('is kept while it is good, and made anew when a third of its life is left', async () => {
    const { home, leaf, registered } = await fixture();
    const first = await leaf(START);
    expect(first).toMatchObject({ fresh: true, notAfter: START + 397 * DAY });
    expect((await stat(join(home, 'server.pem'))).mode & 0o777).toBe(0o600);
    expect(await leaf(START + 264 * DAY)).toMatchObject({ fresh: false, certificate: first.certificate });
    const second = await leaf(START + 265 * DAY);
    expect(second).toMatchObject({ fresh: true, notAfter: START + 662 * DAY });
    expect(second.privateKey).not.toBe(first.privateKey);
    const serials = [first, second].map((each) => new X509Certificate(each.certificate).serialNumber);
    expect(registered).toEqual(serials.map((serial) => serial.toLowerCase()));
  });

  it('is made anew for another name, for another CA, and in place of a damaged one', async () => {
    const { home, leaf } = await fixture();
    await leaf(START);
    expect(await leaf(START, [...LOCAL, { kind: 'dns', value: 'gw.example' }])).toMatchObject({
      fresh: true,
    });
    expect(await leaf(START, [{ kind: 'dns', value: 'gw.example' }])).toMatchObject({ fresh: false });
    const kept = await readFile(join(home, 'server.pem'), 'utf8');
    await writeFile(join(home, 'server.pem'), kept.slice(0, 300));
    expect(await leaf(START)).toMatchObject({ fresh: true });
    const other = await fixture();
    await other.leaf(START);
    await writeFile(join(home, 'server.pem'), await readFile(join(other.home, 'server.pem')));
    expect(await leaf(START)).toMatchObject({ fresh: true });
  });

  it('stays where a clock is plainly wrong, and none is made by such a clock', async () => {
    vi.stubGlobal('KEYWRIGHT_BUILT_ON', START);
    onTestFinished(() => void vi.unstubAllGlobals());
    const { leaf, registered } = await fixture();
    const good = await leaf(START + DAY);
    for (const now of [0, 600_000, START - 1])
      expect(await leaf(now)).toMatchObject({ fresh: false, certificate: good.certificate });
    await expect(leaf(600_000, [{ kind: 'dns', value: 'gw.example' }])).rejects.toMatchObject({
      code: 'wrong-clock',
      message:
        'the clock of this machine shows 1970-01-01T00:10:00Z, but this program was built on 2026-06-01',
    });
    expect(await leaf(START + DAY)).toMatchObject({ fresh: false, certificate: good.certificate });
    expect(registered).toHaveLength(1);
  });

  it('has a file of its own for each kind of key, and stays when another is made', async () => {
    const { home, leaf } = await fixture();
    const ec = await leaf(START);
    const rsa = await leaf(START, LOCAL, 'rsa-2048');
    expect(new X509Certificate(rsa.certificate).publicKey.asymmetricKeyType).toBe('rsa');
    expect((await stat(join(home, 'server-rsa.pem'))).mode & 0o777).toBe(0o600);
    expect(await leaf(START)).toMatchObject({ fresh: false, certificate: ec.certificate });
    expect(await leaf(START, LOCAL, 'rsa-2048')).toMatchObject({ fresh: false });
  });

  it('never outlives the CA, and is refused once the CA has ended', async () => {
    const { authority, leaf } = await fixture('30d');
    expect(await leaf(START)).toMatchObject({ fresh: true, notAfter: authority.notAfter });
    expect(await leaf(START + 29 * DAY)).toMatchObject({ fresh: false });
    await expect(leaf(START + 30 * DAY)).rejects.toMatchObject({ code: 'ca-unusable' });
  });
});

describe('a running server', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('changes to a new certificate before the old one ends', async () => {
    const home = join(await scratchDirectory(), 'home');
    let now = Date.now();
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const app = await openHome({
      directory: home,
      notice: () => undefined,
      flags: { http: 'https://127.0.0.1:0', mqtt: 'mqtts://127.0.0.1:0' },
      environment: {},
      clock: { now: () => now },
    });
    const lines: string[] = [];
    const log = {
      info: (...parts: unknown[]) => void lines.push(String(parts.at(-1))),
      warn: () => undefined,
      error: () => undefined,
    };
    const server = await startServer(app, log);
    onTestFinished(() => server.close());

    const before = [await endOf(server.http), await endOf(server.mqtt)];
    now += 300 * DAY;
    await vi.advanceTimersByTimeAsync(3_600_000);
    await vi.waitFor(() =>
      expect(lines.filter((line) => line.startsWith('made a server certificate'))).toHaveLength(2),
    );
    await vi.waitFor(async () => {
      expect(await endOf(server.http)).toBe((before[0] ?? 0) + 300 * DAY);
      expect(await endOf(server.mqtt)).toBe((before[1] ?? 0) + 300 * DAY);
    });
  });
});

function endOf(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', rejectUnauthorized: false });
    socket.once('secureConnect', () => {
      const certificate: X509Certificate | undefined = socket.getPeerX509Certificate();
      socket.destroy();
      resolve(Date.parse(certificate?.validTo ?? ''));
    });
    socket.once('error', reject);
  });
}
