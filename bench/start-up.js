import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { PROGRAM } from './seed.js';

const ROUNDS = 31;

/** How long commands take against `node -e 0`, the rounds of all taken in turn so that a noisy minute hits all alike. */
export function benchStartUp({ directory, empty, full, clients }) {
  let serial = 0;
  const gen = (home) => () => {
    serial += 1;
    return [
      PROGRAM,
      'key',
      'gen',
      `bench-${serial}`,
      '--home',
      home,
      '--output',
      join(directory, `bench-${serial}`),
    ];
  };
  const commands = {
    node: () => ['-e', '0'],
    list: () => [PROGRAM, 'key', 'list', '--home', empty],
    gen: gen(empty),
    genFull: gen(full),
  };
  const times = Object.fromEntries(Object.keys(commands).map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, args] of Object.entries(commands)) times[name].push(timed(args()));
  }
  const ratio = (one, other) => median(times[one].map((time, round) => time / times[other][round]));
  return [
    { what: 'key list / node -e 0', ratio: ratio('list', 'node'), goal: { least: 0, most: 2.5 } },
    { what: 'key gen / node -e 0', ratio: ratio('gen', 'node'), goal: { least: 0, most: 3.5 } },
    {
      what: `key gen at ${clients} clients / at none`,
      ratio: ratio('genFull', 'gen'),
      goal: { least: 0, most: 1.3 },
    },
  ];
}

/** The same on other Nodes, from the second start on: the ratio there by the ratio here. They are where `npm test` has put them. */
export function benchOtherNodes({ directory, empty }) {
  const list = [PROGRAM, 'key', 'list', '--home', empty];
  const caches = join(directory, 'caches');
  mkdirSync(caches, { recursive: true });
  // Node 20 reads a machine's own authorities at each start, and later ones when they are needed.
  const env = { ...process.env, XDG_CACHE_HOME: caches, NODE_EXTRA_CA_CERTS: '' };
  const nodes = [{ name: 'here', node: process.execPath }, ...otherNodes()];
  for (const { node } of nodes) timed(list, { node, env });
  const ratios = Object.fromEntries(nodes.map(({ name }) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1)
    for (const { name, node } of nodes)
      ratios[name].push(timed(list, { node, env }) / timed(['-e', '0'], { node, env }));
  return nodes.slice(1).map(({ name }) => ({
    what: `key list / node -e 0 on ${name}, by the same on Node ${process.versions.node}`,
    ratio: median(ratios[name]) / median(ratios.here),
    goal: { least: 0, most: 1.15 },
  }));
}

function otherNodes() {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'keywright-tests');
  try {
    const names = readdirSync(cache).filter((name) => /^node-2[24]\.[\d.]+$/.test(name));
    return names.map((name) => ({ name, node: join(cache, name, 'package/bin/node') }));
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
