// The first key from end to end, with real curl and mosquitto_pub, in a home that is thrown away.
// node scripts/quickstart.js [PROGRAM]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

const [program = fileURLToPath(new URL('../bin/run.js', import.meta.url))] = process.argv.slice(2);
const directory = mkdtempSync(join(tmpdir(), 'keywright-quickstart-'));
const environment = { cwd: directory, env: { KEYWRIGHT_HOME: join(directory, 'home') }, reject: false };
const servers = [];

try {
  say('a home of its own, thrown away at the end', directory);
  await keywright('key', 'gen', 'myapp01', '--output', './myapp01');
  await keywright('server-cert', '--output', './keywright.crt');
  await keywright('key', 'list');

  const plain = await serve();
  const tls = await serve('--mqtt-enable-tls', 'true');
  const token = (await execa('cat', ['myapp01_token'], environment)).stdout;
  const http = [
    'curl',
    '-s',
    '-o',
    '/dev/null',
    '-w',
    '%{http_code}',
    '-H',
    `Authorization: Bearer ${token}`,
    plain.http,
  ];
  const publish = [
    'mosquitto_pub',
    '-h',
    '127.0.0.1',
    '--id',
    'myapp01',
    '-t',
    'db/write/EXAMPLE',
    '-m',
    '1',
    '-q',
    '1',
  ];
  const byToken = [...publish, '-p', plain.mqttPort, '--username', token];
  const identity = [
    '--cert',
    './myapp01_cert.pem',
    '--key',
    './myapp01_key.pem',
    '--cafile',
    './keywright.crt',
  ];
  const byCertificate = [...publish, '-p', tls.mqttPort, ...identity];

  await expect('HTTP with the token gets in', http, ({ stdout }) => stdout === '200');
  await expect('MQTT with the token gets in', byToken, ({ exitCode }) => exitCode === 0);
  await expect('MQTT with the certificate gets in', byCertificate, ({ exitCode }) => exitCode === 0);

  await keywright('key', 'del', 'myapp01');
  // What another process deletes is refused within a second.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  await expect('HTTP with the token is refused', http, ({ stdout }) => stdout === '401');
  await expect('MQTT with the token is refused', byToken, ({ exitCode }) => exitCode === 5);
  await expect('MQTT with the certificate is refused', byCertificate, ({ exitCode }) => exitCode === 5);
  const page = ['curl', '-s', '-o', '/dev/null', '-w', '%{http_code}', `${plain.http}/console/`];
  await expect('The web console is there', page, ({ stdout }) => stdout === '200');
  console.log(`
All of it works. Next, the same in a browser: node bin/run.js serve
  prints a link to the web console, http://127.0.0.1:5654/console/, with which you make the first user;
  node bin/run.js console opens it later. Or read README.md, or: node bin/run.js --help`);
} catch (error) {
  console.error(`\nquickstart failed: ${error.message}`);
  process.exitCode = 1;
} finally {
  for (const server of servers) {
    server.kill('SIGTERM');
    await server;
  }
  rmSync(directory, { recursive: true, force: true });
}

async function keywright(...args) {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [program, ...args], environment);
  say(`keywright ${args.join(' ')}`, [stdout, stderr].filter(Boolean).join('\n'));
  if (exitCode !== 0) throw new Error(`keywright ${args.join(' ')} exited with ${exitCode}`);
}

async function serve(...args) {
  const ports = ['--http', 'tcp://127.0.0.1:0', '--mqtt', 'tcp://127.0.0.1:0'];
  const child = execa(process.execPath, [program, 'serve', '--json', ...ports, ...args], environment);
  servers.push(child);
  const line = await Promise.race([
    new Promise((resolve) => child.stdout.once('data', (chunk) => resolve(String(chunk)))),
    child.then(({ stderr }) => Promise.reject(new Error(`serve ended: ${stderr}`))),
  ]);
  const { http, mqtt } = JSON.parse(line);
  say(`keywright serve ${args.join(' ')}`.trim(), `listening on ${http} and ${mqtt}`);
  return { http: http.replace('tcp:', 'http:'), mqttPort: new URL(mqtt).port };
}

async function expect(what, [command, ...args], holds) {
  const result = await execa(command, args, environment);
  if (result.exitCode === undefined) throw new Error(`${command} could not be run: ${result.shortMessage}`);
  if (!holds(result))
    throw new Error(
      `${what}: no (${command} exited with ${result.exitCode}) ${result.stdout}${result.stderr}`,
    );
  console.log(`✓ ${what}`);
}

function say(what, result) {
  console.log(`\n$ ${what}\n${result.replace(/^/gm, '  ')}`);
}
