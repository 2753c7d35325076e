import { existsSync, readdirSync, readFileSync } from 'node:fs';

const HAS_NANOSECONDS = existsSync('/proc/self/schedstat');
// What Linux counts in elsewhere: USER_HZ is 100 on every architecture that Node runs on.
const NANOSECONDS_A_TICK = 10_000_000;

/** The CPU time of all threads of a process so far, user and system, in nanoseconds. */
export function cpuNanoseconds(pid) {
  if (!HAS_NANOSECONDS) return ticks(pid) * NANOSECONDS_A_TICK;
  let total = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const [onCpu] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ');
    total += Number(onCpu);
  }
  return total;
}

function ticks(pid) {
  // The name in parentheses may contain spaces; user and system time are the 14th and 15th field.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
