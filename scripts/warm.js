// Runs one of the commands that scripts call most, then keeps what V8 compiled on the way: the code cache of the package for it.
// node scripts/warm.js HOME COMMAND [ARGUMENT…]
import { chmodSync, writeFileSync } from 'node:fs';
import cache from '../bin/keep-cache.js';
import program from '../bin/load.js';

const [home, ...argv] = process.argv.slice(2);
await program.load(argv).main(program.root, [...argv, '--home', home]);
for (const file of program.loaded) {
  const path = program.packagedPath(file);
  writeFileSync(path, cache.encodeCache({ ...file, starts: program.COMPLETE_AFTER }));
  // A command has set its umask. Whoever may run the program may read it.
  chmodSync(path, 0o644);
}
