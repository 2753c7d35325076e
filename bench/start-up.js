import { spawnSync } from 'node:child_process';
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

function timed(args) {
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  if (status !== 0) throw new Error(String(stderr));
  return performance.now() - start;
}

export function median(values) {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)];
}
