import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { sharedByTests } from '../../support/at-end.js';
import { barriers, shifts, sideways, startBrowser, visit, whole } from '../../support/browser.js';
import { addUser, ask, registerKey, serve, workshop } from '../../support/keywright.js';
import { compare, smaller } from '../../support/pictures.js';

const KEPT = fileURLToPath(new URL('../../../docs/images/', import.meta.url));
/** `KEEP_SCREENSHOTS=1 npx vitest run test/console/pages/screenshots.test.ts` keeps new ones. */
const isKeeping = process.env.KEEP_SCREENSHOTS === '1';

const PAGES = {
  overview: '/',
  keys: '/keys',
  key: '/keys/pump-1',
  'new-key': '/new-key',
  tokens: '/tokens',
  provisioning: '/provisioning',
  users: '/users',
  sessions: '/sessions',
  audit: '/audit',
  server: '/server',
};
const WAYS = {
  light: { width: 1120, height: 700, theme: 'light' },
  dark: { width: 1120, height: 700, theme: 'dark' },
  phone: { width: 360, height: 700, theme: 'light' },
} as const;
const MOST_BYTES = 60_000;
// Times, ids, fingerprints and fonts make up to a fifth; another page, or one that lacks its rows or its style, more than a third.
const MOST_DIFFERENT = 0.3;

async function fixture() {
  const shop = await workshop();
  await addUser(shop, 'root', '--role', 'admin', '--email', 'root@example.com');
  await addUser(shop, 'ann', '--email', 'ann@example.com', '--domain', 'plant7');
  await addUser(shop, 'bob');
  const run = async (...words: string[]) => {
    const { exitCode, stderr } = await shop.keywright(words);
    if (exitCode !== 0) throw new Error(stderr);
  };
  const files = ['--output', shop.directory, '--zip'];
  for (const [id, validFor, owner] of [
    ['pump-1', '3y', 'ann'],
    ['pump-2', '20d', 'ann'],
    ['line-7', '1y', 'bob'],
    ['gateway', '90d', 'root'],
    ['press-4', '5d', 'bob'],
  ] as const) {
    const label = ['--label', `Hall ${id.length}, ${id}`];
    await run('key', 'gen', id, '--valid-for', validFor, '--owner', owner, ...label, ...files, '--force');
  }
  await run('key', 'suspend', 'line-7');
  const key = await registerKey(shop, '--client', 'pump-1', '--label', 'cloud');
  const [server, browser] = [await serve(shop), await startBrowser()];
  for (let count = 0; count < 30; count += 1) await ask(`${server.http}/db/write`, { bearer: key.apiKey });
  for (let count = 0; count < 6; count += 1)
    await ask(`${server.http}/db/write`, { bearer: 'pump-1:b:wrong' });
  return { visitor: await visit(browser, server), empty: await browser.newPage() };
}

describe('a page of the console', () => {
  const shared = sharedByTests(fixture);

  it.each(Object.entries(PAGES))(
    'looks as it did, nothing jumps, and everybody can use it, on a phone too: %s',
    async (name, path) => {
      const { empty, visitor } = shared();
      const { page, open } = visitor;
      const look = async (way: keyof typeof WAYS) => {
        const { theme, ...size } = WAYS[way];
        await page.emulateMedia({ colorScheme: theme });
        await page.setViewportSize(size);
      };
      await look('light');
      await open(path);
      await page.getByText('Live', { exact: true }).waitFor();
      const looks: Record<string, unknown> = {};
      for (const way of ['light', 'dark', 'phone'] as const) {
        await look(way);
        await whole(page);
        if (way === 'light') expect(await shifts(page)).toBe(0);
        if (way === 'phone') expect(await sideways(page)).toBe(0);
        const file = `${KEPT}console-${name}-${way}.png`;
        const taken = await page.screenshot();
        if (isKeeping) await writeFile(file, await smaller(empty, taken));
        looks[way] = await lookOf(empty, await readFile(file), taken);
      }
      expect(looks).toEqual({ light: 'alike', dark: 'alike', phone: 'alike' });
      expect(await barriers(page)).toEqual([]);
    },
  );
});

/** Compares what was kept with what there is now. */
async function lookOf(empty: Page, kept: Buffer, taken: Buffer): Promise<string> {
  if (kept.length > MOST_BYTES) return `the kept one is too large: ${kept.length} bytes`;
  const { sizes, different } = await compare(empty, kept, taken);
  if (new Set(sizes).size > 1) return `sizes differ: ${sizes.join(' and ')}`;
  return different <= MOST_DIFFERENT ? 'alike' : `${(different * 100).toFixed(1)} % are different`;
}
