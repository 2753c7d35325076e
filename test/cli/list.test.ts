import { describe, expect, it } from 'vitest';
import { fleet, sensor } from '../support/fleet.js';
import { registerKey, type Workshop, workshop } from '../support/keywright.js';

async function listed({ keywright }: Workshop, ...args: string[]): Promise<string[]> {
  const run = await keywright([...args, '--json']);
  expect(run).toMatchObject({ exitCode: 0, stderr: '' });
  return JSON.parse(run.stdout).map(({ id }: { id: string }) => id);
}

describe('a list', () => {
  it('is read in pages, and narrowed by owner, label, state and end', async () => {
    const shop = await fleet(12);
    const ids = (...numbers: number[]) => numbers.map((each) => sensor(each).id);
    expect(await listed(shop, 'key', 'list')).toEqual(ids(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));
    expect(await listed(shop, 'key', 'list', '--limit', '2')).toEqual(ids(0, 1));
    expect(await listed(shop, 'key', 'ls', '--limit', '3', '--after', 'sensor-001')).toEqual(ids(2, 3, 4));
    expect(await listed(shop, 'key', 'list', '--owner', 'ann')).toEqual(ids(1, 3, 5, 7, 9, 11));
    expect(await listed(shop, 'key', 'list', '--owner', 'bob')).toEqual([]);
    expect(await listed(shop, 'key', 'list', '--label', 'line 2')).toEqual(ids(2, 5, 8, 11));
    expect(await listed(shop, 'key', 'list', '--label', '* 0')).toEqual(ids(0, 3, 6, 9));
    expect(await listed(shop, 'key', 'list', '--state', 'no-credential')).toEqual(ids(4, 9));
    expect(await listed(shop, 'key', 'list', '--expiring-within', '30d')).toEqual(ids(1, 3, 5, 7, 11));
    const keys = (...numbers: number[]) => ids(...numbers).map((id) => `${id}:000${id.slice(-3)}`);
    expect(await listed(shop, 'token', 'list', '--state', 'revoked')).toEqual(keys(4, 9));
    expect(await listed(shop, 'token', 'list', '--expiring-within', '30d', '--limit', '2')).toEqual(
      keys(1, 3),
    );
    expect(await listed(shop, 'token', 'list', '--label', 'line 1', '--after', keys(4)[0] ?? '')).toEqual(
      keys(7, 10),
    );
    expect(await listed(shop, 'user', 'list', '--limit', '1', '--after', 'ann')).toEqual(['bob']);
    expect(await listed(shop, 'user', 'list', '--state', 'disabled')).toEqual([]);
  });

  it('of what ends soon passes over what was replaced and holds for its overlap', async () => {
    const shop = await workshop();
    const { id } = await registerKey(shop, '--expires', '40d');
    await shop.keywright(['token', 'rotate', id, '--overlap', '1h']);
    await shop.keywright(['key', 'gen', 'a']);
    await shop.keywright(['key', 'gen', 'a', '--force', '--overlap', '1h']);
    for (const list of ['key', 'token'])
      expect([list, await listed(shop, list, 'list', '--expiring-within', '30d')]).toEqual([list, []]);
  });

  it('of API keys goes on between two keys of one client', async () => {
    const shop = await workshop();
    const { clientId } = await registerKey(shop);
    for (let more = 0; more < 3; more += 1) await registerKey(shop, '--client', clientId);
    const other = await registerKey(shop);
    const all = await listed(shop, 'token', 'list');
    expect([all.length, new Set(all).size, all.includes(other.id)]).toEqual([5, 5, true]);
    const paged: string[] = [];
    for (let page = 0; page < 5; page += 1)
      paged.push(
        ...(await listed(
          shop,
          'token',
          'list',
          '--limit',
          '1',
          ...(paged.length > 0 ? ['--after', paged.at(-1) ?? ''] : []),
        )),
      );
    expect(paged).toEqual([...all].sort());
  });

  it.each([
    [['key', 'list', '--limit', '0'], 2, 'limit is not a number from 1 to 1000'],
    [['key', 'list', '--limit', '1001'], 2, 'limit is not a number from 1 to 1000'],
    [['key', 'list', '--state', 'vaild'], 2, 'there is no state "vaild"'],
    [['token', 'list', '--owner', 'nobody'], 3, 'there is no user nobody'],
    [['token', 'list', '--expiring-within', 'soon'], 2, '"soon" is not a duration'],
    [['session', 'list', '--after', ''], 2, 'after is not an id'],
  ])('refuses %j', async (args, exitCode, message) => {
    const { keywright } = await workshop();
    expect(await keywright(args)).toMatchObject({
      exitCode,
      stdout: '',
      stderr: expect.stringContaining(message),
    });
  });

  it('gives a terminal a page, in its width, and says how many there are; a pipe gets all', async () => {
    const shop = await fleet(120);
    const page = await shop.keywright(['key', 'list'], { terminal: { columns: 80 } });
    const lines = page.stdout.split('\n');
    expect([lines.length, Math.max(...lines.map((line) => line.length)) <= 80]).toEqual([104, true]);
    expect(page.stdout).toMatch(/│ sensor-001 │ .* │ valid +│ line 1 +│ ann +│/);
    expect(page.stderr).toContain('these are 100 of 120 clients; go on with --after sensor-099');
    const rest = await shop.keywright(['key', 'list', '--after', 'sensor-099'], { terminal: {} });
    expect([rest.stdout.split('\n').length, rest.stderr]).toEqual([24, '']);
    expect((await shop.keywright(['key', 'list'])).stdout.split('\n')).toHaveLength(124);
    const wide = await shop.keywright(['token', 'list', '--wide'], { terminal: { columns: 40 } });
    expect(wide.stdout).toContain('│ last used │');
    const narrow = await shop.keywright(['token', 'list'], { terminal: { columns: 40 } });
    expect(narrow.stdout).toMatch(/│ sensor-001:000001 │/);
    expect(narrow.stderr).toMatch(/not shown: .*scopes.*; --wide shows all columns/);
  });
});
