import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Pages that few open, or seldom. */
const ADMINISTRATION = /src\/pages\/(users|sessions|audit|server)/;
/** The other pages, except for the first one, and what of the kit is for lists and forms. */
const KEYS =
  /src\/(pages\/(?!overview)|kit\/(confirm-dialog|download|filters|list-state|overlaps|password|scopes-field|search-field|secret-panel|shell-text|table|tabs|validity|validity-field|zip)\.)/;

/** Builds the console into `dist/console`, which `serve` hands out at `/console/` under a strict Content-Security-Policy. */
export default defineConfig({
  root: here('.'),
  base: '/console/',
  publicDir: false,
  // For `npm run console:dev`: the page from Vite, the rest from a server that runs beside it.
  server: { proxy: { '/api': 'http://127.0.0.1:5654' } },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: here('../dist/console'),
    emptyOutDir: true,
    target: 'es2022',
    cssTarget: ['chrome125', 'firefox128', 'safari17.5'],
    // The policy lets nothing in that is written into a page.
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rollupOptions: {
      output: {
        entryFileNames: 'assets/[name]-[hash].js',
        chunkFileNames: 'assets/[name]-[hash].js',
        assetFileNames: 'assets/[name]-[hash][extname]',
        // Each chunk compresses apart from the others, so many small ones weigh more. What the first page needs is in none of these.
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: [
            { name: 'administration', test: ADMINISTRATION },
            { name: 'keys', test: KEYS },
          ],
        },
      },
    },
  },
  logLevel: 'warn',
});
