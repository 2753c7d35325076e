// Measures what keywright promises, each as a ratio to a peer in the same run (docs/performance.md). Ends with 1 where a mark is
// missed.
// node bench/run.js [--only PATTERN] [--rounds 9] [--clients 100000] [--seconds 2]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { benchBulk } from './bulk.js';
import { benchChanges } from './changes.js';
import { benchConsole } from './console.js';
import { benchGateway } from './gateway.js';
import { benchHandshakes } from './handshakes.js';
import { benchKeystore } from './keystore.js';
import { benchLists } from './lists.js';
import { benchLogins } from './logins.js';
import { benchConnects } from './mqtt/connects.js';
import { benchMemory } from './mqtt/memory.js';
import { benchMessages } from './mqtt/messages.js';
import { benchRelay } from './mqtt/relay.js';
import { benchRequests } from './requests.js';
import { printHead, printResult } from './result.js';
import { seedHome } from './seed.js';
import { benchOtherNodes, benchStartUp } from './start-up.js';

// Their rows are measured together, in a home with many clients.
const WHOLE_PARTS = [
  { name: 'start-up', bench: benchStartUp },
  { name: 'start-up on other Nodes', bench: benchOtherNodes },
  { name: 'HTTP requests', bench: benchRequests },
  { name: 'HTTP gateway', bench: benchGateway },
  { name: 'HTTP logins', bench: benchLogins },
  { name: 'handshakes', bench: benchHandshakes },
  { name: 'keystore', bench: benchKeystore },
  { name: 'bulk', bench: benchBulk },
  { name: 'lists', bench: benchLists },
  { name: 'changes', bench: benchChanges },
  { name: 'console', bench: benchConsole },
];
// They measure only the rows that are wanted. Nothing about MQTT depends on how many clients there are.
const MQTT_PARTS = [benchConnects, benchMessages, benchRelay, benchMemory];

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    rounds: { type: 'string', default: '9' },
    clients: { type: 'string', default: '100000' },
    seconds: { type: 'string', default: '2' },
  },
});
const [clients, seconds, rounds] = [values.clients, values.seconds, values.rounds].map(Number);
const pattern = new RegExp(values.only, 'i');
const isWanted = (name) => pattern.test(name);

// What was started is ended, and what was written removed, as the process exits, which a signal alone would prevent.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

const directory = mkdtempSync(join(tmpdir(), 'keywright-bench-'));
process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
let [printed, missed] = [0, 0];
const [empty, full] = [join(directory, 'empty'), join(directory, 'full')];
const wholeParts = WHOLE_PARTS.filter(({ name }) => isWanted(name));
await seedHome(empty, 0);
if (wholeParts.length > 0) await seedHome(full, clients);
const parts = [
  ...wholeParts.map(({ bench }) => ({ bench, home: full })),
  ...MQTT_PARTS.map((bench) => ({ bench, home: empty })),
];
for (const { bench, home } of parts) {
  const results = await bench({ directory, empty, full, home, clients, seconds, rounds, isWanted });
  for await (const result of results) {
    if (printed === 0) printHead();
    printed += 1;
    if (!printResult(result)) missed += 1;
  }
}
if (printed === 0) throw new Error(`no row matches ${pattern}`);
if (missed > 0) {
  console.log(`${missed} of ${printed} MISSED`);
  process.exitCode = 1;
}
