import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { prepareHome } from '../../src/disk/home.js';
import { scratchDirectory } from '../support/keywright.js';

it('a home is made with the directories above it, closed to others, and kept as it is once it is there', async () => {
  const home = join(await scratchDirectory(), 'above', 'home');
  await prepareHome(home);
  expect((await stat(home)).mode & 0o777).toBe(0o700);
  await writeFile(join(home, 'kept'), '');
  await prepareHome(home);
  await stat(join(home, 'kept'));
});

it('a home that cannot be made is refused with what to do, also where the file system makes nothing', async () => {
  const file = join(await scratchDirectory(), 'file');
  await writeFile(file, '');
  const hint = 'name another with --home or KEYWRIGHT_HOME';
  await expect(prepareHome(join(file, 'home'))).rejects.toMatchObject({
    message: `cannot make the home ${file}/home: a part of the path is not a directory`,
    hint,
  });
  await expect(prepareHome('/proc/none/home')).rejects.toMatchObject({
    message: 'cannot make the home /proc/none/home: there is no such file or directory',
    hint,
  });
});
