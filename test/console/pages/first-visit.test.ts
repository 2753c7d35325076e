import { expect, it } from 'vitest';
import { barriers, signIn, startBrowser, visit, whole } from '../../support/browser.js';
import { PASSWORD, serve, workshop } from '../../support/keywright.js';

it('makes the first user by the link, which then is nowhere and works for nobody', async () => {
  const shop = await workshop();
  const [server, browser] = [await serve(shop), await startBrowser()];
  const linkNow = async () => (await shop.keywright(['console'])).stdout;
  const { page, open, context } = await visit(browser, server, { user: null });
  const make = page.getByRole('button', { name: 'Make this user and sign in' });

  await open('/keys');
  await page.getByText('Nobody can sign in yet').waitFor();
  expect(await barriers(page)).toEqual([]);
  const older = await linkNow();
  const link = await linkNow();
  await page.getByRole('link', { name: 'I have the link' }).click();
  await page.getByLabel('Link').fill(older);
  await page.getByLabel('User').fill('ann');
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByLabel('Password again').fill('something else now');
  await make.click();
  await page.getByText('The two passwords differ.').waitFor();
  await page.getByLabel('Password again').fill(PASSWORD);
  await make.click();
  await page.getByRole('alert').getByText('keywright console makes another').waitFor();
  expect(await barriers(page)).toEqual([]);

  await page.goto('about:blank');
  await page.goto(link);
  await whole(page);
  expect(page.url()).toBe(`${server.http}/console/first`);
  expect(await page.getByLabel('Link').count()).toBe(0);
  await page.getByLabel('User').fill('ann');
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByLabel('Password again').fill(PASSWORD);
  await make.click();
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  expect(page.url()).toBe(`${server.http}/console/`);
  const [, secret = ''] = link.split('#');
  const kept = await page.evaluate<string>(
    'JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, document.documentElement.outerHTML])',
  );
  expect(kept).not.toContain(secret);
  expect((await context.cookies()).map(({ name, httpOnly, sameSite }) => [name, httpOnly, sameSite])).toEqual(
    [['keywright_session', true, 'Strict']],
  );
  await page.goBack();
  expect(page.url()).not.toContain(secret);

  const other = await visit(browser, server, { user: null });
  await other.page.goto(link);
  await whole(other.page);
  expect(await other.page.getByLabel('Password again').count()).toBe(0);
  await signIn(other.page, 'ann');
  await other.page.getByRole('button', { name: 'ann' }).waitFor();
});
