import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { browserOpener } from '../../src/cli/open-browser.js';
import { consoleAddress } from '../../src/server/console-address.js';
import { atEnd } from '../support/at-end.js';
import {
  addUser,
  eventually,
  PROGRAM,
  scratchDirectory,
  serve,
  type Workshop,
  workshop,
} from '../support/keywright.js';

const LINK = /^http:\/\/127\.0\.0\.1:\d+\/console\/first#[\w-]{43}$/;
const SERVE = ['serve', '--http', 'tcp://127.0.0.1:0', '--mqtt', 'tcp://127.0.0.1:0'];

describe('keywright console', () => {
  it('prints a link for the first visit while there are no users, then the address', async () => {
    const shop = await workshop();
    const server = await serve(shop);
    const first = await shop.keywright(['console']);
    expect(first).toEqual({
      exitCode: 0,
      stdout: expect.stringMatching(LINK),
      stderr: 'keywright: make the first user by this link, within 15 minutes; it works once',
    });
    const url = `${server.http}/console/`;
    expect(JSON.parse((await shop.keywright(['console', '--json'])).stdout)).toEqual({
      url,
      firstVisit: expect.stringMatching(LINK),
    });
    await addUser(shop, 'ann');
    expect(await shop.keywright(['console'])).toEqual({ exitCode: 0, stdout: url, stderr: '' });
    expect(JSON.parse((await shop.keywright(['console', '--json'])).stdout)).toEqual({
      url,
      firstVisit: null,
    });
  });

  it('finds the server by the home, at https and whatever its port', async () => {
    const shop = await workshop();
    const server = await serve(shop, ['--http', 'https://127.0.0.1:0']);
    const { stdout } = await shop.keywright(['console']);
    expect(stdout).toMatch(/^https:\/\/127\.0\.0\.1:\d+\/console\/first#/);
    expect(stdout.startsWith(`${server.http}/console/`)).toBe(true);
  });

  it('names this machine where the server listens on all addresses', () => {
    const at = (host: string, settings: object = {}) =>
      consoleAddress(
        {
          console: true,
          consoleFirstVisit: 'this-machine',
          serverName: ['gw.example.com'],
          ...settings,
        } as never,
        { at: { host, port: 0, tls: true }, port: 5654 } as never,
      );
    const anywhere = { consoleFirstVisit: 'anywhere' };
    expect(at('0.0.0.0')).toEqual({ url: 'https://127.0.0.1:5654/console/', takesFirstVisit: true });
    expect(at('::')).toEqual({ url: 'https://[::1]:5654/console/', takesFirstVisit: true });
    expect(at('localhost')).toEqual({ url: 'https://localhost:5654/console/', takesFirstVisit: true });
    expect(at('10.0.0.5')).toEqual({ url: 'https://10.0.0.5:5654/console/', takesFirstVisit: false });
    expect(at('10.0.0.5', anywhere)).toEqual({
      url: 'https://gw.example.com:5654/console/',
      takesFirstVisit: true,
    });
    expect(at('::', { ...anywhere, serverName: [] })).toEqual({
      url: 'https://[::1]:5654/console/',
      takesFirstVisit: true,
    });
    expect(at('127.0.0.1', { console: false })).toBeUndefined();
  });

  it('says what to do where no server runs, or none with a console', async () => {
    const shop = await workshop();
    const none = {
      exitCode: 3,
      stdout: '',
      stderr: `keywright: no server runs on the home ${shop.home}\n  start one with: keywright serve`,
    };
    expect(await shop.keywright(['console'])).toEqual(none);
    const server = await serve(shop, ['--console', 'false']);
    expect(await shop.keywright(['console'])).toMatchObject({
      exitCode: 3,
      stderr:
        'keywright: the running server has its console switched off\n  start it without --console false',
    });
    await serve(shop);
    expect((await shop.keywright(['console'])).stdout).toMatch(LINK);
    await server.stop();
    expect(
      await shop.keywright(['console', '--json', '--home', join(shop.directory, 'other')]),
    ).toMatchObject({
      exitCode: 3,
      stdout: '',
      stderr: expect.stringContaining('"code":"not-found"'),
    });
  });

  it('opens the browser on a terminal with a display, without the secret that other users could read', async () => {
    const shop = await workshop();
    const server = await serve(shop);
    const opened = await opener();
    const onTerminal = { env: opened.env, terminal: {} };
    const { stdout } = await shop.keywright(['console'], onTerminal);
    expect(stdout).toMatch(LINK);
    expect(await opened.next()).toBe(`${server.http}/console/first`);
    await addUser(shop, 'ann');
    expect((await shop.keywright(['console'], onTerminal)).stdout).toBe(`${server.http}/console/`);
    expect(await opened.next()).toBe(`${server.http}/console/`);

    await shop.keywright(['console'], { env: opened.env });
    await shop.keywright(['console', '--print'], onTerminal);
    await shop.keywright(['console', '--json'], onTerminal);
    await shop.keywright(['console'], { ...onTerminal, env: { ...opened.env, DISPLAY: '' } });
    expect(await shop.keywright(['console'], onTerminal)).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await opened.next()).toBe(`${server.http}/console/`);
    expect(opened.left()).toBe(0);
    const without = { ...onTerminal, env: { ...opened.env, PATH: shop.directory } };
    expect(await shop.keywright(['console'], without)).toEqual({
      exitCode: 0,
      stdout: `${server.http}/console/`,
      stderr: 'keywright: could not start xdg-open: open the address in a browser',
    });
  });

  it.each([
    ['linux', { DISPLAY: ':0' }, 'xdg-open'],
    ['linux', { WAYLAND_DISPLAY: 'wayland-0' }, 'xdg-open'],
    ['linux', {}, undefined],
    ['darwin', {}, 'open'],
    ['darwin', { SSH_CONNECTION: '10.0.0.7 50000 10.0.0.1 22' }, undefined],
  ] as const)('knows how a browser is opened on %s with %o', (platform, environment, program) => {
    expect(browserOpener({ platform, environment })).toBe(program);
  });
});

describe('serve, on a home without users', () => {
  it('prints the link on standard output, and not in the log', async () => {
    const shop = await workshop();
    const server = started(shop, 'pipe');
    await eventually(() => server.stdout().includes('\n'), { withinMs: 20_000, what: 'the link printed' });
    const [, link = ''] = /^first visit: (.*)\n$/.exec(server.stdout()) ?? [];
    expect(link).toMatch(LINK);
    expect(server.log()).toContain('there are no users yet');
    expect(server.log()).not.toContain(link.split('#')[1]);
    server.child.kill('SIGSTOP');
    expect(await shop.keywright(['console'])).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: `keywright: process ${server.child.pid} (keywright serve) did not answer within 2 s`,
    });
  });

  it('prints it with --json beside the addresses, and none once there is a user', async () => {
    const shop = await workshop();
    const printed = async () => {
      const server = started(shop, 'pipe', ['--json']);
      await eventually(() => server.stdout().includes('\n'), {
        withinMs: 20_000,
        what: 'the addresses printed',
      });
      await server.stop();
      return JSON.parse(server.stdout());
    };
    const console = expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/console\/$/);
    const addresses = { http: expect.any(String), mqtt: expect.any(String) };
    expect(await printed()).toEqual({ ...addresses, console, firstVisit: expect.stringMatching(LINK) });
    await addUser(shop, 'ann');
    expect(await printed()).toEqual({ ...addresses, console, firstVisit: null });
  });

  it('goes on where nobody reads what it prints', async () => {
    const shop = await workshop();
    const server = started(shop, 'pipe');
    server.child.stdout?.destroy();
    await eventually(() => server.log().includes('there are no users yet'), {
      withinMs: 20_000,
      what: 'the server started',
    });
    await server.stop();
    expect(server.log()).toContain('stopping on SIGTERM');
  });

  it('leaves it out of systemd’s journal, which would keep it', async () => {
    const shop = await workshop();
    const journal = await open(join(shop.directory, 'journal'), 'w');
    const { dev, ino } = await journal.stat({ bigint: true });
    const server = started(shop, journal.fd, [], { JOURNAL_STREAM: `${dev}:${ino}` });
    await eventually(() => server.log().includes('there are no users yet'), {
      withinMs: 20_000,
      what: 'the server started',
    });
    await server.stop();
    await journal.close();
    expect(await readFile(join(shop.directory, 'journal'), 'utf8')).toBe('');
  });
});

/** A program that stands for the one that opens a browser: it keeps the addresses. */
async function opener() {
  const directory = await scratchDirectory();
  const record = join(directory, 'opened');
  await writeFile(record, '');
  await writeFile(join(directory, 'xdg-open'), `#!/bin/sh\nprintf '%s\\n' "$*" >> ${record}\n`);
  await chmod(join(directory, 'xdg-open'), 0o755);
  let seen = 0;
  let lines: string[] = [];
  const read = async () => {
    lines = (await readFile(record, 'utf8')).split('\n').slice(0, -1);
    return lines.length > seen;
  };
  return {
    env: { PATH: `${directory}:${process.env.PATH}`, DISPLAY: ':0' },
    async next() {
      await eventually(read, { withinMs: 10_000, what: 'an address opened' });
      seen += 1;
      return lines[seen - 1];
    },
    left: () => lines.length - seen,
  };
}

function started(
  { directory, home }: Workshop,
  stdout: 'pipe' | number,
  flags: readonly string[] = [],
  environment: Record<string, string> = {},
) {
  const child = spawn(process.execPath, [PROGRAM, ...SERVE, ...flags], {
    cwd: directory,
    env: { ...process.env, KEYWRIGHT_HOME: home, ...environment },
    stdio: ['ignore', stdout, 'pipe'],
  });
  let [out, log] = ['', ''];
  child.stdout?.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    log += chunk;
  });
  const ended = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGTERM');
    child.kill('SIGCONT');
    await ended;
  };
  atEnd(stop);
  return { child, stdout: () => out, log: () => log, stop };
}
