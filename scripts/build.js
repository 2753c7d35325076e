// Bundles the whole program into dist/main.cjs and warms V8's code cache for it: together they
// make the CLI start in about half the time of the unbundled program (docs/performance.md).
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundleInChunks } from './bundle.js';
import { COMMAND_ENTRIES, COMMAND_IDS, commandsByNeed, filesByNeed, oclifByNeed } from './by-need.js';

const root = fileURLToPath(new URL('..', import.meta.url));
mkdirSync(`${root}/dist`, { recursive: true });
for (const name of readdirSync(`${root}/dist`)) {
  // The console is built anew by build-console.js if its sources changed.
  if (name !== 'console') rmSync(`${root}/dist/${name}`, { recursive: true });
}
await import('./build-console.js');

// A clock that shows an earlier day is wrong. SOURCE_DATE_EPOCH, in seconds, makes the build repeatable.
const DAY_MS = 86_400_000;
const builtAt = Number(process.env.SOURCE_DATE_EPOCH ?? Number.NaN) * 1000 || Date.now();
const builtOn = Math.floor(builtAt / DAY_MS) * DAY_MS;

// The page of the console asks to be loaded again where the server has another build than it had.
const sources = ['src', 'console']
  .flatMap((room) => readdirSync(`${root}/${room}`, { recursive: true, withFileTypes: true }))
  .filter((entry) => entry.isFile())
  .map(({ parentPath, name }) => join(parentPath, name))
  .sort();
const hash = createHash('sha256');
for (const path of [...sources, `${root}/package-lock.json`]) hash.update(readFileSync(path));
const { version } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));
const buildName = `${version}+${hash.digest('hex').slice(0, 12)}`;

const common = {
  absWorkingDir: root,
  minifyWhitespace: true,
  minifySyntax: true,
  define: {
    KEYWRIGHT_BUILT_ON: String(builtOn),
    KEYWRIGHT_BUILD: JSON.stringify(buildName),
    KEYWRIGHT_VERSION: JSON.stringify(version),
  },
  legalComments: 'none',
  platform: 'node',
  target: 'node20.19',
  logLevel: 'warning',
  // Templates of configurations.
  loader: { '.conf': 'text' },
  // A binary; development tools that oclif looks for; and accelerators that the ws package does without.
  external: [
    '@node-rs/argon2',
    ...['typescript', 'ts-node', 'tsx', '@oclif/plugin-help', 'bufferutil', 'utf-8-validate'],
  ],
  alias: {
    // @inquirer/prompts brings an editor prompt with character encodings, a seventh of the program. Nothing asks with it, but what
    // is loaded by import() is kept whole.
    '@inquirer/editor': `${root}/scripts/instead/editor-prompt.js`,
    'clean-stack': `${root}/scripts/instead/clean-stack.js`,
  },
  plugins: [
    {
      name: 'no user of the system is asked for',
      setup({ onResolve }) {
        const path = `${root}/scripts/instead/oclif-os.js`;
        onResolve({ filter: /^\.(\.\/util)?\/os$/ }, ({ importer }) =>
          importer.includes('/@oclif/core/lib/') ? { path } : undefined,
        );
      },
    },
  ],
};
await bundleInChunks({
  ...common,
  plugins: [...common.plugins, commandsByNeed, oclifByNeed, filesByNeed],
  entryPoints: { main: 'src/main.ts', ...COMMAND_ENTRIES },
  directory: `${root}/dist`,
  ids: COMMAND_IDS,
});
// The threads that make many bundles.
await build({
  ...common,
  bundle: true,
  format: 'cjs',
  entryPoints: ['src/bulk/worker.ts'],
  outfile: 'dist/bulk-worker.cjs',
});
// What a program may import, with the types that it sees.
await build({
  ...common,
  ...{ entryPoints: ['src/index.ts'], bundle: true, format: 'cjs' },
  outfile: 'dist/index.cjs',
  // Node shows the line of an error that nobody caught: it must be one that can be read.
  minifyWhitespace: false,
});
const types = spawnSync(
  process.execPath,
  [`${root}/node_modules/typescript/bin/tsc`, '-p', 'tsconfig.build.json'],
  {
    cwd: root,
    stdio: 'inherit',
  },
);
if (types.status !== 0) throw new Error('the types of the library cannot be made');

const scratch = mkdtempSync(join(tmpdir(), 'keywright-build-'));
try {
  const home = join(scratch, 'home');
  // The first makes what the home has once; the second finds it there, and is what counts.
  for (const command of [
    ['key', 'gen', 'one', '--output', join(scratch, 'one')],
    ['key', 'gen', 'two', '--output', join(scratch, 'two')],
    ['key', 'list'],
  ]) {
    const warmed = spawnSync(process.execPath, [`${root}/scripts/warm.js`, home, ...command], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    if (warmed.status !== 0) throw new Error(`the freshly built program does not run:\n${warmed.stderr}`);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
