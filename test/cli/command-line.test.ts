import { describe, expect, it } from 'vitest';
import { workshop } from '../support/keywright.js';

describe('a command line', () => {
  it('may have its global flags before the command', async () => {
    const { keywright, home } = await workshop();
    const one = await keywright(['--home', home, 'key', 'list', '--json']);
    const other = await keywright(['--json', `--home=${home}`, 'key', 'list']);
    expect([one, other]).toMatchObject([
      { exitCode: 0, stdout: '[]' },
      { exitCode: 0, stdout: '[]' },
    ]);
  });

  it.each([
    [['key', 'lsit'], 'did you mean: keywright key list'],
    [['tokn', 'rotate', 'x'], 'did you mean: keywright token rotate'],
    [['key', 'list', '--expiring-withn', '3d'], 'did you mean: --expiring-within'],
    [['key', 'list', '--hmoe', 'x'], 'did you mean: --home'],
    [['quite', 'something'], 'keywright --help'],
  ])('%j is answered with what was probably meant', async (args, hint) => {
    const { keywright } = await workshop();
    const { exitCode, stdout, stderr } = await keywright(args);
    expect([exitCode, stdout, stderr]).toEqual([2, '', expect.stringContaining(hint)]);
  });

  it('may use the words that other programs have for a command', async () => {
    const { keywright } = await workshop();
    expect((await keywright(['key', 'create', 'a'])).exitCode).toBe(0);
    expect((await keywright(['token', 'create', '--client', 'a', '--json'])).exitCode).toBe(0);
    expect((await keywright(['key', 'ls'])).stdout).toContain('a');
    expect((await keywright(['key', 'rm', 'a', '--yes'])).stdout).toBe('Deleted a');
  });
});
