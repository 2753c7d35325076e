// What keywright costs behind nginx: nginx with auth_request to keywright, against the same nginx with auth_request to a bare
// node:http server that says yes with the same octets.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';
import { freePort, listens } from './ports.js';
import { PROGRAM } from './seed.js';
import { firstLine, registerApiKey, startServe, stop } from './serving.js';
import { median } from './start-up.js';

const ROUNDS = 7;
const BARE_SERVER = fileURLToPath(new URL('bare-server.js', import.meta.url));

/** Requests a second through nginx, in turns. */
export async function benchGateway({ directory, home, seconds }) {
  const key = registerApiKey(home);
  const verifier = await startServe(home);
  const { headers } = await fetch(`${verifier.http}/verify?rate=403`, { headers: { 'x-api-key': key } });
  const identity = [...headers].filter(([name]) => name.startsWith('x-auth-')).flat();
  const bare = spawn(process.execPath, [BARE_SERVER, '200', JSON.stringify(identity), ''], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const bareUrl = `http://127.0.0.1:${(await firstLine(bare)).trim()}`;
  const ours = await startNginx(join(directory, 'nginx-ours'), verifier.http);
  const theirs = await startNginx(join(directory, 'nginx-bare'), bareUrl);
  const rate = async (port) => {
    const { requests, non2xx } = await autocannon({
      url: `http://127.0.0.1:${port}/`,
      connections: 20,
      duration: seconds,
      headers: { 'x-api-key': key },
    });
    if (non2xx > 0) throw new Error('nginx refused');
    return requests.average;
  };
  try {
    const ratios = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const before = await rate(theirs.port);
      const mine = await rate(ours.port);
      const after = await rate(theirs.port);
      ratios.push((2 * mine) / (before + after));
    }
    return [
      {
        what: 'nginx + auth_request + keywright / + bare node:http',
        ratio: median(ratios),
        goal: { least: 0.92, most: Infinity },
        note: `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)} in ${ROUNDS} rounds`,
      },
    ];
  } finally {
    await Promise.all([stop(ours.child), stop(theirs.child), stop(bare), verifier.stop()]);
  }
}

/** nginx with the configuration that keywright prints, in front of an nginx that says ok. */
async function startNginx(directory, authUrl) {
  mkdirSync(directory);
  const [port, behind] = [await freePort(), await freePort()];
  const { stdout } = spawnSync(process.execPath, [PROGRAM, 'integrate', 'nginx'], {
    env: { ...process.env, KEYWRIGHT_HTTP: authUrl },
  });
  const printed = String(stdout)
    .replaceAll('127.0.0.1:8000', `127.0.0.1:${port}`)
    .replaceAll('127.0.0.1:8080', `127.0.0.1:${behind}`);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${directory}/${name};`,
  );
  writeFileSync(
    join(directory, 'nginx.conf'),
    `daemon off; worker_processes 1; pid ${directory}/pid; error_log stderr error; events {}
http { access_log off; keepalive_requests 1000000; ${temporary.join(' ')}
${printed}
server { listen 127.0.0.1:${behind}; location / { return 200 ok; } } }`,
  );
  const path = `${process.env.PATH}:/usr/sbin`;
  const args = ['-e', 'stderr', '-p', directory, '-c', join(directory, 'nginx.conf')];
  const child = spawn('nginx', args, { env: { ...process.env, PATH: path }, stdio: 'inherit' });
  await listens(port);
  return { child, port };
}
