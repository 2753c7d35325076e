import { closeSync, fsyncSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { cpuNanoseconds } from './cpu-time.js';
import { startServe } from './serving.js';
import { median } from './start-up.js';

const { openKeystore } = createRequire(import.meta.url)('../dist/index.cjs');
const ADDITIONS = 15;
const RECORD = Buffer.alloc(600, 'x');

/** What it takes to add one client, and to have them all at hand. */
export async function benchKeystore({ directory, empty, full, clients, rounds }) {
  const [few, many] = [await openKeystore({ home: empty }), await openKeystore({ home: full })];
  const log = openSync(join(directory, 'log'), 'a');
  const seen = { write: [], few: [], many: [] };
  for (let round = 0; round < rounds * ADDITIONS; round += 1) {
    seen.write.push(await took(() => writeDurably(log)));
    seen.few.push(await took(() => few.register()));
    seen.many.push(await took(() => many.register()));
  }
  closeSync(log);
  few.close();
  many.close();
  const [write, atNone, atMany] = [seen.write, seen.few, seen.many].map(median);
  return [
    {
      what: 'keystore, add one at none / one 600-byte write and fsync',
      ratio: atNone / write,
      note: `${atNone.toFixed(1)} / ${write.toFixed(1)} ms`,
    },
    {
      what: `keystore, add one at ${clients} clients / at none`,
      ratio: atMany / atNone,
      goal: { least: 0, most: 1.3 },
      note: `${atMany.toFixed(1)} / ${atNone.toFixed(1)} ms`,
    },
    ...(await readiness({ empty, full, clients, rounds: Math.min(rounds, 5) })),
  ];
}

/** How soon `serve` is ready with all clients, and how much it holds, less what it does with none. */
async function readiness({ empty, full, clients, rounds }) {
  const seen = { files: [], few: [], many: [] };
  let octets = 0;
  for (let round = 0; round < rounds; round += 1) {
    const before = process.cpuUsage();
    octets = readAll(join(full, 'store', 'clients'));
    const { user, system } = process.cpuUsage(before);
    seen.files.push({ cpuMs: (user + system) / 1000 });
    seen.few.push(await started(empty));
    seen.many.push(await started(full));
  }
  const of = (name, what) => median(seen[name].map((each) => each[what]));
  const cpuMs = of('many', 'cpuMs') - of('few', 'cpuMs');
  const [resident, peak] = ['resident', 'peak'].map((what) => of('many', what) - of('few', what));
  const megabytes = (count) => `${(count / 1e6).toFixed(0)} MB`;
  return [
    {
      what: `serve, CPU until it is ready with ${clients} clients / reading and parsing their files`,
      ratio: cpuMs / of('files', 'cpuMs'),
      note: `${cpuMs.toFixed(0)} / ${of('files', 'cpuMs').toFixed(0)} ms`,
    },
    {
      what: `serve, resident memory for ${clients} clients / the octets of their records`,
      ratio: resident / octets,
      note: `${megabytes(resident)}, at its peak ${megabytes(peak)} / ${megabytes(octets)}`,
    },
  ];
}

async function started(home) {
  const { pid, stop } = await startServe(home);
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const cpuMs = cpuNanoseconds(pid) / 1e6;
  await stop();
  const kilobytes = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)[1]) * 1024;
  return { cpuMs, resident: kilobytes('VmRSS'), peak: kilobytes('VmHWM') };
}

/** Reads and parses what is in a directory. @returns the number of octets */
function readAll(directory) {
  const names = readdirSync(directory).filter((name) => name.endsWith('.json'));
  return names.reduce((sum, name) => {
    const text = readFileSync(join(directory, name), 'utf8');
    JSON.parse(text);
    return sum + Buffer.byteLength(text);
  }, 0);
}

function writeDurably(file) {
  writeSync(file, RECORD);
  fsyncSync(file);
}

async function took(work) {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}
