import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { addUser, ask, PASSWORD, registerKey, serve, workshop } from '../support/keywright.js';

it('starts a server although every file was torn but those of clients, and is whole when they are mended', async () => {
  const shop = await workshop();
  await addUser(shop, 'ann');
  const { clientId, apiKey } = await registerKey(shop);
  await shop.keywright(['provision', 'key', 'create']);
  const login = { json: { username: 'ann', password: PASSWORD } };
  const first = await serve(shop);
  const { body, status } = await ask(`${first.http}/auth/login`, login);
  expect(status).toBe(200);
  await ask(`${first.http}/oauth/revoke`, { form: { token: String(body.tkn) }, bearer: apiKey });
  await first.stop();
  const store = join(shop.home, 'store');
  const kinds = (await readdir(store)).filter((kind) => !['clients', 'uses'].includes(kind));
  expect(kinds).toEqual(expect.arrayContaining(['users', 'sessions', 'signing-keys', 'provisioning-keys']));
  const files = (
    await Promise.all(
      kinds.map(async (kind) => (await readdir(join(store, kind))).map((name) => join(store, kind, name))),
    )
  )
    .flat()
    .filter((file) => file.endsWith('.json'));
  const good = await Promise.all(files.map((file) => readFile(file)));
  for (const file of files) await writeFile(file, '{"torn');

  const server = await serve(shop);
  expect((await ask(server.http, { bearer: apiKey })).status).toBe(200);
  expect((await ask(`${server.http}/auth/login`, login)).status).toBe(503);
  const grant = { grant_type: 'client_credentials', client_id: clientId, client_secret: apiKey };
  expect((await ask(`${server.http}/oauth/token`, { form: grant })).status).toBe(503);
  // Whoever asks learns nothing of the files, so the log has to name them.
  const failures = server.log().match(/an HTTP request could not be answered/g);
  expect(failures).toHaveLength(2);
  expect(files.filter((file) => !server.log().includes(file))).toEqual([]);
  await Promise.all(files.map((file, index) => writeFile(file, good[index] ?? '')));
  await expect.poll(async () => (await ask(`${server.http}/auth/login`, login)).status).toBe(200);
});
