import { spawnSync } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { PROGRAM, seedHome } from './seed.js';
import { median } from './start-up.js';

const MOST = 10_000;
const ROUNDS = 3;
const LOOPS = 20;

/**
 * How long many bundles with their files on the disk take, by what limits them: a key pair and two signatures for each, in memory, on
 * every processor; and by openssl in a loop of a shell.
 */
export async function benchBulk({ directory, clients }) {
  const home = join(directory, 'bulk-home');
  await seedHome(home, 0);
  const count = Math.min(MOST, clients);
  const [limits, ours, loops] = [[], [], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    limits.push(await limit(count));
    ours.push(bundles({ directory, home, count, round }));
    loops.push((opensslLoop(directory) * count) / LOOPS);
  }
  const ratio = (others) => median(others.map((other, round) => other / ours[round]));
  const note = `${(count / (median(ours) / 1000)).toFixed(0)} bundles a second`;
  return [
    {
      what: `${count} bundles: key and two signatures in memory / keywright`,
      ratio: ratio(limits),
      goal: { least: 0.4, most: Infinity },
      note,
    },
    {
      what: `${count} bundles: openssl in a loop / keywright`,
      ratio: ratio(loops),
      goal: { least: 25, most: Infinity },
    },
  ];
}

function bundles({ directory, home, count, round }) {
  const ids = Array.from({ length: count }, (_, index) => `bulk-${round}-${index}`);
  const [from, output] = [join(directory, 'bulk-ids'), join(directory, `bulk-${round}`)];
  writeFileSync(from, ids.join('\n'));
  const args = [PROGRAM, 'key', 'gen', '--from', from, '--output-dir', output, '--home', home];
  const tookMs = timed(process.execPath, args);
  rmSync(output, { recursive: true });
  return tookMs;
}

function opensslLoop(directory) {
  const script = `set -e; cd "$1"; mkdir -p loop; cd loop
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -subj /CN=ca -out ca.pem 2>/dev/null
for i in $(seq ${LOOPS}); do
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out $i.key
openssl req -new -key $i.key -subj /CN=$i -out $i.csr
openssl x509 -req -in $i.csr -CA ca.pem -CAkey ca.key -days 365 -out $i.pem 2>/dev/null
printf %s $i | openssl dgst -sha256 -sign $i.key -hex > $i.token
done`;
  return timed('bash', ['-c', script, 'bash', directory]);
}

function timed(command, args) {
  const start = performance.now();
  const { status, stderr } = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  if (status !== 0) throw new Error(String(stderr));
  return performance.now() - start;
}

async function limit(count) {
  const threads = availableParallelism();
  const start = performance.now();
  const work = () =>
    new Promise((resolve, reject) => {
      const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { bulk: count / threads } });
      worker.once('message', resolve);
      worker.once('error', reject);
    });
  await Promise.all(Array.from({ length: threads }, work));
  return performance.now() - start;
}

if (!isMainThread && workerData?.bulk) {
  const authority = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const signed = Buffer.alloc(400);
  for (let left = workerData.bulk; left > 0; left -= 1) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    sign('sha256', signed, privateKey);
    sign('sha256', signed, authority.privateKey);
  }
  parentPort.postMessage('done');
}
