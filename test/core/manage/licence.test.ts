import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ClientLicence } from '../../../src/core/manage/licence.js';
import { licenceWatch } from '../../../src/server/licence-watch.js';
import { LogObserver } from '../../../src/server/observe.js';
import { openFileStore } from '../../../src/store/file/file-store.js';
import { client } from '../../store/contract.js';
import { scratchDirectory } from '../../support/keywright.js';

async function fixture() {
  let now = 0;
  const keyStore = openFileStore(join(await scratchDirectory(), 'home'));
  const terms = { deviceLimit: 2, features: [], notBefore: 0, expiresAt: 3_600_000 };
  const licence = new ClientLicence({
    keyStore,
    clock: { now: () => now },
    read: async () => ({ kind: 'verified', terms }),
    exclusively: (work) => work(),
  });
  const pass = (to: number) => {
    now = to;
  };
  return { keyStore, licence, pass };
}

it('ends in a running server, which says so once', async () => {
  const { licence, pass } = await fixture();
  const said: string[] = [];
  const log =
    (level: string) =>
    (...parts: unknown[]) =>
      said.push(`${level} ${parts.at(-1)}`);
  const observer = new LogObserver({ info: log('info'), warn: log('warn'), error: log('error') });
  const look = licenceWatch(licence, observer);
  await look();
  await look();
  await licence.takeSeat(async () => undefined);
  pass(3_600_000);
  await expect(licence.takeSeat(async () => undefined)).rejects.toMatchObject({
    code: 'refused',
    reason: 'licence',
  });
  await look();
  await look();
  expect(said).toEqual([
    'info the licence is for 2 client(s) until 1970-01-01T01:00:00Z; 0 registered',
    'warn restricted: no new client is registered: the licence expired at 1970-01-01T01:00:00Z',
  ]);
});

it('counts what there is where the limit is near, whatever was seen; deleted clients do not count', async () => {
  const { keyStore, licence } = await fixture();
  licence.countBy(() => 0);
  await keyStore.clients.update('a', () => client('a'));
  await keyStore.clients.update('b', () => client('b', { deletedAt: 1 }));
  await licence.takeSeat(() => keyStore.clients.update('c', () => client('c')));
  await expect(licence.takeSeat(async () => undefined)).rejects.toMatchObject({ code: 'refused' });
});
