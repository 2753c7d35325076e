import { cp } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { PROGRAM, scratchDirectory } from '../support/keywright.js';

it.each(['development', 'test'])(
  'starts without a word about typescript where NODE_ENV is %s',
  async (name) => {
    const installed = await scratchDirectory();
    const root = dirname(dirname(PROGRAM));
    for (const part of ['bin', 'dist', 'package.json', 'oclif.manifest.json'])
      await cp(join(root, part), join(installed, part), { recursive: true });
    const run = await execa(process.execPath, [join(installed, 'bin/run.js'), 'key', 'list'], {
      env: { KEYWRIGHT_HOME: join(installed, 'home'), NODE_ENV: name },
    });
    expect([run.stdout, run.stderr]).toEqual(['', 'keywright: no clients yet']);
  },
);
