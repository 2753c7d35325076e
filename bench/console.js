import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';
import { cpuNanoseconds } from './cpu-time.js';
import { load } from './http-load.js';
import { seedHome } from './seed.js';
import { addAdmin, PASSWORD, registerApiKey, startServe } from './serving.js';
import { median } from './start-up.js';
import { compare } from './turns.js';

const ASSETS = fileURLToPath(new URL('../dist/console/assets', import.meta.url));
const CHROMIUM = '/usr/bin/chromium-headless-shell';
const ADMIN = 'bench-admin';
const FEW_CLIENTS = 10;
const CONSOLES = 10;

/** What the web console weighs, how soon it shows, and what it costs those who ask for verdicts. */
export async function benchConsole({ directory, home, clients, rounds, seconds }) {
  const few = join(directory, 'few');
  await seedHome(few, FEW_CLIENTS);
  for (const each of [few, home]) addAdmin(each, ADMIN);
  const servers = { few: await startServe(few), many: await startServe(home) };
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  try {
    return [
      ...(await sizes(browser, servers.few)),
      ...(await keysPage(browser, servers, { clients, rounds })),
      ...(await verdicts(browser, { few, server: servers.few, rounds, seconds })),
    ];
  } finally {
    await browser.close();
    for (const server of Object.values(servers)) await server.stop();
  }
}

async function sizes(browser, server) {
  const { page, close } = await open(browser, server, '/');
  const loaded = await page.evaluate(() =>
    performance
      .getEntriesByType('resource')
      .filter(({ name }) => /\.(js|css)$/.test(name))
      .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0),
  );
  await close();
  const all = readdirSync(ASSETS)
    .filter((name) => /\.(js|css)$/.test(name))
    .reduce((sum, name) => sum + gzipSync(readFileSync(join(ASSETS, name)), { level: 9 }).length, 0);
  return [
    { what: 'console, JavaScript and CSS of the first page, kB gzipped', kilobytes: loaded / 1000, most: 45 },
    { what: 'console, JavaScript and CSS of all pages, kB gzipped', kilobytes: all / 1000, most: 70 },
  ].map(({ what, kilobytes, most }) => ({ what, ratio: kilobytes, goal: { least: 0, most } }));
}

/** First views of the keys page: of many clients, by the same of a few. */
async function keysPage(browser, { few, many }, { clients, rounds }) {
  const seen = { few: [], many: [] };
  // The first view of each warms it up and does not count.
  for (let round = -1; round < rounds; round += 1)
    for (const [name, server] of Object.entries({ few, many })) {
      const view = await viewKeys(browser, server);
      if (round >= 0) seen[name].push(view);
    }
  const row = (what, of) => {
    const ratios = seen.many.map((view, round) => of(view) / of(seen.few[round]));
    return {
      what: `console, keys page at ${clients} clients / at ${FEW_CLIENTS}: ${what}`,
      ratio: median(ratios),
      goal: { least: 0, most: 1.3 },
      note: `${median(seen.many.map(of)).toFixed(0)} / ${median(seen.few.map(of)).toFixed(0)} ms, ${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)} in ${rounds} rounds`,
    };
  };
  return [
    row('time to rows', ({ toRowsMs }) => toRowsMs),
    row("the server's CPU", ({ cpuMs }) => cpuMs),
    {
      what: 'console, keys page: layout shift',
      ratio: Math.max(...[...seen.few, ...seen.many].map(({ shifted }) => shifted)),
      goal: { least: 0, most: 0 },
    },
  ];
}

async function viewKeys(browser, server) {
  const before = cpuNanoseconds(server.pid);
  const { page, close } = await open(browser, server, '/keys');
  await page.locator('tbody tr').first().waitFor();
  const toRowsMs = await page.evaluate(() => performance.now());
  await page.waitForLoadState('networkidle').catch(() => undefined);
  const cpuMs = (cpuNanoseconds(server.pid) - before) / 1e6;
  const shifted = await page.evaluate(() => globalThis.shifted);
  await close();
  return { toRowsMs, cpuMs, shifted };
}

/** Verdicts of a server at which consoles are open, by those of one without. */
async function verdicts(browser, { few, server, rounds, seconds }) {
  const alone = await startServe(few);
  const key = registerApiKey(few);
  const subject = ({ http, pid }, more) => ({
    ...more,
    pid,
    run: () => load(http, { text: key, getsIn: true, seconds }),
  });
  const consoles = [];
  for (let one = 0; one < CONSOLES; one += 1) consoles.push(await open(browser, server, '/'));
  try {
    return await compare({
      what: 'console, verdicts',
      rounds,
      ours: subject(server),
      peers: [subject(alone, { name: 'without', mark: 0.98 })],
    }).then(([result]) => [
      { ...result, what: `console, verdicts without / with ${CONSOLES} overviews open` },
    ]);
  } finally {
    for (const { close } of consoles) await close();
    await alone.stop();
  }
}

/** Opens a page of the console for the admin, in a browser profile that has cached nothing. */
async function open(browser, { http }, path) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, baseURL: http });
  await context.addInitScript(COUNT_SHIFTS);
  const answer = await context.request.post('/api/v1/session', { data: { user: ADMIN, password: PASSWORD } });
  if (answer.status() !== 200) throw new Error(`not signed in: ${await answer.text()}`);
  const page = await context.newPage();
  await page.goto(`/console${path}`);
  await page.locator('h1').first().waitFor();
  return { page, close: () => context.close() };
}

// What runs in the page is a text: the types of this program are not those of a browser.
const COUNT_SHIFTS = `
  globalThis.shifted = 0;
  new PerformanceObserver((list) => {
    for (const { hadRecentInput, value } of list.getEntries()) if (!hadRecentInput) shifted += value;
  }).observe({ type: 'layout-shift', buffered: true });
`;
