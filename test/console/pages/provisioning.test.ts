import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { sharedByTests } from '../../support/at-end.js';
import {
  barriers,
  choose,
  shifts,
  sideways,
  signIn,
  startBrowser,
  visit,
  whole,
} from '../../support/browser.js';
import { addUser, ask, PROGRAM, serve, workshop } from '../../support/keywright.js';

async function fixture() {
  const shop = await workshop();
  await addUser(shop, 'root', '--role', 'admin');
  const [server, browser] = [await serve(shop), await startBrowser()];
  return { shop, server, browser };
}

describe('the page of provisioning keys', () => {
  const shared = sharedByTests(fixture);

  it('makes a key that a device redeems by the line shown, and says so at once', async () => {
    const { shop, server, browser } = shared();
    const { page, open } = await visit(browser, server);
    await open('/provisioning');
    expect(await barriers(page)).toEqual([]);
    expect(await shifts(page)).toBe(0);
    await page.getByRole('button', { name: 'Create a provisioning key' }).click();
    await page.getByRole('textbox', { name: 'Label' }).fill('gateways');
    await page.getByRole('spinbutton', { name: 'Devices' }).fill('2');
    expect(await barriers(page)).toEqual([]);
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await page.getByRole('img', { name: 'The provisioning key as a QR code' }).waitFor();
    await page.getByText('Waiting for the device…').waitFor();
    expect(await barriers(page)).toEqual([]);
    const command = await page.locator('.secret pre').innerText();
    const line = command.replace('keywright', `'${process.execPath}' '${PROGRAM}'`);
    expect(await execa('bash', ['-c', line], { cwd: shop.directory, reject: false })).toMatchObject({
      exitCode: 0,
    });
    await page.getByText('from 127.0.0.1').waitFor();
    await page.getByRole('textbox', { name: 'Provisioning key' }).focus();
    await page.keyboard.press('Control+c');
    await page.getByRole('button', { name: 'I have saved it' }).click();
    await page.getByRole('cell', { name: /^prov_.* gateways/ }).waitFor();
    await page.getByRole('cell', { name: '1', exact: true }).waitFor();

    await choose(page, 'Actions for gateways', 'Delete…');
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByText('no device can register with it any more.').first().waitFor();
    const key = /'(prov_[^']+)'/.exec(command)?.[1];
    const again = await ask(`${server.http}/api/v1/provision/agent`, { json: { key, agentName: 'late' } });
    expect(again.status).toBe(401);
    await page.setViewportSize({ width: 360, height: 800 });
    await whole(page);
    expect(await sideways(page)).toBe(0);
  });

  it('lets two tabs know of each other: one signs out, the other asks who is there', async () => {
    const { server, browser } = shared();
    const { page, open, tab } = await visit(browser, server);
    await open('/keys');
    const other = await tab('/keys');
    await choose(other, 'Signed in as root', 'Sign out');
    await other.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.getByRole('heading', { name: 'Sign in again' }).waitFor();
    await signIn(other, 'root');
    await page.getByRole('heading', { name: 'Sign in again' }).waitFor({ state: 'detached' });
  });

  it('says that the server is away, and goes on when it is back', async () => {
    const { shop, browser } = shared();
    const first = await serve(shop);
    const { page, open } = await visit(browser, first);
    await open('/keys');
    await page.getByText('Live', { exact: true }).waitFor();
    await first.stop();
    await page.getByText('Server away').waitFor();
    await serve(shop, ['--http', first.http.replace('http:', 'tcp:')]);
    await page.getByText('Live', { exact: true }).waitFor();
  });
});
