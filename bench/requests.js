import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';
import { firstLine, issueToken, registerApiKey, startServe, stop } from './serving.js';
import { median } from './start-up.js';

const ROUNDS = 7;
const BARE_SERVER = fileURLToPath(new URL('bare-server.js', import.meta.url));

/** Requests a second of the verifier against a bare node:http server that sends the same octets, in turns. */
export async function benchRequests({ directory, home, clients, seconds }) {
  const token = issueToken({ directory, home, id: 'bench-http' });
  const key = registerApiKey(home);
  // Made in another home: right in form and checksum, and unknown.
  const unknownKey = registerApiKey(join(directory, 'elsewhere'));
  const verifier = await startServe(home);
  const bare = spawn(process.execPath, [BARE_SERVER, ...(await answerOf(verifier.http, token))], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const bareUrl = `http://127.0.0.1:${(await firstLine(bare)).trim()}`;
  const rate = async (url, text) => {
    const headers = { authorization: `Bearer ${text}` };
    const {
      requests,
      non2xx,
      '2xx': accepted,
    } = await autocannon({ url, connections: 20, duration: seconds, headers });
    return { perSecond: requests.average, refused: non2xx, accepted };
  };
  const unknownToken = `nobody:b:${token.slice(token.lastIndexOf(':') + 1)}`;
  try {
    const subjects = {
      [`requests verified at ${clients} clients / bare node:http`]: { text: token, getsIn: true },
      [`requests refused at ${clients} clients / bare node:http`]: { text: unknownToken, getsIn: false },
      'requests verified by API key / bare node:http': { text: key, getsIn: true },
      'requests verified by repeated access token / bare node:http': {
        text: await exchange(verifier.http, key),
        getsIn: true,
      },
      'requests with an unknown API key / bare node:http': { text: unknownKey, getsIn: false },
    };
    const ratios = Object.fromEntries(Object.keys(subjects).map((what) => [what, []]));
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [what, { text, getsIn }] of Object.entries(subjects)) {
        // The peer right before and right after: what slows the machine meanwhile slows all three.
        const before = await rate(bareUrl, text);
        const ours = await rate(verifier.http, text);
        const after = await rate(bareUrl, text);
        if (getsIn ? ours.refused > 0 : ours.accepted > 0) throw new Error(`${what}: answered wrongly`);
        ratios[what].push((2 * ours.perSecond) / (before.perSecond + after.perSecond));
      }
    }
    return Object.entries(ratios).map(([what, all]) => ({
      what,
      ratio: median(all),
      goal: { least: 0.75, most: Infinity },
      note: `${Math.min(...all).toFixed(2)} to ${Math.max(...all).toFixed(2)} in ${ROUNDS} rounds`,
    }));
  } finally {
    await verifier.stop();
    await stop(bare);
  }
}

async function exchange(http, key) {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ api_key: key });
  const response = await fetch(`${http}/v1/token/exchange`, { method: 'POST', headers, body });
  return (await response.json()).access_token;
}

/** What the verifier says to the token, for the peer to repeat: headers as JSON, and the body. */
async function answerOf(url, token) {
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  const own = [...response.headers].filter(([name]) => name.startsWith('x-auth-') || name === 'content-type');
  return [JSON.stringify(own.flat()), await response.text()];
}
