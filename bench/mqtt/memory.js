import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { registerApiKey, startServeWith } from '../serving.js';
import { median } from '../start-up.js';
import { startBareWith } from './bare.js';
import { openMany } from './client.js';
import { startMosquitto } from './mosquitto.js';

const MEASURED = 5000;
// What a server allocates for its first connections is not what each further one needs.
const FIRST = 500;
const MOST_PROCESSES = 3;
const PRELOAD = new URL('memory-on-signal.js', import.meta.url).href;
const ROWS = [
  { what: 'MQTT idle connection', open: openBuiltIn, marks: { heap: 2, resident: 5 } },
  { what: 'MQTT idle connection, relayed', open: openRelay, marks: { heap: 3.5, resident: 8.5 } },
  { what: 'MQTT idle connection, of bare net', open: openBare, marks: {} },
];

/** What a connection that only waits keeps in memory. */
export async function* benchMemory({ directory, home, rounds, isWanted }) {
  const rows = ROWS.filter(({ what }) => isWanted(what));
  if (rows.length === 0) return;
  const password = registerApiKey(home);
  const measured = affordable();
  const broker = await startMosquitto(directory, ['allow_anonymous true']);
  const memoryFile = join(directory, 'memory.json');
  const preloaded = { nodeFlags: ['--import', PRELOAD], env: { BENCH_MEMORY_FILE: memoryFile } };
  try {
    for (const { what, open, marks } of rows) {
      const each = [];
      while (each.length < Math.min(MOST_PROCESSES, rounds)) {
        const server = await open({ home, broker, preloaded });
        each.push(await kilobytesEach({ server, password, measured, memoryFile }));
      }
      for (const [kind, name] of Object.entries({ heap: 'heap', resident: 'RSS' })) {
        const values = each.map((memory) => memory[kind]);
        const spread = `${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)}`;
        yield {
          what: `${what}: ${name}, kB`,
          ratio: median(values),
          goal: marks[kind] && { least: -Infinity, most: marks[kind] },
          note: `${spread} in ${each.length} processes, ${measured} connections`,
        };
      }
    }
  } finally {
    await broker.stop();
  }
}

function openBuiltIn({ home, preloaded }) {
  return startServeWith({ home, flags: [], ...preloaded });
}

function openRelay({ home, broker, preloaded }) {
  return startServeWith({
    home,
    flags: ['--mqtt-upstream', `mqtt://127.0.0.1:${broker.port}`],
    ...preloaded,
  });
}

function openBare({ preloaded }) {
  return startBareWith({ file: 'bare-sockets.js', args: [], ...preloaded });
}

async function kilobytesEach({ server, password, measured, memoryFile }) {
  const sockets = [];
  const openMore = async (count) => {
    const fields = Array.from({ length: count }, (_, index) => ({
      clientId: `idle-${sockets.length + index}`,
      username: 'any',
      password,
    }));
    sockets.push(...(await openMany({ port: server.port, fields })));
  };
  try {
    await openMore(FIRST);
    const before = await memoryOf(server.pid, memoryFile);
    await openMore(measured);
    const after = await memoryOf(server.pid, memoryFile);
    const ended = sockets.filter((socket) => socket.closed || socket.readableEnded).length;
    if (ended > 0) throw new Error(`${ended} of ${sockets.length} idle connections were ended`);
    const each = (kind) => (after[kind] - before[kind]) / measured / 1000;
    return { heap: each('heapUsed'), resident: each('rss') };
  } finally {
    for (const socket of sockets) socket.destroy();
    await server.stop();
  }
}

async function memoryOf(pid, memoryFile) {
  rmSync(memoryFile, { force: true });
  process.kill(pid, 'SIGUSR2');
  for (let attempt = 0; attempt < 200; attempt += 1) {
    await wait(50);
    try {
      return JSON.parse(readFileSync(memoryFile, 'utf8'));
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
    }
  }
  throw new Error(`process ${pid} does not say what memory it uses`);
}

/** The relay needs two descriptors for a connection; where fewer files may be open, fewer connections are measured. */
function affordable() {
  const [, hard] = /Max open files\s+\d+\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
  // Node raises its own limit to the hard one, and what it starts inherits that.
  const most = hard === undefined ? MEASURED : Math.floor(Number(hard) / 2) - FIRST - 100;
  if (most < 1000) throw new Error(`too few files may be open (ulimit -n: ${hard}); 12000 are needed`);
  return Math.min(MEASURED, most);
}
