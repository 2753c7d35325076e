import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [
    {
      // As in the bundle.
      name: 'templates as texts',
      enforce: 'pre',
      transform: (text, id) => (id.endsWith('.conf') ? `export default ${JSON.stringify(text)};` : undefined),
    },
  ],
  test: {
    // What is waited for may be slow on a busy machine; what does not come is told soon enough.
    expect: { poll: { timeout: 10_000 } },
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/support/bundle.ts',
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Two cores: more workers only make servers and child processes wait for each other.
    maxWorkers: 2,
    // A worker keeps what it has loaded and compiled for its next files, which takes a quarter of the time off.
    isolate: false,
    // Reading this machine's own authorities costs every process that a test starts 50 ms.
    env: { NODE_EXTRA_CA_CERTS: '' },
  },
});
