import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { load } from './http-load.js';
import { firstLine, issueToken, registerApiKey, start, startServe, stop } from './serving.js';
import { compare } from './turns.js';

const BARE_SERVER = fileURLToPath(new URL('bare-server.js', import.meta.url));

/** What a verdict costs, in the server's CPU, against a bare node:http server that sends the same octets, in turns. */
export async function* benchRequests({ directory, home, clients, seconds, rounds }) {
  const token = issueToken({ directory, home, id: 'bench-http' });
  const key = registerApiKey(home);
  // Made in another home: right in form and checksum, and unknown.
  const unknownKey = registerApiKey(join(directory, 'elsewhere'));
  const verifier = await startServe(home);
  const subjects = {
    [`signed token at ${clients} clients`]: { text: token, getsIn: true },
    'API key': { text: key, getsIn: true },
    'access token, used again': { text: await exchange(verifier.http, key), getsIn: true },
    'signed token, refused': {
      text: `nobody:b:${token.slice(token.lastIndexOf(':') + 1)}`,
      getsIn: false,
    },
    'API key, unknown': { text: unknownKey, getsIn: false },
  };
  try {
    for (const [name, asked] of Object.entries(subjects)) {
      const bare = await startBare(verifier.http, asked.text);
      const subject = ({ http, pid }, more) => ({
        ...{ pid, ...more },
        run: () => load(http, { ...asked, seconds }),
      });
      yield* await compare({
        what: `HTTP verdict, ${name}`,
        rounds,
        ours: subject(verifier),
        peers: [subject(bare, { name: 'bare node:http', mark: 0.97 })],
      });
      await stop(bare.child);
    }
  } finally {
    await verifier.stop();
  }
}

async function exchange(http, key) {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ api_key: key });
  const response = await fetch(`${http}/v1/token/exchange`, { method: 'POST', headers, body });
  return (await response.json()).access_token;
}

/** A peer that repeats what the verifier answers to the credential. */
async function startBare(url, text) {
  const response = await fetch(url, { headers: { authorization: `Bearer ${text}` } });
  const own = [...response.headers].filter(
    ([name]) => !['date', 'connection', 'keep-alive', 'content-length'].includes(name),
  );
  const said = [String(response.status), JSON.stringify(own.flat()), await response.text()];
  const child = start(process.execPath, [BARE_SERVER, ...said], { stdio: ['ignore', 'pipe', 'inherit'] });
  return { child, pid: child.pid, http: `http://127.0.0.1:${(await firstLine(child)).trim()}` };
}
