import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

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
      },
    },
  },
  logLevel: 'warn',
});
