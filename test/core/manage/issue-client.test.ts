import { join } from 'node:path';
import { expect, it } from 'vitest';
import { OPERATOR } from '../../../src/core/manage/actor.js';
import { issueClient } from '../../../src/core/manage/issue-client.js';
import { clientValidity } from '../../../src/core/manage/validity.js';
import { openHome } from '../../../src/home/open-home.js';
import { scratchDirectory } from '../../support/keywright.js';

it('lets one of two replacements at once win, and takes the other’s files back', async () => {
  const app = await openHome({
    directory: join(await scratchDirectory(), 'home'),
    notice: () => undefined,
    environment: {},
  });
  const authority = await app.authority();
  const validity = clientValidity({}, authority, app.clock.now());
  const request = { clientId: 'a', algorithm: 'ec-p256' as const, validity, replace: true };
  const services = { ...app, authority, actor: OPERATOR };
  const kept: string[] = [];
  let arrived = 0;
  let open: () => void = () => undefined;
  const bothArrived = new Promise<void>((resolve) => {
    open = resolve;
  });
  const replace = (name: string) =>
    issueClient(services, request, {
      deliver: async () => {
        arrived += 1;
        if (arrived === 2) open();
        await bothArrived;
        return {
          keep: async () => void kept.push(`${name} kept`),
          takeBack: async () => void kept.push(`${name} taken back`),
        };
      },
    });
  await issueClient(services, request, {
    deliver: async () => ({
      keep: async () => undefined,
      takeBack: async () => undefined,
    }),
  });

  const results = await Promise.allSettled([replace('one'), replace('other')]);
  const failed = results.filter((result) => result.status === 'rejected');
  expect(failed.map(({ reason }) => reason.code)).toEqual(['store-busy']);
  expect(kept.filter((entry) => entry.endsWith('kept'))).toHaveLength(1);
  expect(kept.filter((entry) => entry.endsWith('taken back'))).toHaveLength(1);
});
