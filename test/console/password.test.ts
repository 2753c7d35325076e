import { expect, it } from 'vitest';
import { generatePassword } from '../../console/src/kit/password.js';
import { checkPassword } from '../../src/core/manage/users.js';

it('a password that the console makes is one that the server takes, and another one each time', () => {
  const made = Array.from({ length: 200 }, generatePassword);
  expect(new Set(made).size).toBe(made.length);
  for (const each of made) {
    expect(each).toMatch(/^([a-zA-Z2-9]{5}-){3}[a-zA-Z2-9]{5}$/);
    expect(checkPassword(each)).toBe(each);
    // What looks like something else is not in it.
    expect(each).not.toMatch(/[ilo01IO]/);
  }
});
