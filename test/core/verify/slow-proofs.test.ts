import { expect, it } from 'vitest';
import type { PasswordCredential } from '../../../src/core/model/client.js';
import { textHash } from '../../../src/core/model/signed-token.js';
import type { PasswordHasher } from '../../../src/core/ports/password-hasher.js';
import { SlowProofs } from '../../../src/core/verify/slow-proofs.js';
import { JwtSealer } from '../../../src/jwt/sealer.js';
import { Argon2Hasher } from '../../../src/password/argon2.js';

const passwords = new Argon2Hasher();

function slowProofs(hasher: PasswordHasher = passwords): SlowProofs {
  const sealer = new JwtSealer({ now: () => Date.parse('2026-06-01T00:00:00Z') }, []);
  return new SlowProofs({
    sealer,
    passwords: hasher,
    tokenIssuer: { issuer: '', audience: '' },
    hashSecret: textHash,
  });
}

const credentialOf = async (password: string): Promise<PasswordCredential> => ({
  kind: 'password',
  // Ids have six digits: of many clients, some have the same.
  id: 'c0ffee',
  hash: await passwords.hash(password),
  alone: false,
  createdAt: 0,
});

it('never takes one client’s password for another’s whose credential has the same id', async () => {
  const slow = slowProofs();
  const [mine, other] = [await credentialOf('mine'), await credentialOf('another')];
  await slow.checkPassword({ credential: mine, password: 'mine', name: 'a' });
  expect(slow.passwordHolds({ credential: mine, password: 'mine', name: 'a' })).toBe(true);
  expect(slow.passwordHolds({ credential: other, password: 'mine', name: 'a' })).toBe(false);
  await slow.checkPassword({ credential: other, password: 'mine', name: 'a' });
  expect(slow.passwordHolds({ credential: other, password: 'mine', name: 'a' })).toBe(false);
});

it('looks as long into a password for a name that nobody has, each time that it is another', async () => {
  const slow = slowProofs();
  const known = { credential: await credentialOf('mine'), name: 'sensor-7' };
  for (const each of [known, { credential: undefined, name: 'nobody' }]) {
    for (const password of ['one', 'two']) {
      const presented = { ...each, password };
      const looking = slow.checkPassword(presented);
      expect(looking).toBeInstanceOf(Promise);
      await looking;
      expect(slow.passwordHolds(presented)).toBe(false);
      expect(slow.checkPassword(presented)).toBeUndefined();
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
  await slowProofs(counting).checkPassword({ credential: undefined, name: 'nobody', password: 'nobody' });
  expect(asked).toEqual([undefined]);
});
