import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { sharedByTests } from '../../support/at-end.js';
import { barriers, choose, startBrowser, visit } from '../../support/browser.js';
import { addUser, ask, PASSWORD, type Server, serve, workshop } from '../../support/keywright.js';

const OTHER_PASSWORD = 'another long password';

async function fixture() {
  const shop = await workshop();
  await addUser(shop, 'root', '--role', 'admin');
  const [server, browser] = [await serve(shop), await startBrowser()];
  const newUser = async (name: string) => {
    await addUser(shop, name);
    return name;
  };
  return { server, browser, newUser };
}

const logIn = async ({ http }: Server, username: string, password = PASSWORD) =>
  (await ask(`${http}/auth/login`, { json: { username, password } })).body.tkn as string;
const statusOf = async ({ http }: Server, bearer: string) => (await ask(http, { bearer })).status;
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();

describe('the page of sessions', () => {
  const shared = sharedByTests(fixture);

  it('marks the one that it is seen by, and ends another one', async () => {
    const { server, browser, newUser } = shared();
    const ann = await newUser('ann');
    const { page, open } = await visit(browser, server, { user: ann });
    await open('/sessions');
    expect(await page.getByRole('button', { name: 'Sign out everywhere else' }).isDisabled()).toBe(true);
    const bearer = await logIn(server, ann);
    // The page hears of it by itself.
    await page.locator('main').getByText('2 in all').waitFor();
    expect(await page.getByRole('row').filter({ hasText: 'this session' }).count()).toBe(1);
    await choose(page, 'Actions for the session of ann from 127.0.0.1', 'End it…');
    await page.getByRole('dialog').getByText('for access tokens').waitFor();
    expect(await barriers(page)).toEqual([]);
    await press(page, 'End the session');
    await page
      .locator('main')
      .getByText(/^The session has ended, at /)
      .waitFor();
    await page.locator('main').getByText('1 in all').waitFor();
    expect(await statusOf(server, bearer)).toBe(401);
  });

  it('signs out everywhere else', async () => {
    const { server, browser, newUser } = shared();
    const bob = await newUser('bob');
    const elsewhere = await visit(browser, server, { user: bob });
    await elsewhere.open('/keys');
    const bearer = await logIn(server, bob);
    const { page, open } = await visit(browser, server, { user: bob });
    await open('/sessions');
    await press(page, 'Sign out everywhere else');
    await page.getByRole('dialog').getByRole('button', { name: 'Sign out everywhere else' }).click();
    await page
      .locator('main')
      .getByText(/^2 sessions have ended, at /)
      .waitFor();
    await page.locator('main').getByText('1 in all').waitFor();
    expect(await statusOf(server, bearer)).toBe(401);
    await elsewhere.page.getByRole('heading', { name: 'Sign in again' }).waitFor();
  });

  it('changes one’s own password by the former one, and stays signed in', async () => {
    const { server, browser, newUser } = shared();
    const cleo = await newUser('cleo');
    const bearer = await logIn(server, cleo);
    const { page, open } = await visit(browser, server, { user: cleo });
    await open('/sessions');
    await press(page, 'Change my password');
    expect(await barriers(page)).toEqual([]);
    const fill = async (current: string, again: string) => {
      await page.getByLabel('Your password now').fill(current);
      await page.getByLabel('The new password', { exact: true }).fill(OTHER_PASSWORD);
      await page.getByLabel('The new password again').fill(again);
      await press(page, 'Set the password');
    };
    await fill(PASSWORD, 'something else now');
    await page.locator('main').getByText('The two passwords differ.').waitFor();
    await fill('not the password', OTHER_PASSWORD);
    await page.getByRole('alert').getByText('is not the password').waitFor();
    await fill(PASSWORD, OTHER_PASSWORD);
    await page
      .locator('main')
      .getByText('Your password is changed, and all your other sessions have ended.')
      .waitFor();
    await page.locator('main').getByText('1 in all').waitFor();
    expect(await page.getByRole('dialog').count()).toBe(0);
    expect(await statusOf(server, bearer)).toBe(401);
    expect(await logIn(server, cleo, OTHER_PASSWORD)).toBeTruthy();
  });

  it('shows everybody’s to admins, and to members their own', async () => {
    const { server, browser, newUser } = shared();
    const dora = await newUser('dora');
    const bearer = await logIn(server, dora);
    const { page, open } = await visit(browser, server);
    await open('/sessions');
    await page.locator('main').getByText('1 in all').waitFor();
    await page.getByLabel('Whose sessions').selectOption('all');
    await page.getByRole('cell', { name: 'dora', exact: true }).waitFor();
    expect(page.url()).toContain('whose=all');
    await open('/sessions?owner=dora');
    await press(page, 'End all of them');
    await press(page, 'End all sessions');
    await page.locator('main').getByText('Nothing matches.').waitFor();
    expect(await statusOf(server, bearer)).toBe(401);
    const member = await visit(browser, server, { user: dora });
    await member.open('/sessions?owner=root');
    await member.page
      .getByRole('alert')
      .getByText(/^There is no user root/)
      .waitFor();
    await member.open('/sessions');
    await member.page.locator('main').getByText('1 in all').waitFor();
    expect(await member.page.getByLabel('Whose sessions').count()).toBe(0);
  });
});
