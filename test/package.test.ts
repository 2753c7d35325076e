import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD } from './support/keywright.js';
import { OTHER_NODES, otherNode } from './support/nodes.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const OFFLINE = /ENOTCACHED|EAI_AGAIN|ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EIDLETIMEOUT/;

let directory: string;
/** What npm said. */
let said: string;
/** Why there is nothing to test. */
let missing: string | undefined;
const inPackage = (path: string) => join(directory, 'prefix/lib/node_modules/keywright', path);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'keywright-package-'));
  await execa('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', directory], {
    cwd: root,
  });
  const [archive = ''] = await readdir(directory);
  const flags = [
    '--prefix',
    join(directory, 'prefix'),
    '--prefer-offline',
    '--no-audit',
    '--fetch-retries=1',
  ];
  const run = await execa('npm', ['install', '--global', ...flags, join(directory, archive)], {
    cwd: directory,
    all: true,
    reject: false,
  });
  said = run.all;
  if (run.exitCode === 0) return;
  if (!OFFLINE.test(said)) throw new Error(said);
  missing = 'the npm registry, from which the package’s dependency comes, cannot be reached';
});

afterAll(() => rm(directory, { recursive: true, force: true }));

describe('the package, installed into an empty prefix', () => {
  it('is small, of few packages, and without a word of warning', async ({ skip }) => {
    skip(missing !== undefined, missing);
    expect(said).not.toMatch(/warn|deprecated|vulnerab/i);
    const prefix = join(directory, 'prefix');
    const list = await execa('npm', ['ls', '--global', '--all', '--parseable', '--prefix', prefix]);
    expect(list.stdout.split('\n').slice(1).length).toBeLessThanOrEqual(5);
    const { stdout } = await execa('du', ['-sk', prefix]);
    expect(Number.parseInt(stdout, 10)).toBeLessThanOrEqual(12 * 1024);
  });

  it('has the web console, every file of it compressed as well', async ({ skip }) => {
    skip(missing !== undefined, missing);
    const files = await readdir(inPackage('dist/console'), { recursive: true });
    expect(files).toEqual(expect.arrayContaining(['index.html', 'index.html.gz']));
    const page = await readFile(inPackage('dist/console/index.html'), 'utf8');
    const assets = [...page.matchAll(/"\/console\/(assets\/[^"]+)"/g)].map(([, path]) => path);
    expect(assets.length).toBeGreaterThan(0);
    for (const asset of assets) expect(files).toEqual(expect.arrayContaining([asset, `${asset}.gz`]));
  });

  it('is what the Dockerfile of that version installs', async ({ skip }) => {
    skip(missing !== undefined, missing);
    const out = await mkdtemp(join(directory, 'docker-'));
    const env = { KEYWRIGHT_HOME: join(directory, 'home') };
    await execa(process.execPath, [inPackage('bin/run.js'), 'integrate', 'docker', '--output', out], { env });
    // As the page says: from the package where it is installed.
    await execa('npm', ['pack', '--silent', inPackage('')], { cwd: out });
    const [archive] = (await readdir(out)).filter((name) => name.endsWith('.tgz'));
    const dockerfile = await readFile(join(out, 'Dockerfile'), 'utf8');
    expect(dockerfile).toContain(`COPY ${archive} /tmp/`);
    expect(dockerfile).toContain(`RUN npm install --global /tmp/${archive} `);
  });

  for (const version of [process.versions.node, ...OTHER_NODES])
    it(`runs the quick start on Node ${version}, and hashes a password`, async ({ skip }) => {
      skip(missing !== undefined, missing);
      const node =
        version === process.versions.node
          ? process.execPath
          : await otherNode(version).catch((error) =>
              skip(`no Node ${version} can be had here: ${error.message}`),
            );
      const env = {
        XDG_CACHE_HOME: join(directory, version),
        KEYWRIGHT_HOME: join(directory, `home-${version}`),
      };
      const program = inPackage('bin/run.js');
      const quickstart = await execa(node, [join(root, 'scripts/quickstart.js'), program], {
        env,
        reject: false,
      });
      expect([quickstart.exitCode, quickstart.stderr]).toEqual([0, '']);
      const user = ['user', 'add', 'ann', '--password-stdin'];
      const added = await execa(node, [program, ...user], { env, input: PASSWORD, reject: false });
      expect([added.exitCode, added.stderr]).toEqual([0, '']);
    });
});
