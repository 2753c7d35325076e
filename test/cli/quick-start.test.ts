import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Config } from '@oclif/core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { plainLine } from '../../src/cli/quick-start.js';
import { COMMANDS } from '../../src/commands/index.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const require = createRequire(import.meta.url);
const oclif = (path: string) => require(`${root}/node_modules/@oclif/core/lib/${path}.js`);
const { helpAddition, versionAddition } = oclif('main');
const { normalizeArgv } = oclif('help/util');

const ids = Object.entries(COMMANDS).flatMap(([id, { aliases, hiddenAliases }]) => [
  id,
  ...aliases,
  ...hiddenAliases,
]);
const word = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...new Set(ids.flatMap((id) => id.split(':')))) },
  { weight: 1, arbitrary: fc.constantFrom(...ids) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      'app',
      'a=b',
      '',
      '-',
      '--',
      '--json',
      '--home=x',
      '-h',
      '--help',
      '-v',
      '--version',
      'x:y',
      '--state',
    ),
  },
);
const line = fc.oneof(
  fc.array(word, { maxLength: 6 }),
  fc
    .tuple(fc.constantFrom(...ids), fc.array(word, { maxLength: 4 }))
    .map(([id, rest]) => [...id.split(':'), ...rest]),
);

it('starts the command that oclif would start, with the same arguments, and leaves it help, the version and all other words', async () => {
  const config = await Config.load({ root });
  fc.assert(
    fc.property(line, (argv) => {
      const plain = plainLine(argv, COMMANDS);
      if (plain === undefined) return;
      expect([helpAddition(argv, config), versionAddition(argv, config)]).toEqual([false, false]);
      expect([plain.command.id, ...plain.argv]).toEqual(normalizeArgv(config, [...argv]));
      expect(config.findCommand(plain.command.id)?.id).toBe(plain.command.id);
    }),
    { numRuns: 3_000 },
  );
  for (const id of Object.keys(COMMANDS)) {
    const plain = plainLine([...id.split(':'), '--json'], COMMANDS);
    expect([plain?.command.id, plain?.argv]).toEqual([id, ['--json']]);
  }
});

it('passes over nothing that oclif has been told of', async () => {
  const config = await Config.load({ root });
  expect([...config.plugins.keys()]).toEqual(['keywright']);
  expect(config.getPluginsList()[0]?.hooks).toEqual({});
  expect(config.pjson.oclif).not.toHaveProperty('theme');
  for (const command of config.commands)
    expect(command).not.toMatchObject({ state: expect.anything(), deprecateAliases: true });
});
