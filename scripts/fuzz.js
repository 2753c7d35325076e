// Sends packets of all kinds to the MQTT engine, and says how much memory that leaves behind.
// node scripts/fuzz.js [--packets 100000] [--seed NUMBER] [--sockets]
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { build } from 'esbuild';

const { values } = parseArgs({
  options: {
    packets: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
    sockets: { type: 'boolean', default: false },
  },
});
const [packets, seed] = [Number(values.packets), Number(values.seed)];
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

const directory = mkdtempSync(join(tmpdir(), 'keywright-fuzz-'));
try {
  const outfile = join(directory, 'fuzz.mjs');
  await build({
    ...{ outfile, bundle: true, platform: 'node', target: 'node20.19', format: 'esm', logLevel: 'warning' },
    entryPoints: [fileURLToPath(new URL('../test/support/mqtt-fuzz.ts', import.meta.url))],
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
  const { fuzz } = await import(pathToFileURL(outfile).href);
  console.log(`seed ${seed}, ${packets} packets ${values.sockets ? 'over sockets' : 'in process'}`);
  const each = Math.max(500, Math.floor(packets / 10 / 500) * 500);
  const onProgress = (sent) => {
    if (sent % each !== 0) return;
    collect();
    const { heapUsed, rss } = process.memoryUsage();
    const megabytes = (bytes) => `${(bytes / 1024 / 1024).toFixed(1)} MB`;
    console.log(`${sent} packets: heap ${megabytes(heapUsed)}, RSS ${megabytes(rss)}`);
  };
  const result = await fuzz({ seed, packets, overSockets: values.sockets, onProgress });
  console.log(
    `${result.connections} connections, ${result.accepted} accepted; the witness got ${result.witnessed} of its messages`,
  );
} finally {
  rmSync(directory, { recursive: true, force: true });
}
