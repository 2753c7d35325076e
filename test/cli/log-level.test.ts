import { describe, expect, it } from 'vitest';
import { serveProgram, workshop } from '../support/keywright.js';

// What the start of this server has to say: lines to know of, and one to look into.
const OPEN = ['--mqtt-enable-token-auth', 'false'];

describe('serve --log-level', () => {
  it.each([
    ['info', ['info', 'warn']],
    ['warn', ['warn']],
    ['error', []],
    ['silent', []],
  ])('%s writes lines of %j', async (level, levels) => {
    const shop = await workshop();
    await shop.keywright(['ca', 'init']);
    for (const log of ['json', 'human']) {
      const server = await serveProgram(shop, [...OPEN, '--log', log], { KEYWRIGHT_LOG_LEVEL: level });
      await server.stop();
      const lines = server.log().split('\n').filter(Boolean);
      const found = lines.map((line) =>
        log === 'json' ? JSON.parse(line).level : (/ (INFO|WARN): /.exec(line)?.[1] ?? line).toLowerCase(),
      );
      expect([log, [...new Set(found)].sort()]).toEqual([log, levels]);
    }
  });

  it('stops the start where there is no such level, and names the source', async () => {
    const shop = await workshop();
    const run = await shop.keywright(['serve', '--log-level', 'verbose']);
    expect(run).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringContaining('--log-level: "verbose" is not silent, error, warn, info or debug'),
    });
  });
});
