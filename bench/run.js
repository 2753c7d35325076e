// Measures what keywright promises, each as a ratio to a peer in the same run (docs/performance.md).
// node bench/run.js [--clients 100000] [--seconds 2]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { benchConnects } from './connects.js';
import { benchGateway } from './gateway.js';
import { benchLogins } from './logins.js';
import { benchRelay } from './relay.js';
import { benchRequests } from './requests.js';
import { seedHome } from './seed.js';
import { benchStartUp } from './start-up.js';

const { values } = parseArgs({
  options: { clients: { type: 'string', default: '100000' }, seconds: { type: 'string', default: '2' } },
});
const clients = Number(values.clients);
const seconds = Number(values.seconds);

const directory = mkdtempSync(join(tmpdir(), 'keywright-bench-'));
try {
  const [empty, full] = [join(directory, 'empty'), join(directory, 'full')];
  await seedHome(empty, 0);
  await seedHome(full, clients);
  const results = [
    ...benchStartUp({ directory, empty, full, clients }),
    ...(await benchRequests({ directory, home: full, clients, seconds })),
    ...(await benchGateway({ directory, home: full, seconds })),
    ...(await benchLogins({ home: full, seconds })),
    ...(await benchConnects({ directory, home: full, seconds })),
    ...(await benchRelay({ directory, home: full, seconds })),
  ];
  const width = Math.max(...results.map(({ what }) => what.length));
  for (const { what, ratio, goal, note } of results) {
    const verdict = goal === undefined ? '' : ratio >= goal.least && ratio <= goal.most ? 'holds' : 'MISSED';
    const wanted = goal === undefined ? '' : goal.most === Infinity ? `≥ ${goal.least}` : `≤ ${goal.most}`;
    console.log(
      `${what.padEnd(width)}  ${ratio.toFixed(2).padStart(6)}  ${wanted.padEnd(7)} ${verdict.padEnd(7)} ${note ?? ''}`,
    );
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
