import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openHome } from '../../../src/home/open-home.js';
import { scratchDirectory } from '../../support/keywright.js';

it('keeps a record of each server certificate, and when the next took its place', async () => {
  const directory = join(await scratchDirectory(), 'home');
  const home = await openHome({ directory, notice: () => undefined, environment: {} });
  const serialOf = async (name: string) => {
    const { certificate } = await home.serverLeaf([{ kind: 'dns', value: name }]);
    return new X509Certificate(certificate).serialNumber.toLowerCase();
  };
  const first = await serialOf('one.example');
  expect(await serialOf('one.example')).toBe(first);
  const second = await serialOf('two.example');
  const { fingerprint: issuer } = await home.authority();
  const holder = { kind: 'server', id: 'server' };
  const [replaced, current] = [
    await home.keyStore.certificates.get(first),
    await home.keyStore.certificates.get(second),
  ];
  expect(replaced).toMatchObject({
    holder,
    issuer,
    withdrawn: { reason: 'replaced', at: expect.any(Number) },
  });
  expect(current).toMatchObject({ holder, issuer, withdrawn: null, key: { algorithm: 'ec-p256' } });
  expect(await home.keyStore.certificates.page()).toHaveLength(2);
});
