import { execa } from 'execa';
import type { BrowserContext } from 'playwright-core';
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
import { addUser, ask, registerKey, type Server, serve, workshop } from '../../support/keywright.js';

async function fixture() {
  const shop = await workshop();
  await addUser(shop, 'root', '--role', 'admin');
  await addUser(shop, 'ann');
  const [server, browser] = [await serve(shop), await startBrowser()];
  return { shop, server, browser };
}

const statusOf = async ({ http }: Server, apiKey: string) =>
  (await ask(http, { headers: { 'x-api-key': apiKey } })).status;

/** What a person gets who pastes. */
async function pasted(context: BrowserContext): Promise<string> {
  const paper = await context.newPage();
  await paper.setContent('<textarea></textarea>');
  await paper.locator('textarea').focus();
  await paper.keyboard.press('Control+v');
  const text = await paper.locator('textarea').inputValue();
  await paper.close();
  return text;
}

/** A label that would do harm if it were taken for more than a text. */
const WILD = '<img src=x onerror=alert(1)> שלום 🔑';

describe('the page of API keys', () => {
  const shared = sharedByTests(fixture);

  it('creates a key, shown this once, with lines that get in by it as they stand', async () => {
    const { server, browser } = shared();
    const { page, context, open } = await visit(browser, server, { permissions: ['clipboard-write'] });
    await open('/tokens');
    expect(await barriers(page)).toEqual([]);
    expect(await shifts(page)).toBe(0);
    await page.getByRole('button', { name: 'Create API Key', exact: true }).click();
    await page.getByRole('textbox', { name: 'Label' }).fill(WILD);
    const end = page.getByText(/^Ends .* · \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC \(in \d+ months\)/);
    await end.waitFor();
    await page.getByLabel('Valid for').selectOption('never');
    await page.getByText('works there for ever').waitFor();
    expect(await page.getByRole('checkbox', { name: /^ingest/ }).isChecked()).toBe(true);
    await page.getByRole('checkbox', { name: /^metrics/ }).check();
    expect(await barriers(page)).toEqual([]);
    await page.getByRole('button', { name: 'Create Key' }).click();

    const field = (name: string) => page.getByRole('textbox', { name, exact: false });
    const apiKey = await field('API Key').first().inputValue();
    expect([apiKey, await field('Client Secret').inputValue()]).toEqual([
      expect.stringMatching(/^kw_live_/),
      apiKey,
    ]);
    expect(await barriers(page)).toEqual([]);
    for (const tool of ['curl', 'mosquitto_pub', 'Python', 'Node'] as const) {
      await page.getByRole('tab', { name: tool }).click();
      const text = await page.getByRole('tabpanel').locator('pre').innerText();
      const program = { Python: 'python3', Node: 'node' }[tool as string] ?? 'bash';
      const args = program === 'node' ? ['--input-type=module'] : [];
      const run = await execa(program, args, { input: text, reject: false });
      expect([tool, run.exitCode, run.stdout]).toEqual([
        ...[tool, 0, tool === 'mosquitto_pub' ? '' : expect.stringContaining('200')],
      ]);
    }

    // Nothing but the button leads away from what was not saved yet.
    const saved = page.getByRole('button', { name: 'I have saved it' });
    expect(await saved.isDisabled()).toBe(true);
    await page.goBack();
    await page.keyboard.press('Escape');
    expect(await field('API Key').first().inputValue()).toBe(apiKey);
    await page.getByRole('button', { name: 'Copy: the API Key', exact: true }).click();
    await page.getByText('Copied', { exact: true }).waitFor();
    expect(await pasted(context)).toBe(apiKey);
    await saved.click();
    await page.getByRole('cell').getByText(WILD, { exact: true }).waitFor();
    expect(await page.content()).not.toContain(apiKey);
    expect(await page.locator('main img').count()).toBe(0);
    await page.setViewportSize({ width: 360, height: 800 });
    await whole(page);
    expect(await sideways(page)).toBe(0);
  });

  it('rotates a key: both hold, and the row says that the new one is not used yet', async () => {
    const { shop, server, browser } = shared();
    const old = await registerKey(shop, '--label', 'rotated');
    const { page, open } = await visit(browser, server);
    await open('/tokens?label=rotated');
    await choose(page, 'Actions for rotated', 'Rotate…');
    await page.getByRole('button', { name: 'Rotate', exact: true }).click();
    await page.getByText('The former key holds until').waitFor();
    const fresh = await page.getByRole('textbox', { name: 'Client Secret' }).inputValue();
    await page.getByRole('textbox', { name: 'Client Secret' }).focus();
    await page.keyboard.press('Control+c');
    await page.getByRole('button', { name: 'I have saved it' }).click();
    await page.getByText('rotated: the new key is not used yet').waitFor();
    expect([await statusOf(server, old.apiKey), await statusOf(server, fresh)]).toEqual([200, 200]);
  });

  it('suspends, resumes, invalidates and deletes a key, which holds from the next request on', async () => {
    const { shop, server, browser } = shared();
    const { apiKey } = await registerKey(shop, '--label', 'switched', '--owner', 'ann');
    const { page, open } = await visit(browser, server);
    await open('/tokens?label=switched');
    for (const [item, button, status] of [
      ['Suspend…', 'Suspend', 401],
      ['Resume…', 'Resume', 200],
      ['Invalidate…', 'Invalidate', 401],
    ] as const) {
      await choose(page, 'Actions for switched', item);
      const dialog = page.getByRole('dialog');
      expect(await dialog.getByRole('definition').allInnerTexts()).toEqual(
        expect.arrayContaining(['ann', 'switched']),
      );
      await dialog.getByRole('button', { name: button, exact: true }).click();
      await dialog.waitFor({ state: 'detached' });
      expect(await statusOf(server, apiKey)).toBe(status);
    }
    await choose(page, 'Actions for switched', 'Delete…');
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByText('1 API key is deleted, refused since').first().waitFor();
    await page.getByText('Nothing matches.').waitFor();
  });

  it('says when somebody else has deleted what is edited, and keeps what was typed', async () => {
    const { shop, server, browser } = shared();
    const { id } = await registerKey(shop, '--label', 'gone');
    const { page, open } = await visit(browser, server);
    await open('/tokens?label=gone');
    await choose(page, 'Actions for gone', 'Edit…');
    await page.getByRole('textbox', { name: 'Label' }).fill('typed meanwhile');
    expect((await shop.keywright(['token', 'delete', id, '--yes'])).exitCode).toBe(0);
    await page.getByRole('button', { name: 'Save' }).click();
    await page
      .getByRole('alert')
      .getByText(/^There is no/)
      .waitFor();
    expect(await page.getByRole('textbox', { name: 'Label' }).inputValue()).toBe('typed meanwhile');
  });

  it('asks to sign in again over a form, and then goes on with what was typed', async () => {
    const { server, browser } = shared();
    const { page, context, open } = await visit(browser, server, { user: 'ann' });
    await open('/tokens');
    await page.getByRole('button', { name: 'Create API Key', exact: true }).click();
    await page.getByRole('textbox', { name: 'Label' }).fill('typed before');
    await context.clearCookies();
    await page.getByRole('button', { name: 'Create Key' }).click();
    await page.getByText('Nothing that you typed is lost.').waitFor();
    await page.getByRole('dialog', { name: 'Sign in again' }).getByLabel('Password').waitFor();
    await signIn(page, 'ann');
    await page.getByRole('textbox', { name: 'Client Secret' }).focus();
    await page.keyboard.press('Control+c');
    await page.getByRole('button', { name: 'I have saved it' }).click();
    await page.getByText('typed before').waitFor();
  });

  it('shows a member no keys but their own', async () => {
    const { shop, server, browser } = shared();
    const { clientId } = await registerKey(shop, '--label', 'of root', '--owner', 'root');
    await registerKey(shop, '--label', 'of ann', '--owner', 'ann');
    const { page, open } = await visit(browser, server, { user: 'ann' });
    await open('/tokens');
    await page.getByText('of ann').waitFor();
    expect(await page.getByText('of root').count()).toBe(0);
    expect(await page.getByRole('link', { name: 'Users' }).count()).toBe(0);
    await open(`/keys/${clientId}`);
    await page.getByText('There is no such client').waitFor();
    await open('/users');
    await page.getByText('There is nothing at this address, or not for you.').waitFor();
  });

  it('selects the text to be copied by hand where the browser gives no clipboard', async () => {
    const { server, browser } = shared();
    const { page, context, open } = await visit(browser, server);
    await context.addInitScript(`
      Object.defineProperty(navigator, 'clipboard', { value: undefined });
      document.execCommand = () => false;
    `);
    await open('/tokens');
    await page.getByRole('button', { name: 'Create API Key', exact: true }).click();
    await page.getByRole('button', { name: 'Create Key' }).click();
    await page.getByRole('button', { name: 'Copy: the API Key', exact: true }).click();
    await page.getByText('Press Ctrl+C', { exact: true }).waitFor();
    const saved = page.getByRole('button', { name: 'I have saved it' });
    expect([await saved.isDisabled(), await page.getByText('Copied', { exact: true }).count()]).toEqual([
      ...[true, 0],
    ]);
    await page.keyboard.press('Control+c');
    await page.getByText('Copied', { exact: true }).waitFor();
    await saved.click();
  });
});
