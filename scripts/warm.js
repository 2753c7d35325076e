// Runs the two commands that scripts call most, then keeps what V8 compiled on the way.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheFile, load, root } from '../bin/load.js';

const scratch = mkdtempSync(join(tmpdir(), 'keywright-build-'));
try {
  const { script, main } = load();
  const home = join(scratch, 'home');
  await main(root, ['key', 'gen', 'warm', '--home', home, '--output', join(scratch, 'warm')]);
  await main(root, ['key', 'list', '--home', home]);
  writeFileSync(cacheFile, script.createCachedData());
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
