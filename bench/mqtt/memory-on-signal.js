// Loaded into a server before its own code: on SIGUSR2 it collects the garbage and writes what is still used.
import { renameSync, writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const file = process.env.BENCH_MEMORY_FILE;

process.on('SIGUSR2', () => {
  // Set at the start, the flag would make V8 refuse the server's code cache.
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc');
  gc();
  // What the first collection freed is given back to the system a moment later.
  setTimeout(() => {
    gc();
    writeFileSync(`${file}.part`, JSON.stringify(process.memoryUsage()));
    renameSync(`${file}.part`, file);
  }, 100);
});
