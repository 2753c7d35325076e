import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';
import { firstLine, issueToken, startServe, stop } from './serving.js';
import { median } from './start-up.js';

const ROUNDS = 5;
const BARE_SERVER = fileURLToPath(new URL('bare-server.js', import.meta.url));

/** Requests a second of the verifier against a bare node:http server, in turns. */
export async function benchRequests({ directory, home, clients, seconds }) {
  const token = issueToken({ directory, home, id: 'bench-http' });
  const verifier = await startServe(home);
  const bare = spawn(process.execPath, [BARE_SERVER, ...(await answerOf(verifier.http, token))], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const bareUrl = `http://127.0.0.1:${(await firstLine(bare)).trim()}`;
  const rate = async (url, authorization) => {
    const { requests, non2xx } = await autocannon({
      url,
      connections: 20,
      duration: seconds,
      headers: { authorization },
    });
    return { perSecond: requests.average, refused: non2xx };
  };
  try {
    const unknown = `Bearer nobody:b:${token.slice(token.lastIndexOf(':') + 1)}`;
    const ratios = { accepted: [], refused: [] };
    let note = '';
    for (let round = 0; round < ROUNDS; round += 1) {
      const peer = await rate(bareUrl, `Bearer ${token}`);
      const accepted = await rate(verifier.http, `Bearer ${token}`);
      const refused = await rate(verifier.http, unknown);
      if (accepted.refused > 0 || refused.refused === 0) throw new Error('the verifier answered wrongly');
      ratios.accepted.push(accepted.perSecond / peer.perSecond);
      ratios.refused.push(refused.perSecond / peer.perSecond);
      note = `${Math.round(accepted.perSecond)}/s against ${Math.round(peer.perSecond)}/s in the last round`;
    }
    const goal = { least: 0.75, most: Infinity };
    return [
      {
        what: `requests verified at ${clients} clients / bare node:http`,
        ratio: median(ratios.accepted),
        goal,
        note,
      },
      {
        what: `requests refused at ${clients} clients / bare node:http`,
        ratio: median(ratios.refused),
        goal,
      },
    ];
  } finally {
    await verifier.stop();
    await stop(bare);
  }
}

/** What the verifier says to the token, for the peer to repeat: headers as JSON, and the body. */
async function answerOf(url, token) {
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  const own = [...response.headers].filter(([name]) => name.startsWith('x-auth-') || name === 'content-type');
  return [JSON.stringify(own.flat()), await response.text()];
}
