// Builds the web console into dist/console, unless it is there already from the same sources. Every file has its gzip beside it. Fails if it is
// larger than the console may be.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const root = fileURLToPath(new URL('..', import.meta.url));
const built = join(root, 'dist/console');
const stamp = join(root, 'node_modules/.cache/keywright/console');
const KILOBYTE = 1000;
/** What is loaded before the first page is seen, and everything together: JavaScript and CSS, gzipped. */
const LIMITS = { first: 45 * KILOBYTE, all: 70 * KILOBYTE };

const sources = sourcesHash();
if (!existsSync(join(built, 'index.html')) || readIfThere(stamp) !== sources) {
  const { build } = await import('vite');
  await build({ configFile: join(root, 'console/vite.config.ts') });
  for (const path of files()) writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, sources);
}
const sizes = measure();
if (process.argv.includes('--sizes')) console.log(sizes);
for (const [name, limit] of Object.entries(LIMITS)) {
  if (sizes[name] > limit)
    throw new Error(
      `the console is too large: ${name} is ${sizes[name]} bytes gzipped, ${limit} are allowed`,
    );
}

/** The bytes of every script and style, of those that the first page (the overview) needs, and of all. */
function measure() {
  const each = Object.fromEntries(
    files()
      .filter((path) => /\.(js|css)$/.test(path))
      .map((path) => [path.slice(built.length + 1), readFileSync(`${path}.gz`).length]),
  );
  const index = readFileSync(join(built, 'index.html'), 'utf8');
  const entry = Object.keys(each).filter((name) => index.includes(name));
  const overview = Object.keys(each).filter((name) => /overview-/.test(name));
  const firstFiles = new Set([...entry, ...overview, ...overview.flatMap((name) => importsOf(name))]);
  const sum = (names) => [...names].reduce((total, name) => total + each[name], 0);
  return { each, first: sum(firstFiles), all: sum(Object.keys(each)) };
}

/** What a chunk imports by a statement, and what that imports. */
function importsOf(name, seen = new Set()) {
  const text = readFileSync(join(built, name), 'utf8');
  for (const [, found] of text.matchAll(/(?:from|import)\s*["']\.\/([^"']+)["']/g)) {
    const path = `assets/${found}`;
    if (seen.has(path)) continue;
    seen.add(path);
    importsOf(path, seen);
  }
  return [...seen];
}

function files() {
  return filesBelow(built).filter((path) => !path.endsWith('.gz'));
}

function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort();
}

function sourcesHash() {
  const hash = createHash('sha256');
  for (const path of [...filesBelow(join(root, 'console')), join(root, 'package-lock.json')])
    hash.update(path).update(readFileSync(path));
  return hash.digest('hex');
}

function readIfThere(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
