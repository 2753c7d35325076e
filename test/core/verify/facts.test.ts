import { expect, it } from 'vitest';
import { textHash } from '../../../src/core/model/signed-token.js';
import type { PasswordHasher } from '../../../src/core/ports/password-hasher.js';
import { Facts } from '../../../src/core/verify/facts.js';
import { JwtSealer } from '../../../src/jwt/sealer.js';
import { Argon2Hasher } from '../../../src/password/argon2.js';

const passwords = new Argon2Hasher();

function newFacts(hasher: PasswordHasher = passwords): Facts {
  const sealer = new JwtSealer({ now: () => Date.parse('2026-06-01T00:00:00Z') }, []);
  return new Facts({
    sealer,
    passwords: hasher,
    tokenIssuer: { issuer: '', audience: '' },
    hashSecret: textHash,
  });
}

it('looks as long into a password for a name that nobody has, each time that it is another', async () => {
  const facts = newFacts();
  for (const each of [
    { hash: await passwords.hash('mine'), name: 'sensor-7' },
    { hash: undefined, name: 'nobody' },
  ]) {
    for (const password of ['one', 'two']) {
      const presented = { ...each, password };
      expect(facts.passwordHolds(presented)).toBeUndefined();
      await facts.checkPassword(presented);
      expect(facts.passwordHolds(presented)).toBe(false);
    }
  }
});

it('has the hasher check something else where there is no password', async () => {
  const asked: (string | undefined)[] = [];
  const counting: PasswordHasher = {
    hash: (password) => passwords.hash(password),
    verify: (password, hash) => {
      asked.push(hash);
      return passwords.verify(password, hash);
    },
  };
  await newFacts(counting).checkPassword({ hash: undefined, name: 'nobody', password: 'nobody' });
  expect(asked).toEqual([undefined]);
});
