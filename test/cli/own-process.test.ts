import { readdir } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { PASSWORD, type Workshop, workshop } from '../support/keywright.js';

// Every kind of outcome of every kind of command; one line builds on the other.
const LINES: readonly (readonly [readonly string[], string?])[] = [
  [['key', 'list']],
  [['ca', 'show']],
  [['key', 'gen', 'app', '--not-after', '2031-01-01']],
  [['key', 'gen', 'app']],
  [['key', 'gen', 'a/b', '--json']],
  [['key', 'gen', 'zipped', '--zip', '--json']],
  [['key', 'list']],
  [['key', 'show', 'app', '--json']],
  [['verify', '--token-file', 'app_token']],
  [['verify', '-'], 'app:b:00'],
  [['user', 'add', 'ann', '--password-stdin'], PASSWORD],
  [['user', 'add', 'bob']],
  [['user', 'list']],
  [['register', 'token', '--owner', 'ann']],
  [['token', 'list']],
  [['token', 'show', 'nobody']],
  [['provision', 'key', 'create', '--json']],
  [['session', 'list']],
  [['audit', 'list']],
  [['jwt', 'rotate']],
  [['server-cert', '--output', 'ca.pem']],
  [['license', 'show']],
  [['serve', '--log-level', 'verbose']],
  [['integrate', 'nginx', '--url', 'http://127.0.0.1:1', '--json']],
  [['key', 'del', 'app']],
  [['audit', 'verify']],
  [['kye', 'gen']],
  [['help', 'key', 'gen']],
  [['--version']],
];

it('a command has the same exit code and output in a process of its own as in the tests’ process', async () => {
  const [here, apart] = [await workshop(), await workshop()];
  const codes = new Set<number>();
  for (const [args, input] of LINES) {
    const options = input === undefined ? {} : { input };
    const run = await here.keywright(args, options);
    const same = await apart.program(args, options);
    expect([args, comparable(same, apart)]).toEqual([args, comparable(run, here)]);
    codes.add(run.exitCode);
  }
  expect([...codes].sort()).toEqual([0, 2, 3, 4, 5]);
  const files = ({ directory }: Workshop) => readdir(directory);
  expect(await files(apart)).toEqual(await files(here));
});

/** Without what differs from run to run: times, ids, secrets, and the directory. */
function comparable(run: object, { directory }: Workshop) {
  return JSON.parse(
    JSON.stringify(run)
      .replaceAll(directory, 'DIRECTORY')
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
      .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}(:[0-9a-f]{6})?/g, 'ID')
      .replaceAll(/\b(kw_|kw-key:|prov_)[\w=+/…]+/g, 'SECRET')
      .replaceAll(/[\w-]{16}(?= ES256)/g, 'KEY')
      .replaceAll(/[0-9a-fA-F:]{12,}/g, 'HEX'),
  );
}
