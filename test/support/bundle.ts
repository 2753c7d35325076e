import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/** `serving.ts` and the program under it, as one file: loading it takes a test file a tenth of what its parts take. */
export const SERVING = path('../../node_modules/.cache/keywright/serving.cjs');

/** Runs once, before all test files. */
export default async function bundle(): Promise<void> {
  await build({
    entryPoints: [path('serving.ts')],
    outfile: SERVING,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20.19',
    logLevel: 'warning',
    sourcemap: 'inline',
    // A binary, and accelerators that the ws package does without.
    external: ['@node-rs/argon2', 'bufferutil', 'utf-8-validate'],
  });
}
