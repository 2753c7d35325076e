import { describe, expect, it } from 'vitest';
import { sharedByTests } from '../support/at-end.js';
import { fleet, sensor } from '../support/fleet.js';
import { ask, PASSWORD, registerKey, serve, type Workshop } from '../support/keywright.js';

async function managed(shop: Workshop) {
  const admin = await registerKey(shop, '--scope', 'admin', '--scope', 'ingest', '--owner', 'root');
  const { http } = await serve(shop);
  const { body } = await ask(`${http}/auth/login`, { json: { username: 'ann', password: PASSWORD } });
  const at = (path: string, bearer: string = admin.apiKey) => ask(new URL(path, http).href, { bearer });
  /** Reads all pages, from link to link. */
  const read = async (path: string) => {
    const pages: { id: string }[][] = [];
    for (let next: string | undefined = path; next !== undefined; ) {
      const { status, headers, body } = await at(next);
      expect(status).toBe(200);
      pages.push(body);
      next = /^<([^>]+)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1];
    }
    return pages.map((page) => page.map(({ id }) => id));
  };
  return { at, read, admin, ann: body.tkn as string };
}

describe('a list of the management API', () => {
  it('is an array of a page, and its Link leads to the next one and then to none', async () => {
    const shop = await fleet(130);
    const { at, read, admin } = await managed(shop);
    const all = [...Array.from({ length: 130 }, (_, index) => sensor(index).id), admin.clientId].sort();
    const pages = await read('/api/v1/clients');
    expect([pages.length, pages[0]?.length, pages.flat()]).toEqual([2, 100, all]);
    expect(await read('/api/v1/clients?limit=1000')).toEqual([all]);
    expect((await read('/api/v1/clients?limit=50')).map(({ length }) => length)).toEqual([50, 50, 31]);
    expect((await read('/api/v1/clients?limit=131')).length).toBe(1);
    expect((await read('/api/v1/clients?state=no-credential&limit=20&label=line%20*')).flat()).toEqual(
      all.filter((id) => /[49]$/.test(id) && id.startsWith('sensor')),
    );
    const keys = (await read('/api/v1/tokens?limit=7&owner=ann&expiringWithin=30d')).flat();
    expect(keys).toHaveLength(52);
    expect(await read('/api/v1/users?limit=2')).toEqual([['ann', 'bob'], ['root']]);
    expect((await read('/api/v1/sessions?owner=ann'))[0]).toHaveLength(1);
    expect(await read('/api/v1/provision/keys')).toEqual([[]]);
    expect((await at('/api/v1/clients?limit=1&after=sensor-128')).headers.get('link')).toBe(null);
  });

  it('shows members their own alone, whatever they ask for', async () => {
    const { at, ann } = await managed(await fleet(10));
    const ids = async (path: string) => (await at(path, ann)).body.map(({ id }: { id: string }) => id);
    const own = [1, 3, 5, 7, 9].map((each) => sensor(each).id);
    expect(await ids('/api/v1/clients')).toEqual(own);
    expect(await ids('/api/v1/clients?owner=ann&limit=2&after=sensor-002')).toEqual(own.slice(1, 3));
    expect(await ids('/api/v1/users')).toEqual(['ann']);
    expect(await ids('/api/v1/tokens?state=valid')).toHaveLength(4);
    for (const other of ['bob', 'nobody']) {
      for (const list of ['clients', 'tokens', 'sessions']) {
        const { status, body } = await at(`/api/v1/${list}?owner=${other}`, ann);
        expect([status, body.detail]).toEqual([404, expect.stringContaining(`there is no user ${other}`)]);
      }
    }
    expect((await at('/api/v1/provision/keys', ann)).status).toBe(403);
  });
});

describe('a query of the management API', () => {
  const shared = sharedByTests(async () => managed(await fleet(2)));

  it.each([
    ['clients?Limit=5', 'there is no query parameter "Limit"'],
    ['clients?limit=5&offset=5', 'there is no query parameter "offset"'],
    ['clients?limit=0', 'limit is not a number from 1 to 1000'],
    ['clients?limit=1001', 'limit is not a number from 1 to 1000'],
    ['clients?limit=-1', 'the query parameter "limit" '],
    ['clients?limit=', 'the query parameter "limit" '],
    ['clients?limit=1&limit=2', 'the query parameter "limit" '],
    ['clients?state=dead', 'there is no state "dead"'],
    ['clients?expiringWithin=tomorrow', '"tomorrow" is not a duration'],
    ['clients?after=', 'after is not an id'],
    ['clients?owner=a%2Fb', 'user name "a/b" is not allowed'],
    ['users?owner=ann', 'there is no query parameter "owner"'],
    ['sessions?state=valid', 'there is no query parameter "state"'],
    ['clients/sensor-001?verbose=1', 'there is no query parameter "verbose"'],
    ['provision/keys?page=2', 'there is no query parameter "page"'],
  ])('is refused with 400 that names the fault: %s', async (path, detail) => {
    const { at } = shared();
    const { status, body } = await at(`/api/v1/${path}`);
    expect([status, body.detail]).toEqual([400, expect.stringContaining(detail)]);
  });
});
