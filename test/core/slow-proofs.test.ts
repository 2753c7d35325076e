import { expect, it } from 'vitest';
import type { PasswordCredential } from '../../src/core/client.js';
import { textHash } from '../../src/core/signed-token.js';
import { SlowProofs } from '../../src/core/slow-proofs.js';
import { JwtSealer } from '../../src/jwt/sealer.js';
import { Argon2Hasher } from '../../src/password/argon2.js';

const passwords = new Argon2Hasher();

function slowProofs(): SlowProofs {
  const sealer = new JwtSealer({ now: () => Date.parse('2026-06-01T00:00:00Z') }, []);
  return new SlowProofs({ sealer, passwords, rules: { issuer: '', audience: '' }, hashSecret: textHash });
}

const credentialOf = async (password: string): Promise<PasswordCredential> => ({
  kind: 'password',
  // Ids have six digits: of many clients, some have the same.
  id: 'c0ffee',
  hash: await passwords.hash(password),
  createdAt: 0,
});

it('never takes one client’s password for another’s whose credential has the same id', async () => {
  const slow = slowProofs();
  const [mine, other] = [await credentialOf('mine'), await credentialOf('another')];
  await slow.checkPassword(mine, 'mine');
  expect(slow.passwordHolds(mine, 'mine')).toBe(true);
  expect(slow.passwordHolds(other, 'mine')).toBe(false);
  await slow.checkPassword(other, 'mine');
  expect(slow.passwordHolds(other, 'mine')).toBe(false);
});
