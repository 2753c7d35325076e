// Writes docs/openapi.json as the server tells it, so that the document says what the program does.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const home = join(mkdtempSync(join(tmpdir(), 'keywright-openapi-')), 'home');
const free = 'tcp://127.0.0.1:0';
const serve = ['bin/run.js', 'serve', '--json', '--home', home, '--http', free, '--mqtt', free];
const server = spawn(process.execPath, serve, { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] });
try {
  const [line] = await once(server.stdout, 'data');
  const response = await fetch(`${JSON.parse(line).http.replace('tcp:', 'http:')}/openapi.json`);
  writeFileSync(join(root, 'docs/openapi.json'), `${JSON.stringify(await response.json(), null, 2)}\n`);
} finally {
  server.kill('SIGTERM');
  await once(server, 'exit');
  rmSync(join(home, '..'), { recursive: true, force: true });
}
