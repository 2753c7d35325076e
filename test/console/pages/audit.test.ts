import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sharedByTests } from '../../support/at-end.js';
import { startBrowser, visit } from '../../support/browser.js';
import { addUser, registerKey, serve, workshop } from '../../support/keywright.js';

async function fixture() {
  const shop = await workshop();
  await addUser(shop, 'root', '--role', 'admin');
  await addUser(shop, 'ann');
  const key = await registerKey(shop, '--owner', 'ann', '--label', '<b>line</b>');
  await shop.keywright(['token', 'edit', key.id, '--label', 'line 7']);
  const [server, browser] = [await serve(shop), await startBrowser()];
  return { shop, server, browser, key };
}

describe('the page of the audit log', () => {
  const shared = sharedByTests(fixture);

  it('is filtered by what, by whom and when, and says so in its address', async () => {
    const { server, browser, key } = shared();
    const { page, open } = await visit(browser, server);
    await open('/audit');
    const actions = () => page.locator('td[data-label=Action]').allTextContents();
    expect(await actions()).toContain('user.add');
    await page.getByLabel('Action').selectOption('token');
    await page.locator('main').getByText('2 in all').waitFor();
    expect(await actions()).toEqual(['token.edit', 'token.register']);
    await page.getByLabel('Done to').fill('nobody');
    await page.locator('main').getByText('Nothing matches.').waitFor();
    await page.getByLabel('Done to').fill(key.clientId);
    await page.locator('main').getByText('2 in all').waitFor();
    await page.getByLabel('Time').selectOption('24h');
    await page.getByLabel('Time').selectOption('days');
    await page.getByLabel('Until').fill('2020-01-31');
    await page.locator('main').getByText('Nothing matches.').waitFor();
    // The end of that day where the reader is.
    expect(new URL(page.url()).searchParams.get('until')).toBe('2020-01-31T22:59:59Z');
    await page.reload();
    expect(await page.getByLabel('Until').inputValue()).toBe('2020-01-31');
    await page.locator('main').getByText('The same on the command line').click();
    await page
      .locator('main')
      .getByText(`keywright audit list --target ${key.clientId} --action token --since`)
      .waitFor();
    await page.getByRole('button', { name: 'Clear the filters' }).click();
    await page.getByRole('cell', { name: 'user.add' }).first().waitFor();
    await page.getByLabel('Done by').fill('nobody');
    await page.locator('main').getByText('Nothing matches.').waitFor();
  });

  it('leads to what is older and back', async () => {
    const { server, browser } = shared();
    const { page, open } = await visit(browser, server);
    await open('/audit?limit=2');
    const first = await page.locator('td[data-label=Action]').allTextContents();
    await page.getByRole('button', { name: 'Next' }).click();
    await page.locator('main').getByText('3–4', { exact: true }).waitFor();
    expect(page.url()).toContain('before=');
    await page.getByRole('button', { name: 'Previous' }).click();
    await page.locator('main').getByText('1–2', { exact: true }).waitFor();
    expect(await page.locator('td[data-label=Action]').allTextContents()).toEqual(first);
  });

  it('says plainly whether the log is whole, and where not', async () => {
    const { shop, server, browser } = shared();
    const { page, open } = await visit(browser, server);
    await open('/audit');
    const verify = () => page.getByRole('button', { name: 'Verify' }).click();
    await verify();
    await page
      .locator('main')
      .getByText(/^The log is whole: of its \d+ lines none was changed, removed or moved\.$/)
      .waitFor();
    const log = join(shop.home, 'audit.log');
    const text = await readFile(log, 'utf8');
    await writeFile(log, text.replace('"target":"ann"', '"target":"bob"'));
    await verify();
    await page
      .getByRole('alert')
      .getByText(/^The log is not whole: line \d+ \(.*audit\.log\) .*lines? before it/)
      .waitFor();
    await writeFile(log, text);
  });

  it('shows members what was done to a client of theirs, once they name it', async () => {
    const { server, browser, key } = shared();
    const { page, open } = await visit(browser, server, { user: 'ann' });
    await open('/audit');
    await page.locator('main').getByText('Name a client of yours above').waitFor();
    expect(await page.getByRole('button', { name: 'Verify' }).count()).toBe(0);
    await page.getByLabel('Done to').fill('somebody-elses');
    await page.getByRole('alert').waitFor();
    await page.getByLabel('Done to').fill(key.clientId);
    await page.locator('main').getByText('2 in all').waitFor();
  });
});
