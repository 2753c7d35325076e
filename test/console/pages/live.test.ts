import { expect, it } from 'vitest';
import { startBrowser, visit } from '../../support/browser.js';
import { addUser, registerKey, serve, workshop } from '../../support/keywright.js';

it('gives its connection back while nobody sees it, and shows what happened meanwhile', async () => {
  const shop = await workshop();
  await addUser(shop, 'root', '--role', 'admin');
  const [server, browser] = [await serve(shop), await startBrowser()];
  const { page, open } = await visit(browser, server);
  await page.clock.install();
  const isStream = (request: { url(): string }) => request.url().endsWith('/api/v1/events');
  await Promise.all([page.waitForResponse((response) => isStream(response.request())), open('/keys')]);
  await page.getByText('No keys yet').waitFor();

  const ended = page.waitForEvent('requestfailed', isStream);
  await page.evaluate(`(${BE_HIDDEN})(true)`);
  await page.clock.fastForward(11_000);
  await ended;
  const { clientId } = await registerKey(shop);

  const asked = page.waitForRequest(isStream);
  await page.evaluate(`(${BE_HIDDEN})(false)`);
  await asked;
  await page.clock.fastForward(1_000);
  await page.getByText(clientId).first().waitFor();
  expect(await page.getByText('No keys yet').count()).toBe(0);
});

// The types of this program are not those of a browser.
const BE_HIDDEN = `(isHidden) => {
  Object.defineProperty(document, 'hidden', { configurable: true, get: () => isHidden });
  document.dispatchEvent(new Event('visibilitychange'));
}`;
