// Runs the two commands that scripts call most, then keeps what V8 compiled on the way.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeCache } from '../bin/code-cache.js';
import { cacheFile, load, root } from '../bin/load.js';

const scratch = mkdtempSync(join(tmpdir(), 'keywright-build-'));
try {
  const { script, build, main } = load();
  const home = join(scratch, 'home');
  await main(root, ['key', 'gen', 'warm', '--home', home, '--output', join(scratch, 'warm')]);
  await main(root, ['key', 'list', '--home', home]);
  const commands = ['key:gen', 'key:list'];
  writeFileSync(cacheFile, encodeCache(build, { data: script.createCachedData(), commands }));
  // A command has set its umask. Whoever may run the program may read it.
  chmodSync(cacheFile, 0o644);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
