import { createHash, randomBytes } from 'node:crypto';
import { rmSync, statSync, utimesSync } from 'node:fs';
import { chmod, open, rename, rm, stat } from 'node:fs/promises';
import { createServer, connect as netConnect, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { listDirectory, makeDirectory } from './directory.js';
import { ioError, systemCode } from './io-error.js';
import { isRunning, thisProcess } from './process-identity.js';

/** The question of one process to another of the same home, and its answer: JSON, one line each. */
export type Answer = (question: unknown) => Promise<unknown>;

/** The socket of this process in its home. */
export interface HomeSocket {
  /** The name that tells this socket from those of other processes. */
  readonly name: string;
  /** Shows that the process lives. @returns false if the socket has gone with its home */
  isThere(): boolean;
  /** Stops listening, at once: the process may end next. */
  close(): void;
}

/** A process that listens in a home, and how it answered. */
export interface Asked {
  readonly pid: number;
  /** False if it did not answer in time. */
  readonly answered: boolean;
  readonly answer?: unknown;
}

// sockaddr_un has room for 108 octets, unix(7); 104 on other systems.
const LONGEST_PATH = 100;
const LONGEST_LINE = 1_000_000;
const NAME = /^(?<dot>\.?)(?<place>[0-9a-f]{8})-(?<pid>\d+)-(?<started>\d*)-[0-9a-f]{8}$/;
// The process of a socket that another machine made cannot be asked. It shows each hour that it lives.
const FOREIGN_STALE_MS = 86_400_000;
const SHOWN_EVERY_MS = 3_600_000;

/**
 * Listens for other processes of the same home. The socket is closed to other users.
 * @throws KeywrightError `io`, for example on a file system without sockets
 */
export async function listenInHome(home: string, answer: Answer): Promise<HomeSocket> {
  const directory = join(home, 'sockets');
  await makeDirectory(directory);
  const { pid, started } = thisProcess();
  const name = `${placeHash()}-${pid}-${started}-${randomBytes(4).toString('hex')}`;
  const server = createServer((socket) => answerOn(socket, answer));
  // Nobody may find the socket before it listens: whoever is refused takes its process for dead.
  const unready = join(directory, `.${name}`);
  try {
    await reach(unready, (path) => listening(server, path));
    server.unref();
    await chmod(unready, 0o600);
    await rename(unready, join(directory, name));
  } catch (error) {
    server.close();
    await rm(unready, { force: true });
    throw ioError('listen on', unready, error);
  }
  return {
    name,
    isThere: () => {
      const path = join(directory, name);
      try {
        const now = new Date();
        // Not each time: it is a write to the disk.
        if (now.getTime() - statSync(path).mtimeMs > SHOWN_EVERY_MS) utimesSync(path, now, now);
        return true;
      } catch (error) {
        return systemCode(error) !== 'ENOENT';
      }
    },
    close: () => {
      rmSync(join(directory, name), { force: true });
      server.close();
    },
  };
}

/**
 * Asks all other processes that listen in a home on this machine, together. Removes the sockets of dead ones.
 * @param except the name of this process's own sockets
 * @throws KeywrightError `io`
 */
export async function askInHome(
  home: string,
  question: unknown,
  { except, withinMs }: { readonly except: ReadonlySet<string>; readonly withinMs: number },
): Promise<Asked[]> {
  const directory = join(home, 'sockets');
  const names = (await listDirectory(directory)).filter((name) => !except.has(name));
  const deadline = performance.now() + withinMs;
  const asked = await Promise.all(names.map((name) => ask(directory, name, { question, deadline })));
  return asked.filter((each) => each !== undefined);
}

async function ask(
  directory: string,
  name: string,
  { question, deadline }: { readonly question: unknown; readonly deadline: number },
): Promise<Asked | undefined> {
  const process = processOf(name);
  if (process === undefined) return undefined;
  const path = join(directory, name);
  if (process.isDead) await rm(path, { force: true });
  if (process.isDead || !process.listens) return undefined;
  const { pid } = process;
  let socket: Socket;
  try {
    socket = await reach(path, connected);
  } catch (error) {
    const code = systemCode(error);
    if (code !== 'ECONNREFUSED' && code !== 'ENOENT') return { pid, answered: false };
    // Its process has ended, or runs on another machine.
    if (await isOlderThan(path, FOREIGN_STALE_MS)) await rm(path, { force: true });
    return undefined;
  }
  socket.write(`${JSON.stringify(question)}\n`);
  const answered = await lineOf(socket, deadline);
  socket.destroy();
  if (answered === 'ended') return undefined;
  return answered === 'late'
    ? { pid, answered: false }
    : { pid, answered: true, answer: parsed(answered.text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The process that a socket is of, by the socket's name; undefined if it is no socket's. */
function processOf(name: string) {
  const { dot, place, pid, started } = NAME.exec(name)?.groups ?? {};
  if (pid === undefined || started === undefined) return undefined;
  const isDead = place === placeHash() && !isRunning({ pid: Number(pid), started });
  return { pid: Number(pid), isDead, listens: dot === '' };
}

async function isOlderThan(path: string, ageMs: number): Promise<boolean> {
  try {
    return Date.now() - (await stat(path)).mtimeMs > ageMs;
  } catch {
    return false;
  }
}

function placeHash(): string {
  return createHash('sha256').update(thisProcess().place).digest('hex').slice(0, 8);
}

function answerOn(socket: Socket, answer: Answer): void {
  socket.on('error', () => socket.destroy());
  lineOf(socket, performance.now() + 10_000)
    .then(async (line) => {
      if (line === 'late' || line === 'ended') socket.destroy();
      else socket.end(`${JSON.stringify(await answer(JSON.parse(line.text)))}\n`);
    })
    .catch(() => socket.destroy());
}

/** Reads a line; `ended` if the other side closed before, `late` after the deadline. */
function lineOf(socket: Socket, deadline: number): Promise<{ readonly text: string } | 'ended' | 'late'> {
  return new Promise((resolve) => {
    let text = '';
    const timer = setTimeout(() => resolve('late'), Math.max(0, deadline - performance.now()));
    const settle = (result: { readonly text: string } | 'ended') => {
      clearTimeout(timer);
      resolve(result);
    };
    socket.setEncoding('utf8');
    socket.on('data', (data: string) => {
      text += data;
      const end = text.indexOf('\n');
      if (end >= 0) settle({ text: text.slice(0, end) });
      else if (text.length > LONGEST_LINE) settle('ended');
    });
    for (const event of ['error', 'end', 'close']) socket.on(event, () => settle('ended'));
  });
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => resolve());
  });
}

function connected(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = netConnect(path, () => resolve(socket));
    socket.once('error', reject);
  });
}

/** Uses a path of any length: a long one goes by an open handle of its directory (proc(5)). */
async function reach<T>(path: string, use: (path: string) => Promise<T>): Promise<T> {
  if (Buffer.byteLength(path) <= LONGEST_PATH || process.platform !== 'linux') return use(path);
  const slash = path.lastIndexOf('/');
  const directory = await open(path.slice(0, slash), 'r');
  try {
    return await use(`/proc/self/fd/${directory.fd}${path.slice(slash)}`);
  } finally {
    await directory.close();
  }
}
