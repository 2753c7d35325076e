import { describe, expect, it } from 'vitest';
import { openHome } from '../../src/home/open-home.js';
import { openKeystore } from '../../src/index.js';
import { sharedByTests } from '../support/at-end.js';
import { fleet, sensor } from '../support/fleet.js';
import { ask, PASSWORD, registerKey, type Server, serve } from '../support/keywright.js';

const COUNT = 24;

/** Sensors that were made one after the other, and of which some were used. */
async function sorted() {
  const shop = await fleet(COUNT);
  const home = await openHome({ directory: shop.home, environment: {}, notice: () => undefined });
  await home.changes.change(null, (records) => {
    for (let index = 0; index < COUNT; index += 1) {
      const client = sensor(index);
      records.put('client', { ...client, revision: 1, createdAt: client.createdAt - (index + 60) * 1_000 });
    }
  });
  const uses = [2, 9, 5].map((index, at) => [`${sensor(index).id}:${id(index)}`, at] as const);
  await home.keyStore.uses.note(
    new Map(uses.map(([key, at]) => [key, { at: 1_000 * (at + 1), from: '10.0.0.7' }])),
  );
  await home.keyStore.uses.flush();
  const admin = await registerKey(shop, '--scope', 'admin', '--scope', 'ingest', '--owner', 'root');
  const server = await serve(shop);
  // What they ask by a login is no use of a key.
  const tokenOf = async (username: string): Promise<string> =>
    (await ask(`${server.http}/auth/login`, { json: { username, password: PASSWORD } })).body.tkn;
  return { shop, server, admin, root: await tokenOf('root'), ann: await tokenOf('ann') };
}

const id = (index: number) => sensor(index).credentials[0]?.id ?? '';

type Shown = { id: string; lastUsedAt: string | null; createdAt: string; expiresAt: string };

/** Reads all pages, and tells how many there are said to be. */
async function read({ http }: Server, bearer: string, path: string) {
  const rows: Shown[] = [];
  const totals = new Set<string | null>();
  for (let next: string | undefined = `/api/v1/${path}`; next !== undefined; ) {
    const { status, headers, body } = await ask(new URL(next, http).href, { bearer });
    expect([path, status]).toEqual([path, 200]);
    rows.push(...body);
    totals.add(headers.get('x-total-count'));
    next = /^<([^>]+)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1];
  }
  expect(totals).toEqual(new Set([`${rows.length}`]));
  return rows;
}

describe('a list of the management API', () => {
  const shared = sharedByTests(sorted);
  const all = async (path: string, who: 'root' | 'ann' = 'root') => {
    const made = shared();
    return read(made.server, made[who], path);
  };
  const ids = async (path: string, who?: 'root' | 'ann') => (await all(path, who)).map((row) => row.id);

  it.each(['clients', 'tokens'])(
    'of %s is sorted by each of its fields, both ways, page by page',
    async (list) => {
      for (const [sort, fieldOf] of [
        ['id', (row: Shown) => row.id],
        ['createdAt', (row: Shown) => Date.parse(row.createdAt)],
        ['expiresAt', (row: Shown) => (row.expiresAt === null ? Infinity : Date.parse(row.expiresAt))],
        ['lastUsedAt', (row: Shown) => (row.lastUsedAt === null ? 0 : Date.parse(row.lastUsedAt))],
      ] as const) {
        const rows = await all(`${list}?sort=${sort}&limit=7`);
        expect(rows).toHaveLength(COUNT + 1);
        const expected = [...rows].sort((one, other) => {
          const [a, b] = [fieldOf(one), fieldOf(other)];
          return a === b ? (one.id < other.id ? -1 : 1) : a < b ? -1 : 1;
        });
        expect(rows.map((row) => row.id)).toEqual(expected.map((row) => row.id));
        expect(await ids(`${list}?sort=-${sort}&limit=4`)).toEqual(expected.map((row) => row.id).reverse());
        expect(await ids(`${list}?sort=${sort}`)).toEqual(expected.map((row) => row.id));
      }
      const last = (await ids(`${list}?sort=-lastUsedAt&limit=3`))
        .slice(0, 3)
        .map((each) => each.split(':')[0]);
      expect(last).toEqual([5, 9, 2].map((index) => sensor(index).id));
    },
  );

  it('holds what is searched for, in any case', async () => {
    const { admin } = shared();
    expect(await ids('clients?search=SENSOR-01')).toEqual(
      Array.from({ length: 10 }, (_, index) => sensor(10 + index).id),
    );
    expect(await ids('clients?search=ann&sort=-id&limit=5')).toHaveLength(COUNT / 2);
    expect(await ids('tokens?search=Line%202&limit=3')).toHaveLength(COUNT / 3);
    expect(await ids('tokens?search=kw_live_ABC')).toHaveLength(COUNT);
    expect(await ids(`tokens?search=${admin.clientId}`)).toEqual([admin.id]);
    expect(await ids('users?search=OO&sort=-createdAt')).toEqual(['root']);
    expect(await ids('users?sort=-createdAt')).toHaveLength(3);
    expect(await ids('clients?search=nothing-like-that')).toEqual([]);
    expect(await ids('clients?search=sensor&sort=-createdAt&limit=5', 'ann')).toHaveLength(COUNT / 2);
    expect(await ids('provision/keys?search=x&sort=-expiresAt')).toEqual([]);
  });

  it('holds things of several states', async () => {
    const revoked = await ids('tokens?state=revoked');
    const valid = await ids('tokens?state=valid');
    expect([revoked.length, valid.length]).toEqual([4, COUNT - 3]);
    expect((await ids('tokens?state=revoked,valid&limit=6')).sort()).toEqual([...revoked, ...valid].sort());
    expect((await ids('tokens?state=revoked&state=valid&limit=6')).sort()).toEqual(
      [...revoked, ...valid].sort(),
    );
    expect(await ids('clients?state=valid,no-credential')).toHaveLength(COUNT + 1);
  });

  it('names what it cannot be sorted by, and a place of another order', async () => {
    const { server, root } = shared();
    const { headers } = await ask(`${server.http}/api/v1/clients?sort=createdAt&limit=2`, {
      bearer: root,
    });
    const place = /after=([^&>]+)/.exec(headers.get('link') ?? '')?.[1] ?? '';
    for (const [query, detail] of [
      ['clients?sort=owner', 'cannot be sorted by "owner"'],
      ['clients?sort=', 'cannot be sorted by ""'],
      ['users?sort=lastUsedAt', 'cannot be sorted by "lastUsedAt"'],
      ['clients?sort=createdAt&after=sensor-001', 'after is not what a page'],
      [`clients?sort=-createdAt&after=${place}`, 'after is not what a page'],
      [`clients?search=${'x'.repeat(201)}`, 'search'],
      ['clients?state=valid,gone', 'there is no state "gone"'],
      ['sessions?sort=id', 'there is no query parameter "sort"'],
    ]) {
      const { status, body } = await ask(`${server.http}/api/v1/${query}`, { bearer: root });
      expect([status, body.detail]).toEqual([400, expect.stringContaining(detail ?? '')]);
    }
  });

  it('is the same on the command line', async () => {
    const { shop } = shared();
    for (const [command, path] of [
      [['key', 'list'], 'clients'],
      [['token', 'list'], 'tokens'],
      [['user', 'list'], 'users'],
    ] as const) {
      const run = await shop.keywright([...command, '--json', '--sort=-createdAt', '--search', 'n']);
      expect(JSON.parse(run.stdout).map((row: Shown) => row.id)).toEqual(
        await ids(`${path}?sort=-createdAt&search=n&limit=9`),
      );
    }
    const wrong = await shop.keywright(['key', 'list', '--sort', 'owner']);
    expect([wrong.exitCode, wrong.stderr]).toEqual([
      2,
      expect.stringContaining('cannot be sorted by "owner"'),
    ]);
  });
});

describe('a sorted list of the library', () => {
  it('is that of the API', async () => {
    const { shop, server, root } = await sorted();
    const keystore = await openKeystore({ home: shop.home, environment: {} });
    const tokens = await keystore.tokens({ search: 'LINE 1', sort: '-expiresAt' });
    const rows = await read(server, root, 'tokens?search=line%201&sort=-expiresAt&limit=3');
    expect(tokens.map((token) => token.id)).toEqual(rows.map((row) => row.id));
    keystore.close();
  });
});
