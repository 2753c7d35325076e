import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { atEnd } from './at-end.js';
import { PASSWORD, type Server } from './keywright.js';

/** Where Debian puts the Chromium that has no windows to draw, and takes half the time. */
const CHROMIUM = '/usr/bin/chromium-headless-shell';
// Long enough for a machine that has other things to do: what is waited for comes, or the test has found a fault.
const PATIENCE_MS = 30_000;

/** Starts a browser, for all tests of a file; it ends with them. */
export async function startBrowser(): Promise<Browser> {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  atEnd(() => browser.close());
  return browser;
}

interface Visit {
  /** Who is signed in; null for nobody. `root` unless told. */
  readonly user?: string | null;
  /** Another address of the server than the one that it says. */
  readonly origin?: string;
  readonly width?: number;
  readonly theme?: 'light' | 'dark';
  /** What the browser lets the page do: `clipboard-write` for one. Nothing unless told. */
  readonly permissions?: readonly string[];
}

/** Somebody in front of the console, in a browser profile of their own. */
export interface Visitor {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Opens a page of the console, `/keys`, and waits until it is whole. */
  open(path: string): Promise<void>;
  /** Opens a further tab, of the same session. */
  tab(path: string): Promise<Page>;
}

/**
 * Lets somebody visit the console. When the test ends it fails if a page said an error, broke its Content-Security-Policy, asked another server,
 * or got an answer of a server in trouble.
 */
export async function visit(browser: Browser, server: Server, asked: Visit = {}): Promise<Visitor> {
  const { user = 'root', origin = server.http, width = 1280, theme = 'light', permissions = [] } = asked;
  const context = await browser.newContext({
    ...{ viewport: { width, height: 800 }, colorScheme: theme, reducedMotion: 'reduce' as const },
    ...{ locale: 'en-GB', timezoneId: 'Europe/Berlin', permissions: [...permissions], baseURL: origin },
  });
  context.setDefaultTimeout(PATIENCE_MS);
  const faults: string[] = [];
  context.on('page', (page) => watch(page, origin, faults));
  await context.addInitScript(COUNT_SHIFTS);
  atEnd(async () => {
    await context.close();
    expect(faults, 'what went wrong in the pages').toEqual([]);
  });
  if (user !== null) await signInApart(context, user);
  const page = await context.newPage();
  return {
    ...{ page, context },
    open: (path) => open(page, path),
    tab: async (path) => {
      const tab = await context.newPage();
      await open(tab, path);
      return tab;
    },
  };
}

/** Signs in without the page. */
async function signInApart(context: BrowserContext, user: string): Promise<void> {
  const answer = await context.request.post('/api/v1/session', { data: { user, password: PASSWORD } });
  if (answer.status() !== 200) throw new Error(`${user} is not signed in: ${await answer.text()}`);
}

async function open(page: Page, path: string): Promise<void> {
  await page.goto(`/console${path}`);
  await whole(page);
}

/** Waits until nothing of the page is still to come. */
export async function whole(page: Page): Promise<void> {
  await page.locator('h1').first().waitFor();
  const coming = page.locator('.loading, .page-skeleton, .skeleton, [aria-busy="true"]');
  await coming.first().waitFor({ state: 'detached' });
}

function watch(page: Page, origin: string, faults: string[]): void {
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('console', (message) => {
    // What the server refuses, and that it is away, are answers which the page shows.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      faults.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    const { protocol, origin: asked } = new URL(request.url());
    if (protocol.startsWith('http') && asked !== origin) faults.push(`asked elsewhere: ${request.url()}`);
  });
  page.on('response', (response) => {
    const isMissing = response.status() === 404 && response.url().includes('/console/');
    if (response.status() >= 500 || isMissing) faults.push(`${response.status()}: ${response.url()}`);
  });
}

/** Fills in the page or the dialog that asks who it is. */
export async function signIn(page: Page, user: string, password = PASSWORD): Promise<void> {
  await page.getByLabel('User', { exact: true }).fill(user);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

/** Chooses from the menu of a row, or from another one by its name. */
export async function choose(page: Page, menu: string, item: string): Promise<void> {
  await page.getByRole('button', { name: menu, exact: true }).click();
  await page.getByRole('menuitem', { name: item, exact: true }).click();
}

/** Presses what downloads something. @returns the file, as the browser would save it */
export async function downloaded(button: Locator): Promise<{ name: string; bytes: Buffer }> {
  const [download] = await Promise.all([button.page().waitForEvent('download'), button.click()]);
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
}

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** What keeps people from using the page as it is now, in both themes, as axe-core finds it: one line each. */
export async function barriers(page: Page): Promise<string[]> {
  const axe = await readFile(AXE, 'utf8');
  await page.evaluate(axe);
  const found: string[] = [];
  for (const [theme, options] of [
    ['light', {}],
    // Nothing else differs between the themes.
    ['dark', { runOnly: ['color-contrast'] }],
  ] as const) {
    await page.emulateMedia({ colorScheme: theme });
    const violations = await page.evaluate(async (options) => {
      const { axe } = globalThis as unknown as { axe: typeof import('axe-core') };
      const { violations } = await axe.run(options);
      return violations.flatMap(({ id, help, nodes }) =>
        nodes.map(({ target, any }) => `${id}: ${help}: ${target.join(' ')}: ${any[0]?.message ?? ''}`),
      );
    }, options);
    found.push(...violations.map((violation) => `${theme}: ${violation}`));
  }
  await page.emulateMedia({ colorScheme: 'light' });
  return found;
}

/** How far things jumped by themselves since the page was loaded, as Chromium's layout-shift score. */
export function shifts(page: Page): Promise<number> {
  return page.evaluate<number>('shifted');
}

// What runs in the page is a text: the types of this program are not those of a browser.
const COUNT_SHIFTS = `
  globalThis.shifted = 0;
  new PerformanceObserver((list) => {
    for (const { hadRecentInput, value } of list.getEntries()) if (!hadRecentInput) shifted += value;
  }).observe({ type: 'layout-shift', buffered: true });
`;

/** How many pixels of the page lie outside the window at its side. */
export function sideways(page: Page): Promise<number> {
  return page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');
}
