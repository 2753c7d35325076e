import { mkdir, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/** `serving.ts` and the program under it, as one file: loading it takes a test file a tenth of what its parts take. */
export const SERVING = path('../../node_modules/.cache/keywright/serving.cjs');

// Compiling the schemas of all routes is most of what a server's start costs, and each of a file's servers has the same
// ones: a process compiles each schema once.
const compiledOnce: Plugin = {
  name: 'compiled-once',
  setup({ onResolve, onLoad }) {
    const { resolve } = createRequire(createRequire(import.meta.url).resolve('fastify'));
    onResolve({ filter: /^@fastify\/(ajv-compiler|fast-json-stringify-compiler)$/ }, ({ path }) => ({
      path: resolve(path),
      namespace: 'compiled-once',
    }));
    onLoad({ filter: /./, namespace: 'compiled-once' }, ({ path }) => ({
      contents: `const select = require(${JSON.stringify(path)});
const compiled = new Map();
module.exports = (...selected) => {
  const factory = select(...selected);
  return (...schemas) => {
    const compile = factory(...schemas);
    return ({ schema, ...route }) => {
      const key = JSON.stringify([schemas, schema]);
      if (!compiled.has(key)) compiled.set(key, compile({ schema, ...route }));
      return compiled.get(key);
    };
  };
};`,
      resolveDir: dirname(path),
    }));
  },
};

/** Runs once, before all test files. */
export default async function bundle(): Promise<void> {
  const { outputFiles } = await build({
    entryPoints: [path('serving.ts')],
    outfile: SERVING,
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    target: 'node20.19',
    logLevel: 'warning',
    sourcemap: 'inline',
    plugins: [compiledOnce],
    // A binary, and accelerators that the ws package does without.
    external: ['@node-rs/argon2', 'bufferutil', 'utf-8-validate'],
  });
  // Whole at once: another run of the tests may be reading it.
  const whole = `${SERVING}.${process.pid}`;
  await mkdir(dirname(SERVING), { recursive: true });
  await writeFile(whole, outputFiles[0]?.contents ?? '');
  await rename(whole, SERVING);
}
