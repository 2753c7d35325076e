import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FileAuditLog } from '../../../src/audit/file-log.js';
import { ClientLicence } from '../../../src/core/manage/licence.js';
import type { Client } from '../../../src/core/model/client.js';
import { licenceWatch } from '../../../src/server/licence-watch.js';
import { LogObserver } from '../../../src/server/observe.js';
import { FileStore } from '../../../src/store/file/file-store.js';
import { FileUnitOfWork } from '../../../src/store/file/unit-of-work.js';
import { client } from '../../store/contract.js';
import { scratchDirectory } from '../../support/keywright.js';

async function fixture() {
  let now = 0;
  const keyStore = new FileStore({ home: join(await scratchDirectory(), 'home') });
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
  const home = join(await scratchDirectory(), 'home');
  const audit = new FileAuditLog({ home, clock: { now: () => 0 }, actor: { who: 'me', from: 'local' } });
  const changes = new FileUnitOfWork({ store: keyStore, audit, licence });
  return { changes, licence, pass };
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
  await licence.takeSeats(1, async () => undefined);
  pass(3_600_000);
  await expect(licence.takeSeats(1, async () => undefined)).rejects.toMatchObject({
    code: 'refused',
    reason: 'licence',
  });
  await look();
  await look();
  expect(said).toEqual([
    'info the licence is for 2 clients until 1970-01-01T01:00:00Z; 0 registered',
    'warn restricted: no new client is registered: the licence expired at 1970-01-01T01:00:00Z',
  ]);
});

it('counts what there is where the limit is near, whatever was seen; deleted clients do not count', async () => {
  const { changes, licence } = await fixture();
  licence.countBy(() => 0);
  const put = (record: Client) => changes.change(null, (records) => records.put('client', record));
  await put(client('a'));
  await put(client('b', { deletedAt: 1 }));
  await put(client('c'));
  // The change of a client that there is takes no seat.
  await put(client('a', { label: 'other' }));
  await expect(put(client('d'))).rejects.toMatchObject({ code: 'refused' });
  await expect(licence.requireSeat()).rejects.toMatchObject({ code: 'refused', reason: 'licence' });
  await expect(licence.takeSeats(1, async () => undefined)).rejects.toMatchObject({ code: 'refused' });
});
