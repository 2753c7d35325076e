import autocannon from 'autocannon';
import { addUser, PASSWORD, registerApiKey, startServe } from './serving.js';
import { median } from './start-up.js';

const ROUNDS = 5;
const REQUESTS_PER_SECOND = 500;

/** By how much password logins, one after the other without a pause, delay other requests: 99th percentile, milliseconds. */
export async function benchLogins({ home, seconds }) {
  addUser(home, 'bench-user');
  const key = registerApiKey(home);
  const verifier = await startServe(home);
  const slowest = async () => {
    const headers = { authorization: `Bearer ${key}` };
    const load = {
      url: verifier.http,
      connections: 4,
      duration: seconds,
      headers,
      overallRate: REQUESTS_PER_SECOND,
    };
    return (await autocannon(load)).latency.p99;
  };
  try {
    const delays = [];
    let logins = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const quiet = await slowest();
      let isOver = false;
      const loggingIn = (async () => {
        while (!isOver) {
          await logIn(verifier.http);
          logins += 1;
        }
      })();
      const busy = await slowest();
      isOver = true;
      await loggingIn;
      delays.push(busy - quiet);
    }
    return [
      {
        what: 'p99 of requests while passwords are checked, minus p99 without (ms)',
        ratio: median(delays),
        goal: { least: -Infinity, most: 5 },
        note: `${Math.min(...delays)} to ${Math.max(...delays)} in ${ROUNDS} rounds, ${logins} logins`,
      },
    ];
  } finally {
    await verifier.stop();
  }
}

async function logIn(http) {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ username: 'bench-user', password: PASSWORD });
  const response = await fetch(`${http}/auth/login`, { method: 'POST', headers, body });
  if (response.status !== 200) throw new Error(`login: ${response.status}`);
  await response.arrayBuffer();
}
