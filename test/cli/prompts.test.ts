import { describe, expect, it } from 'vitest';
import { addUser, PASSWORD, registerKey, workshop } from '../support/keywright.js';

const ENTER = '\r';
const DOWN = '\u001b[B';
const BACK = '\u007f';

describe('register token', () => {
  it('asks again for a wrong answer, with what was typed, and loses no other answer', async () => {
    const shop = await workshop();
    const run = await shop.keywright(['register', 'token'], {
      terminal: {
        answers: [
          ['Label:', `line 1${ENTER}`],
          ['Expires', `None${ENTER}`],
          ['"None" is not a time', `${BACK.repeat(4)}never${ENTER}`],
          ['Scopes:', ENTER],
        ],
      },
    });
    expect(run).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('kw_live_') });
    expect(JSON.parse((await shop.keywright(['token', 'list', '--json'])).stdout)).toMatchObject([
      { label: 'line 1', expiresAt: null, scopes: ['ingest'] },
    ]);
  });

  it('asks for no scopes that the chosen owner lacks', async () => {
    const shop = await workshop();
    await addUser(shop, 'bob', '--scope', 'metrics');
    const run = await shop.keywright(['register', 'token', '--label', 'x', '--expires', '1d'], {
      terminal: {
        answers: [
          ['Owner:', `${DOWN}${ENTER}`],
          ['Scopes:', ENTER],
          ['its owner bob holds', ` ${DOWN}${DOWN} ${ENTER}`],
        ],
      },
    });
    expect(run.exitCode).toBe(0);
    expect(JSON.parse((await shop.keywright(['token', 'list', '--json'])).stdout)).toMatchObject([
      { owner: 'bob', scopes: ['metrics'] },
    ]);
  });

  it.each([
    [['--client', 'nobody'], 'there is no client nobody'],
    [['--owner', 'nobody'], 'there is no user nobody'],
    [['--prefix', 'prov_'], 'prefix prov_ is not allowed'],
    [['--domain', 'a b'], 'is not the name of a group or domain'],
    [['--scope', 'nonsense'], 'there is no scope "nonsense"'],
    [['--expires', '2020-01-01'], 'the key would expire in the past'],
    [['--label', 'a\nb'], 'is not allowed'],
  ])('refuses %j before it asks anything', async (flags, message) => {
    const { keywright } = await workshop();
    const run = await keywright(['register', 'token', ...flags], { terminal: {} });
    expect(run.stderr).toContain(message);
    expect(run.stderr).not.toMatch(/Label:|Expires|Scopes:|Owner:/);
  });
});

describe('a new password', () => {
  it('is checked when it is typed, and asked for again if the second differs', async () => {
    const shop = await workshop();
    const run = await shop.keywright(['user', 'add', 'ann'], {
      terminal: {
        answers: [
          ['Password (12 characters or more):', `short${ENTER}`],
          ['a password has 12 to 512 characters', `${BACK.repeat(5)}${PASSWORD}${ENTER}`],
          ['The same again:', `another${ENTER}`],
          ['the two passwords differ', `${PASSWORD}${ENTER}`],
          ['The same again:', `${PASSWORD}${ENTER}`],
        ],
      },
    });
    expect(run).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('ann') });
    expect(run.stderr).not.toContain(PASSWORD);
  });

  it('is as long as its use demands', async () => {
    const shop = await workshop();
    await registerKey(shop);
    await shop.keywright(['key', 'gen', 'plug']);
    const run = await shop.keywright(['key', 'passwd', 'plug', '--alone'], {
      terminal: {
        answers: [
          ['Password (16 characters or more):', `only 14 letters${ENTER}`],
          ['at least 16 characters', `${BACK.repeat(15)}${PASSWORD}${ENTER}`],
          ['The same again:', `${PASSWORD}${ENTER}`],
        ],
      },
    });
    expect(run).toMatchObject({ exitCode: 0, stdout: 'Changed the MQTT password of plug' });
  });

  it('is not asked for if the user cannot be added', async () => {
    const shop = await workshop();
    await addUser(shop, 'ann', '--email', 'ann@example.com');
    for (const args of [
      ['ann'],
      ['bob', '--email', 'x'],
      ['bob', '--domain', 'a b'],
      ['bob', '--scope', 'nonsense'],
    ]) {
      const run = await shop.keywright(['user', 'add', ...args], { terminal: {} });
      expect([args, run.exitCode > 1]).toEqual([args, true]);
      expect(run.stderr).not.toContain('Password');
    }
  });
});

describe('a question for yes or no', () => {
  it.each([
    ['y', 0],
    ['YES', 0],
    ['n', 1],
    ['', 1],
  ])('takes %j', async (answer, exitCode) => {
    const shop = await workshop();
    await shop.keywright(['key', 'gen', 'a']);
    const run = await shop.keywright(['key', 'del', 'a'], {
      terminal: { answers: [['Delete a?', `${answer}${ENTER}`]] },
    });
    expect(run.exitCode).toBe(exitCode);
  });

  it('is asked again after any other answer', async () => {
    const shop = await workshop();
    await shop.keywright(['key', 'gen', 'a']);
    const run = await shop.keywright(['key', 'del', 'a'], {
      terminal: {
        answers: [
          ['Delete a?', `maybe${ENTER}`],
          ['answer y or n', `${BACK.repeat(5)}y${ENTER}`],
        ],
      },
    });
    expect(run).toMatchObject({ exitCode: 0, stdout: 'Deleted a' });
  });

  it('is not asked if a user who has clients cannot be deleted', async () => {
    const shop = await workshop();
    await addUser(shop, 'ann');
    await registerKey(shop, '--owner', 'ann');
    for (const flags of [[], ['--give-to', 'nobody']]) {
      const run = await shop.keywright(['user', 'del', 'ann', ...flags], { terminal: {} });
      expect(run.exitCode).toBeGreaterThan(1);
      expect(run.stderr).not.toContain('Delete user');
    }
  });
});
