import { setTimeout as wait } from 'node:timers/promises';
import { cpuNanoseconds } from './cpu-time.js';
import { median } from './start-up.js';

/**
 * What an operation costs our process and each peer's, in turns: ours, first peer, second peer, ours, … A subject is a
 * process (`pid`), a load (`run`) that resolves to its number of operations and, where it knows more once the process rests, a
 * `check` that throws; a peer also has a `name`, and the `mark` that its cost divided by ours must reach. One result for each peer.
 */
export async function compare({ what, rounds, ours, peers }) {
  const subjects = [ours, ...peers];
  const costs = new Map(subjects.map((subject) => [subject, []]));
  // The first turn of each warms it up and does not count.
  for (const subject of subjects) await run(subject, what);
  for (let round = 0; round < rounds; round += 1) {
    for (const subject of subjects) costs.get(subject).push(await microsecondsEach(subject, what));
  }
  const own = costs.get(ours);
  return peers.map((peer) => {
    const theirs = costs.get(peer);
    const ratios = theirs.map((cost, round) => cost / own[round]);
    const spread = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
    return {
      what: `${what}: ${peer.name} / keywright`,
      ratio: median(ratios),
      goal: { least: peer.mark, most: Infinity },
      note: `${median(theirs).toFixed(1)} / ${median(own).toFixed(1)} µs, ${spread} in ${rounds} rounds`,
    };
  });
}

async function microsecondsEach(subject, what) {
  const before = cpuNanoseconds(subject.pid);
  const operations = await run(subject, what);
  const spent = (await settled(subject.pid)) - before;
  subject.check?.();
  return spent / operations / 1000;
}

async function run(subject, what) {
  try {
    return await subject.run();
  } catch (cause) {
    throw new Error(`${what}: ${subject.name ?? 'keywright'} did not do what is measured`, { cause });
  }
}

// The load ends when the client has what it waited for; the server may still be closing connections.
async function settled(pid) {
  let last = cpuNanoseconds(pid);
  for (let attempt = 0; attempt < 50; attempt += 1) {
    await wait(10);
    const now = cpuNanoseconds(pid);
    if (now - last < 200_000) return now;
    last = now;
  }
  return last;
}
