import { expect, it } from 'vitest';
import { serve, workshop } from '../support/keywright.js';

it('a server whose rules demand a scope that nobody can be given warns of it', async () => {
  const shop = await workshop();
  const rules = 'GET /a/** pipes:read,GET /b/** nosuch:scope,GET /c/** admin';
  const { log } = await serve(shop, [], { KEYWRIGHT_RULES: rules, KEYWRIGHT_SCOPES: 'pipes:read' });
  const warned = log()
    .split('\n')
    .filter((line) => line.includes('rules demand'));
  expect(warned).toHaveLength(1);
  expect(warned[0]).toContain('nosuch:scope');
});
