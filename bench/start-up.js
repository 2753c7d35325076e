import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { PROGRAM } from './seed.js';

const ROUNDS = 31;
const ROUNDS_ELSEWHERE = 15;

/** How many times as long as `node -e 0` a command may take: with an empty cache directory, and from the second start on. */
const MARKS = { 'key list': { first: 2.4, next: 1.6 }, 'key gen': { first: 3.2, next: 2.6 } };

/** How long commands take against `node -e 0`, the rounds of all taken in turn so that a noisy minute hits all alike. */
export function benchStartUp({ directory, empty, full, clients }) {
  const here = { name: `Node ${process.versions.node}`, node: process.execPath };
  const starts = benchStarts({ directory, ...here, rounds: ROUNDS });
  const [none, many] = [empty, full].map((home) => commandsIn(directory, home)['key gen']);
  const ratios = Array.from({ length: ROUNDS }, () => timed(many()) / timed(none()));
  const what = `key gen at ${clients} clients / at none`;
  return [...starts, { what, ratio: median(ratios), goal: { least: 0, most: 1.3 } }];
}

/** The same on other Nodes, where `npm test` has put them. The package has no code caches for them. */
export function benchOtherNodes({ directory }) {
  return otherNodes().flatMap((other) => benchStarts({ directory, ...other, rounds: ROUNDS_ELSEWHERE }));
}

function benchStarts({ directory, name, node, rounds }) {
  const caches = join(directory, 'caches');
  // Node 20 reads a machine's own authorities at each start, and later ones when they are needed.
  const env = { ...process.env, XDG_CACHE_HOME: caches, NODE_EXTRA_CA_CERTS: '' };
  const forget = () => {
    rmSync(caches, { recursive: true, force: true });
    mkdirSync(caches);
  };
  // A list of one client: what more take is not the start.
  const [list, made] = ['one', 'made'].map((home) => commandsIn(directory, join(directory, home)));
  timed(list['key gen']());
  const commands = { 'key list': list['key list'], 'key gen': made['key gen'] };
  const measure = (before) => {
    const ratios = Object.fromEntries(Object.keys(commands).map((command) => [command, []]));
    for (let round = 0; round < rounds; round += 1) {
      const least = timed(['-e', '0'], { node, env });
      for (const [command, args] of Object.entries(commands)) {
        before();
        ratios[command].push(timed(args(), { node, env }) / least);
      }
    }
    return ratios;
  };
  const first = measure(forget);
  // The second start completes the caches.
  for (const args of Object.values(commands))
    for (let start = 1; start <= 2; start += 1) timed(args(), { node, env });
  const next = measure(() => undefined);
  return Object.entries(MARKS).flatMap(([command, mark]) => [
    rowOf(`${command} / node -e 0, second start on, ${name}`, next[command], mark.next),
    rowOf(`${command} / node -e 0, first start, ${name}`, first[command], mark.first),
  ]);
}

function rowOf(what, ratios, most) {
  const spread = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
  return {
    what,
    ratio: median(ratios),
    goal: { least: 0, most },
    note: `${spread} in ${ratios.length} rounds`,
  };
}

let serial = 0;

function commandsIn(directory, home) {
  const gen = () => {
    serial += 1;
    const id = `bench-${serial}`;
    return [PROGRAM, 'key', 'gen', id, '--home', home, '--output', join(directory, id)];
  };
  return { 'key list': () => [PROGRAM, 'key', 'list', '--home', home], 'key gen': gen };
}

function otherNodes() {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'keywright-tests');
  try {
    const names = readdirSync(cache).filter((name) => /^node-2\d\.[\d.]+$/.test(name));
    return names.map((name) => ({
      name: `Node ${name.slice('node-'.length)}`,
      node: join(cache, name, 'package/bin/node'),
    }));
  } catch {
    return [];
  }
}

function timed(args, { node = process.execPath, env = process.env } = {}) {
  const start = performance.now();
  const { status, stderr } = spawnSync(node, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  if (status !== 0) throw new Error(String(stderr));
  return performance.now() - start;
}

export function median(values) {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)];
}
