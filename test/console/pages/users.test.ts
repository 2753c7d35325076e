import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { sharedByTests } from '../../support/at-end.js';
import { barriers, choose, startBrowser, visit } from '../../support/browser.js';
import {
  addUser,
  ask,
  PASSWORD,
  registerKey,
  type Server,
  serve,
  workshop,
} from '../../support/keywright.js';

async function fixture() {
  const shop = await workshop();
  await addUser(shop, 'root', '--role', 'admin');
  await addUser(shop, 'ann');
  await addUser(shop, 'bob', '--email', 'bob@example.com');
  const key = await registerKey(shop, '--owner', 'bob');
  await registerKey(shop, '--owner', 'bob');
  const [server, browser] = [await serve(shop), await startBrowser()];
  return { shop, server, browser, key };
}

const logIn = async ({ http }: Server, username: string, password: string) =>
  (await ask(`${http}/auth/login`, { json: { username, password } })).status;
const rowOf = (page: Page, id: string) => page.getByRole('row').filter({ hasText: id });
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();

describe('the page of users', () => {
  const shared = sharedByTests(fixture);

  it('adds one whose password is made, shown once, and signs in', async () => {
    const { server, browser } = shared();
    const { page, open } = await visit(browser, server);
    await open('/users');
    await page.keyboard.press('n');
    await page.getByLabel('Name', { exact: true }).fill('carl');
    await page.locator('main').getByText('Generate one').waitFor();
    expect(await barriers(page)).toEqual([]);
    await page.getByLabel('Role').selectOption('admin');
    expect(await page.getByRole('checkbox', { name: /^\* / }).isChecked()).toBe(true);
    await page.getByLabel('Role').selectOption('member');
    await press(page, 'Add the user');
    const field = page.getByRole('textbox', { name: /^password/ });
    const password = await field.inputValue();
    expect(password).toMatch(/^([a-zA-Z2-9]{5}-){3}[a-zA-Z2-9]{5}$/);
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download: carl_password' }).click(),
    ]);
    expect(file.suggestedFilename()).toBe('carl_password');
    await press(page, 'I have saved it');
    await rowOf(page, 'carl').waitFor();
    expect(await page.content()).not.toContain(password);
    expect(await logIn(server, 'carl', password)).toBe(200);
  });

  it('says what a typed password must be like before anything is sent', async () => {
    const { server, browser } = shared();
    const { page, open } = await visit(browser, server);
    await open('/users');
    await choose(page, 'Actions for ann', 'Set the password…');
    await page.locator('main').getByText('Type one').click();
    await page.locator('main').getByText('12 to 512 characters.').waitFor();
    await page.getByLabel('The new password').fill('too short');
    await press(page, 'Set the password');
    expect(await page.getByLabel('The new password').getAttribute('aria-invalid')).toBe('true');
    await page.getByLabel('The new password').fill('another long password');
    await press(page, 'Set the password');
    await page.getByRole('status').getByText('Changed the password of ann.').waitFor();
    expect(await logIn(server, 'ann', 'another long password')).toBe(200);
  });

  it('edits only what was changed', async () => {
    const { shop, server, browser } = shared();
    const { page, open } = await visit(browser, server);
    await open('/users');
    await choose(page, 'Actions for ann', 'Edit…');
    await page.getByLabel(/^E-mail/).fill('ann@example.com');
    await page.getByRole('checkbox', { name: /^metrics/ }).check();
    await page.locator('main').getByText('More', { exact: true }).click();
    await page.getByLabel(/^Groups/).fill('line, night');
    await shop.keywright(['user', 'edit', 'ann', '--domain', 'plant7']);
    await press(page, 'Save');
    await rowOf(page, 'ann@example.com').waitFor();
    const shown = JSON.parse((await shop.keywright(['user', 'show', 'ann', '--json'])).stdout);
    expect(shown).toMatchObject({
      ...{ email: 'ann@example.com', role: 'member', scopes: ['ingest', 'metrics'] },
      ...{ groups: ['line', 'night'], domains: ['plant7'] },
    });
  });

  it('disables one with all that is theirs, and enables them', async () => {
    const { server, browser, key } = shared();
    const { page, open } = await visit(browser, server);
    await open('/users');
    const bob = rowOf(page, 'bob');
    await bob.getByRole('link', { name: '2 clients' }).waitFor();
    await choose(page, 'Actions for bob', 'Disable…');
    await page.getByRole('dialog').getByText('bob@example.com').waitFor();
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Cancel');
    await press(page, 'Disable');
    await page
      .locator('main')
      .getByText(/^bob is disabled, and refused since /)
      .waitFor();
    await bob.getByText('disabled').waitFor();
    expect((await ask(server.http, { bearer: key.apiKey })).status).toBe(401);
    await page.getByLabel('State').selectOption('disabled');
    await page.locator('main').getByText('1 in all').waitFor();
    expect(page.url()).toContain('state=disabled');
    await choose(page, 'Actions for bob', 'Enable…');
    await press(page, 'Enable');
    await page.locator('main').getByText('Nothing matches.').waitFor();
    expect((await ask(server.http, { bearer: key.apiKey })).status).toBe(200);
  });

  it('ends all sessions of one', async () => {
    const { server, browser } = shared();
    expect(await logIn(server, 'bob', PASSWORD)).toBe(200);
    const { page, open } = await visit(browser, server);
    await open('/users');
    await rowOf(page, 'bob').getByRole('link', { name: '1 session' }).waitFor();
    await choose(page, 'Actions for bob', 'Sign out everywhere…');
    await press(page, 'Sign out everywhere');
    await rowOf(page, 'bob').getByText('no', { exact: true }).waitFor();
  });

  it('deletes one, says how many clients go along, and wants the name for it', async () => {
    const { server, browser, key } = shared();
    const { page, open } = await visit(browser, server);
    await open('/users');
    await choose(page, 'Actions for bob', 'Delete…');
    const dialog = page.getByRole('dialog');
    await dialog.getByText('What becomes of 2 clients?').waitFor();
    expect(await dialog.getByRole('button', { name: 'Delete', exact: true }).isDisabled()).toBe(true);
    await dialog.getByText('Hand them on to another user').click();
    await dialog.getByLabel('The other user').fill('nobody');
    await press(page, 'Delete');
    await dialog.getByText(/^There is no user nobody/).waitFor();
    expect(await barriers(page)).toEqual([]);
    await dialog.getByText('Delete them, too').click();
    const button = dialog.getByRole('button', { name: 'Delete the user and 2 clients' });
    expect(await button.isDisabled()).toBe(true);
    await dialog.getByLabel('Type bob to go on').fill('bob');
    await button.click();
    await page.locator('main').getByText('Deleted bob, and 2 clients with it.').waitFor();
    await rowOf(page, 'bob').waitFor({ state: 'detached' });
    expect((await ask(server.http, { bearer: key.apiKey })).status).toBe(401);
  });

  it('lets nobody lock themselves out, and is not there for members', async () => {
    const { server, browser } = shared();
    const { page, open } = await visit(browser, server);
    await open('/users');
    await press(page, 'Actions for root');
    expect(await page.getByRole('menuitem').allTextContents()).toEqual(['Edit…', 'Sessions and password']);
    await addUser(shared().shop, 'dora');
    const member = await visit(browser, server, { user: 'dora' });
    await member.open('/users');
    await member.page.getByRole('heading', { name: 'No such page' }).waitFor();
    expect(await member.page.getByRole('link', { name: 'Users' }).count()).toBe(0);
  });
});
