import { describe, expect, it } from 'vitest';
import manifest from '../../oclif.manifest.json' with { type: 'json' };
import { described, shellLines, wrapped } from '../../src/cli/help-text.js';
import { makeApiKey } from '../../src/core/model/api-key.js';
import { workshop } from '../support/keywright.js';

const API_KEY = makeApiKey('kw_live_');

describe('a help text', () => {
  it('has one paragraph for lines that follow one another, and keeps blank lines and what is indented', () => {
    const text = 'one two\nthree four\n\nfive\n  nginx  is asked\n         before\n  caddy\nsix';
    expect(wrapped(text, 12)).toBe(
      'one two\nthree four\n\nfive\n  nginx  is\n  asked\n         before\n  caddy\nsix',
    );
    expect(wrapped('  caddy  asks about each request', 21)).toBe(
      '  caddy  asks about\n         each request',
    );
  });

  it('never breaks a word', () => {
    expect(wrapped('of ec-p256|rsa-3072|rsa-4096 kind', 10)).toBe('of\nec-p256|rsa-3072|rsa-4096\nkind');
  });

  it('has descriptions beside short names and below long ones', () => {
    expect(described([['-a', 'one two three']], 14)).toBe('-a  one two\n    three');
    expect(described([['--a-long-name', 'one two']], 14)).toBe('--a-long-name\n    one two');
  });

  it('breaks command lines as a shell reads them', () => {
    expect(shellLines('$ x --a 1 --label "line 7" --bb 2', 22)).toBe(
      '$ x --a 1 \\\n    --label "line 7" \\\n    --bb 2',
    );
  });
});

/** What a line could be broken at: not between a flag and its value, and not before the backslash at its end. */
function wordsOf(line: string): number {
  const text = line.replace(/"[^"]*"/g, 'quoted').replace(/ \\$/, '');
  return text
    .replace(/(--?[\w-]+|\$) (?=\S)/g, '')
    .trim()
    .split(/\s+/).length;
}

describe.each([40, 80, 120])('at %i columns', (columns) => {
  const commands = Object.values(manifest.commands);

  it('every help fits, but for words that are longer, and says its summary once', async () => {
    const { keywright } = await workshop();
    for (const { id, summary = '' } of commands) {
      const { exitCode, stdout } = await keywright([...id.split(':'), '--help'], { terminal: { columns } });
      expect([id, exitCode]).toEqual([id, 0]);
      // A line with one word, its indent and what stands before it can be too long.
      const tooLong = stdout.split('\n').filter((line) => line.length > columns && wordsOf(line) > 1);
      expect([id, tooLong]).toEqual([id, []]);
      const words = stdout.replace(/\s+/g, ' ');
      expect([id, words.split(summary).length - 1]).toEqual([id, 1]);
      expect([id, stdout.includes('\u2019')]).toEqual([id, false]);
    }
  });
});

it('a topic says how its things are made, and has each command under one name', async () => {
  const { keywright } = await workshop();
  for (const [topic, command] of [
    ['token', 'keywright register token'],
    ['key', 'keywright key gen'],
    ['provision', 'keywright provision key create'],
    ['provision key', 'keywright provision key create'],
    ['user', 'keywright user add'],
    ['ca', 'keywright ca init'],
    ['jwt', 'keywright jwt rotate'],
    ['session', 'POST /auth/login'],
    ['license', 'LICENSE_KEY'],
  ] as const) {
    const { stdout } = await keywright([...topic.split(' '), '--help']);
    expect(stdout.replace(/\s+/g, ' ')).toContain(command);
  }
  const { stdout } = await keywright(['token']);
  expect(stdout).toContain('token list');
  expect(stdout).not.toMatch(/token (ls|rm|add|create|revoke) /);
});

describe('a wrong command line', () => {
  it.each([
    ['key gen', 'key gen needs CLIENT-ID: who the credentials are for; becomes lower-case', 'key gen'],
    ['key gen a b', '"b" is one argument too many', 'key gen'],
    ['key list --nope', 'there is no flag --nope', 'key list'],
    ['key list --nope --neither', 'there are no flags --nope, --neither', 'key list'],
    ['key list -z', 'there is no flag -z', 'key list'],
    ['user add a --role x', '--role takes admin or member, not "x"', 'user add'],
    ['user add a --role', '--role needs admin or member', 'user add'],
    ['key gen a --mqtt-password hunter2', '--mqtt-password takes alone', 'key gen'],
    ['key gen a --overlap 1h', '--overlap needs --force', 'key gen'],
    [
      'key gen a --valid-for 1d --not-after 2030-01-01',
      '--not-after and --valid-for exclude each other',
      'key gen',
    ],
    ['key list --limit a', '--limit takes a whole number, not "a"', 'key list'],
    ['key list --limit', '--limit needs a value', 'key list'],
    ['key list --limit 1 --limit 2', '--limit may be given once only', 'key list'],
    [
      'provision agent --name x',
      '--key-file is needed; --output is needed; --url is needed',
      'provision agent',
    ],
    ['nothing --help', 'there is no command "nothing"', ''],
    ['key list extra', 'key list takes no argument', 'key list'],
    ['key rm', 'key del needs CLIENT-ID: the client', 'key del'],
    ['key ls --yes', 'there is no flag --yes', 'key list'],
    ['audit list --limit 3', 'there is no flag --limit', 'audit list'],
  ])("%s is answered in keywright's words", async (line, message, command) => {
    const { keywright } = await workshop();
    expect(await keywright(line.split(' '))).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `keywright: ${message}\n  see: keywright ${command}${command && ' '}--help`,
    });
  });

  it.each([
    'user add bob --password=hunter2hunter2',
    'user add bob --password=hunter2hunter2 --pw=hunter2hunter2,hunter2hunter2',
    'user add bob hunter2hunter2',
    'user passwd ann hunter2hunter2 hunter2hunter2',
    'key passwd sensor-7 hunter2hunter2',
    `verify ${API_KEY}`,
    `register token ${API_KEY}`,
    `regster token ${API_KEY}`,
    `key gen a ${API_KEY}`,
    `key gen a sensor-7:b:${'0a'.repeat(64)}`,
    `key list --limit ${API_KEY}`,
    `user add bob --role ${API_KEY}`,
  ])('%s is answered without the secret', async (line) => {
    const { keywright } = await workshop();
    for (const json of [[], ['--json']]) {
      const { exitCode, stdout, stderr } = await keywright([...line.split(' '), ...json]);
      expect([exitCode, stdout]).toEqual([2, '']);
      expect(stderr).not.toMatch(/hunter2|kw_live_|0a0a/);
      expect(stderr).not.toBe('');
    }
  });
});
