import { X509Certificate } from 'node:crypto';
import { connectAsync } from 'mqtt';
import { describe, expect, it } from 'vitest';
import { sharedByTests } from '../../support/at-end.js';
import { barriers, downloaded, shifts, sideways, startBrowser, visit, whole } from '../../support/browser.js';
import { addUser, registerKey, serve, workshop } from '../../support/keywright.js';

async function fixture() {
  const shop = await workshop();
  await addUser(shop, 'root', '--role', 'admin');
  await addUser(shop, 'ann', '--email', 'ann@example.com');
  const key = await registerKey(shop, '--owner', 'ann');
  const server = await serve(shop, [
    '--mqtt',
    'mqtts://127.0.0.1:0',
    '--mqtt-client-certificate',
    'optional',
  ]);
  const browser = await startBrowser();
  return { shop, server, browser, key };
}

describe('the page of the server', () => {
  const shared = sharedByTests(fixture);

  it('hands out the certificate of the CA, with the fingerprint that openssl shows', async () => {
    const { shop, server, browser } = shared();
    const { page, open } = await visit(browser, server);
    await open('/server');
    const { name, bytes } = await downloaded(page.getByRole('button', { name: 'Download server_cert.pem' }));
    expect(name).toBe('server_cert.pem');
    expect(bytes.toString()).toBe(`${(await shop.keywright(['server-cert'])).stdout}\n`);
    await page
      .locator('main')
      .getByText(new X509Certificate(bytes).fingerprint256, { exact: true })
      .waitFor();
  });

  it('says where it listens, since when, what is set, and what the licence allows', async () => {
    const { server, browser } = shared();
    const { page, open } = await visit(browser, server);
    await open('/server');
    await page
      .locator('main')
      .getByText(`tcp://${new URL(server.http).host}`, { exact: true })
      .first()
      .waitFor();
    await page.locator('main').getByText(`mqtts://127.0.0.1:${server.mqttPort}`, { exact: true }).waitFor();
    await page.locator('main').getByText('None is needed: there is no limit.').waitFor();
    const row = page.getByRole('table', { name: 'Settings that are set' }).getByRole('row');
    expect(await row.filter({ hasText: 'mqtts://127.0.0.1:0' }).innerText()).toMatch(/--mqtt/);
    await page
      .locator('main')
      .getByText(/that are as they come$/)
      .click();
    await page.getByRole('cell', { name: 'console-idle' }).waitFor();
  });

  it('shows who is connected, as they come and go', async () => {
    const { server, browser, key } = shared();
    const { page, open } = await visit(browser, server);
    await open('/server');
    const device = await connectAsync(`mqtts://127.0.0.1:${server.mqttPort}`, {
      ...{ password: key.apiKey, username: 'device', reconnectPeriod: 0, rejectUnauthorized: false },
    });
    await page.getByRole('link', { name: key.clientId }).waitFor();
    await device.endAsync();
    await page.locator('main').getByText('None at this server now.').waitFor();
  });

  it('shows members neither settings nor licence', async () => {
    const { server, browser } = shared();
    const { page, open } = await visit(browser, server, { user: 'ann' });
    await open('/server');
    await page.getByRole('heading', { name: 'The CA' }).waitFor();
    for (const name of ['Settings', 'Licence'])
      expect(await page.getByRole('heading', { name }).count()).toBe(0);
  });

  it('and that of a client with every kind of credential can be used by everybody, on a phone too', async () => {
    const { shop, server, browser } = shared();
    const label = `<b>x</b> שלום 🔑 ${'w'.repeat(150)}`;
    const made = ['key', 'gen', 'a'.repeat(60), '--mqtt-password', 'alone', '--label', label, '--zip'];
    const { exitCode, stderr } = await shop.keywright([...made, '--output', shop.directory]);
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining('is valid until')]);
    await registerKey(shop, '--client', 'a'.repeat(60));
    const { page, open } = await visit(browser, server);
    await open(`/keys/${'a'.repeat(60)}`);
    await page.getByText(label, { exact: true }).first().waitFor();
    expect(await barriers(page)).toEqual([]);
    expect(await shifts(page)).toBe(0);
    await page.setViewportSize({ width: 360, height: 800 });
    await whole(page);
    expect(await sideways(page)).toBe(0);
    await open('/keys');
    expect(await sideways(page)).toBe(0);
  });

  it('says that it is away, keeps what it shows, and goes on', async () => {
    const { server, browser } = shared();
    const { page, open } = await visit(browser, server);
    await open('/users');
    await page.route('**/api/v1/users?*', (route) => route.abort());
    await page.getByLabel('State').selectOption('disabled');
    await page.getByRole('alert').getByText('The server does not answer.').waitFor();
    await page.unroute('**/api/v1/users?*');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.locator('main').getByText('Nothing matches.').waitFor();
  });
});
