import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { Workers } from '../../src/bulk/workers.js';
import { draftAuthority } from '../../src/ca/authority.js';
import { atEnd } from '../support/at-end.js';

const DYING = fileURLToPath(new URL('../support/dying-worker.cjs', import.meta.url));

it('what a thread died over is done again once, and what two died over is an error of its own', async () => {
  const now = Math.floor(Date.now() / 1000) * 1000;
  const authority = await draftAuthority({ algorithm: 'ec-p256', validFor: '1d' }, now);
  const workers = new Workers({ count: 2, authority, program: DYING });
  atEnd(() => workers.close());
  const make = (...ids: string[]) =>
    workers.make(
      ids.map((clientId) => ({ clientId, algorithm: 'ec-p256', notBefore: now, notAfter: now + 60_000 })),
    );
  const [made, others] = await Promise.all([make('a', 'dies', 'shy'), make('b', 'c')]);
  const shown = [...made, ...others].map((each) =>
    each instanceof Error ? 'error' : each.token.split(':')[0],
  );
  expect(shown).toEqual(['a', 'error', 'shy', 'b', 'c']);
});
