import { expect, it } from 'vitest';
import { addUser, registerKey, workshop } from '../support/keywright.js';

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;

it('names a beginning notBefore and an end expiresAt in every output, in RFC 3339, and null where there is none', async () => {
  const shop = await workshop();
  await addUser(shop, 'ann', '--role', 'admin');
  const { id, apiKey } = await registerKey(shop, '--owner', 'ann', '--expires', 'never');
  const { keywright, directory } = shop;
  const commands = [
    ['ca', 'init'],
    ['ca', 'show'],
    ['key', 'gen', 'myapp01', '--mqtt-password', 'alone'],
    ['key', 'list'],
    ['key', 'show', 'myapp01'],
    ['token', 'list'],
    ['token', 'show', id],
    ['user', 'list'],
    ['user', 'show', 'ann'],
    ['provision', 'key', 'create', '--expires', 'never'],
    ['provision', 'key', 'list'],
    ['session', 'list'],
    ['jwt', 'rotate'],
    ['license', 'show'],
    ['audit', 'list'],
  ];
  const printed = new Map<string, unknown>();
  for (const args of commands) {
    const run = await keywright([...args, '--json'], { cwd: directory });
    expect(run).toMatchObject({ exitCode: 0 });
    printed.set(args.join(' '), JSON.parse(run.stdout));
  }
  const verdict = await keywright(['verify', '-', '--json'], { input: apiKey });
  printed.set('verify', JSON.parse(verdict.stdout));
  const named = [...printed].flatMap(([command, value]) =>
    membersOf(value).map(([name, member]) => ({ command, name, member })),
  );
  const odd = named.filter(({ name, member }) => {
    if (/^(notAfter|expires|ends|endsAt|setAt|since)$/.test(name) || member === 'never') return true;
    const isTime = /^(at|notBefore|[a-z]+At)$/i.test(name);
    return isTime && member !== null && (!TIME.test(`${member}`) || `${member}` > '9999');
  });
  expect(odd).toEqual([]);
  expect(printed.get('verify')).toMatchObject({ principal: { expiresAt: null } });
  expect(printed.get('provision key create --expires never')).toMatchObject({ expiresAt: null });
});

/** Lists the members of all objects in a value. */
function membersOf(value: unknown): [string, unknown][] {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.values(value).flatMap(membersOf);
  return Array.isArray(value) ? inner : [...Object.entries(value), ...inner];
}
