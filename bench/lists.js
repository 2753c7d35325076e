import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { PROGRAM } from './seed.js';
import { median } from './start-up.js';

const READ_ALL = `const { readdirSync, readFileSync } = require('node:fs');
for (const name of readdirSync(process.argv[1])) if (name.endsWith('.json')) JSON.parse(readFileSync(process.argv[1] + '/' + name));`;

/** How long lists of a great many clients take. */
export function benchLists({ empty, full, clients, rounds }) {
  const list = (home, ...flags) => [PROGRAM, 'key', 'list', '--home', home, ...flags];
  const commands = {
    start: list(empty),
    files: ['-e', READ_ALL, join(full, 'store', 'clients')],
    json: list(full, '--json'),
    page: list(full, '--limit', '50'),
    state: list(full, '--state', 'valid', '--limit', '50'),
  };
  const times = Object.fromEntries(Object.keys(commands).map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1)
    for (const [name, args] of Object.entries(commands)) times[name].push(timed(args));
  const row = (what, [one, other], most) => ({
    what,
    ratio: median(times[one].map((time, round) => time / times[other][round])),
    goal: { least: 0, most },
    note: `${median(times[one]).toFixed(0)} / ${median(times[other]).toFixed(0)} ms`,
  });
  const at = `at ${clients} clients`;
  return [
    row(`key list --json ${at} / reading and parsing the files`, ['json', 'files'], 3),
    row(`key list --limit 50 ${at} / key list at none`, ['page', 'start'], 1.5),
    row(`key list --state valid --limit 50 ${at} / key list at none`, ['state', 'start'], 1.2),
  ];
}

function timed(args) {
  const begun = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  if (status !== 0) throw new Error(String(stderr));
  return performance.now() - begun;
}
