import { appendFile, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FileAuditLog } from '../../src/audit/file-log.js';
import { scratchDirectory } from '../support/keywright.js';

const ME = { who: 'me', from: 'local' };

interface Opened {
  readonly log: FileAuditLog;
  readonly home: string;
  readonly path: string;
  readonly head: string;
  act(...targets: string[]): Promise<void>;
}

async function opened({ rotateAt }: { readonly rotateAt?: number } = {}): Promise<Opened> {
  const home = join(await scratchDirectory(), 'home');
  const options = { home, clock: { now: () => Date.parse('2030-01-01T00:00:00Z') }, actor: ME };
  const log = new FileAuditLog({ ...options, ...(rotateAt !== undefined && { rotateAt }) });
  return {
    ...{ log, home, path: join(home, 'audit.log'), head: join(home, 'audit.head') },
    async act(...targets) {
      for (const target of targets) await log.record([{ action: 'test', target }], async () => undefined);
    },
  };
}

const outcomes = async ({ log }: Opened) =>
  (await log.entries()).map(({ target, outcome }) => `${target} ${outcome}`);

describe('an action in the audit log', () => {
  it('has what came of it: done, failed, refused, or begun if its program ended before', async () => {
    const at = await opened();
    await at.act('a');
    await expect(
      at.log.record([{ action: 'test', target: 'b' }], async () => {
        // Another one in between.
        await at.act('c');
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    await at.log.refused({ action: 'test', target: 'd' });
    void at.log.record([{ action: 'test', target: 'e' }], () => new Promise(() => undefined));
    await at.act('f');
    expect(await outcomes(at)).toEqual(['a done', 'b failed', 'c done', 'd refused', 'e begun', 'f done']);
    expect((await at.log.check()).fault).toBeUndefined();
  });

  it('of an older log is done, unless a later line says that it failed', async () => {
    const at = await opened();
    await at.act('x');
    await writeFile(
      at.path,
      ['begun', 'begun', 'failed', 'refused']
        .map(
          (outcome, index) =>
            `${JSON.stringify({ seq: index + 1, at: '2026-11-25T14:21:11Z', who: 'root', action: 'a', target: 't', outcome, hash: 'h' })}\n`,
        )
        .join(''),
    );
    expect(await outcomes(at)).toEqual(['t done', 't failed', 't refused']);
  });

  it('is found by its target, actor, action and time', async () => {
    const home = join(await scratchDirectory(), 'home');
    let time = 0;
    const log = new FileAuditLog({ home, clock: { now: () => time }, actor: ME });
    const did = async (who: string, action: string, target: string) => {
      time += 1000;
      await log.by({ who, from: '::1' }).record([{ action, target }], async () => undefined);
    };
    await did('root', 'key.gen', 'a');
    await did('user ann', 'token.register', 'a:1');
    await did('user root', 'key.del', 'b');
    await did('client ann', 'token.edit', 'ab:1');
    const found = async (query: Parameters<typeof log.entries>[0]) =>
      (await log.entries(query)).map(({ action }) => action);
    expect(await found({ target: 'a' })).toEqual(['key.gen', 'token.register']);
    expect(await found({ target: 'a:1' })).toEqual(['token.register']);
    expect(await found({ actor: 'ann' })).toEqual(['token.register', 'token.edit']);
    expect(await found({ actor: 'user root' })).toEqual(['key.del']);
    expect(await found({ action: 'key' })).toEqual(['key.gen', 'key.del']);
    expect(await found({ action: 'key.d' })).toEqual([]);
    expect(await found({ since: 2000, until: 3000 })).toEqual(['token.register', 'key.del']);
    expect(await found({ actor: 'ann', since: 3000 })).toEqual(['token.edit']);
  });
});

describe('a page of the log', () => {
  it('begins with the newest action and goes on before the last one, over pieces and files of the log', async () => {
    const at = await opened({ rotateAt: 150_000 });
    const long = 'x'.repeat(700);
    await Promise.all(
      Array.from({ length: 300 }, (_, index) => at.log.refused({ action: 'a', target: `${long}${index}` })),
    );
    await expect(
      at.log.record([{ action: 'b', target: 'c' }], () => Promise.reject(new Error())),
    ).rejects.toThrow();
    await at.act('d');
    const all = (await at.log.entries()).reverse();
    expect(all.map(({ outcome }) => outcome).slice(0, 3)).toEqual(['done', 'failed', 'refused']);
    expect(all).toHaveLength(302);
    expect((await readdir(at.home)).filter((name) => name.startsWith('audit.log.'))).not.toEqual([]);
    const found = [];
    for (let before: number | undefined; ; ) {
      const page = await at.log.page({ limit: 45, before });
      found.push(...page.entries);
      if (page.next === undefined) break;
      before = page.next;
    }
    expect(found).toEqual(all);
    expect((await at.log.page({ limit: 302 })).next).toBeUndefined();
  });
});

describe('the chain', () => {
  it('goes on behind lines that the head does not name yet, as a full disk leaves them', async () => {
    const at = await opened();
    await at.act('a');
    const head = await readFile(at.head);
    await at.act('b', 'c');
    await writeFile(at.head, head);
    expect((await at.log.check()).fault).toBeUndefined();
    await at.act('d');
    expect((await at.log.check()).fault).toBeUndefined();
    expect(await outcomes(at)).toEqual(['a done', 'b done', 'c done', 'd done']);
  });

  it('goes on behind the first line of all where no head came to name it', async () => {
    const at = await opened();
    await at.log.refused({ action: 'test', target: 'a' });
    await writeFile(at.head, `0 ${'0'.repeat(64)}\n`);
    await at.act('b');
    expect((await at.log.check()).fault).toBeUndefined();
    expect(await outcomes(at)).toEqual(['a refused', 'b done']);
  });

  it.each([['{"seq":3,"at":"2030-01'], ['{"s']])(
    'drops half a line, %j, that nobody was told of',
    async (half) => {
      const at = await opened();
      await at.act('a');
      await appendFile(at.path, half);
      expect((await at.log.check()).fault).toBeUndefined();
      await at.act('b');
      expect((await at.log.check()).fault).toBeUndefined();
      expect(await outcomes(at)).toEqual(['a done', 'b done']);
    },
  );

  it('shows a last line that lost its line end, which the next action gives back', async () => {
    const at = await opened();
    await at.log.refused({ action: 'test', target: 'a' });
    await truncate(at.path, (await readFile(at.path)).length - 1);
    expect((await at.log.check()).fault).toMatchObject({
      line: 1,
      fault: 'is missing: the log was cut short',
    });
    await at.act('b');
    expect((await at.log.check()).fault).toBeUndefined();
  });

  it.each<[string, (at: Opened) => Promise<void>, string]>([
    ['rubbish behind the last line', ({ path }) => appendFile(path, 'rubbish'), 'behind the last line'],
    ['a line without its end', ({ path }) => appendFile(path, '{"seq":5}'), 'behind the last line'],
    ['a line of another number', ({ path }) => appendFile(path, '{"seq":6,"at":"'), 'behind the last line'],
    ['an invented line', ({ path }) => appendFile(path, '{"seq":5}\n'), 'was changed'],
    ['a head that is gone', ({ head }) => rm(head), 'audit.head, which names the last line, is gone'],
    ['a head that is damaged', ({ head }) => writeFile(head, 'rubbish'), 'is damaged'],
    [
      'a head that is gone, and fewer lines',
      async ({ head, path }) => {
        await rm(head);
        await truncate(path, (await readFile(path)).indexOf(10) + 1);
      },
      'is gone',
    ],
    ['no lines', ({ path }) => writeFile(path, ''), 'cut short'],
    ['no log', ({ path }) => rm(path), 'cut short'],
    ['a line longer than any', ({ path }) => appendFile(path, 'x'.repeat(200_000)), 'was changed'],
  ])('shows %s, also after later actions', async (_, tamper, fault) => {
    const at = await opened();
    await at.act('a', 'b');
    await tamper(at);
    const found = (await at.log.check()).fault;
    expect(found?.fault).toContain(fault);
    await at.act('c').catch(() => undefined);
    const later = (await at.log.check()).fault;
    expect(later).toMatchObject({ line: found?.line });
    expect((await at.log.check()).fault).toEqual(later);
  });

  it('of a home without a log is whole', async () => {
    const at = await opened();
    expect((await at.log.check()).fault).toBeUndefined();
    expect(await readdir(join(at.home, '..'))).toEqual([]);
  });

  it('stops changes, and names the way out, where the head is gone', async () => {
    const at = await opened();
    await at.act('a');
    await rm(at.head);
    let changed = false;
    const action = at.log.record([{ action: 'test', target: 'b' }], async () => {
      changed = true;
    });
    await expect(action).rejects.toThrow(`${at.head} is missing, which names the last line`);
    expect(changed).toBe(false);
    await rename(at.path, `${at.path}-aside`);
    await at.act('c');
    expect((await at.log.check()).fault).toBeUndefined();
  });
});

describe('a long log', () => {
  const DOZEN = Array.from({ length: 12 }, (_, index) => `t${index}`);

  it('is continued in another file, and is listed and checked over all of them', async () => {
    const at = await opened({ rotateAt: 1500 });
    await at.act(...DOZEN);
    const files = (await readdir(at.home)).filter((name) => name.startsWith('audit.log'));
    expect(files.length).toBeGreaterThan(2);
    expect((await at.log.check()).fault).toBeUndefined();
    expect(await outcomes(at)).toEqual(DOZEN.map((target) => `${target} done`));
    const lines = (name: string) =>
      readFile(join(at.home, name), 'utf8').then((text) => text.trim().split('\n'));
    const [first, second] = files
      .filter((name) => /\d$/.test(name))
      .sort((one, other) => Number(one.slice(10)) - Number(other.slice(10)));
    const last = JSON.parse((await lines(first ?? '')).at(-1) ?? '');
    expect(first).toBe(`audit.log.${last.seq}`);
    expect(JSON.parse((await lines(second ?? ''))[0] ?? '')).toMatchObject({
      seq: last.seq + 1,
      previous: last.hash,
    });
  });

  it('goes on where its program was killed before the first line of another file', async () => {
    const at = await opened();
    await at.log.refused({ action: 'test', target: 'a' });
    await rename(at.path, `${at.path}.1`);
    expect((await at.log.check()).fault).toBeUndefined();
    await at.act('b');
    expect((await at.log.check()).fault).toBeUndefined();
    expect(await outcomes(at)).toEqual(['a refused', 'b done']);
  });

  it.each<[string, (files: readonly string[], home: string) => Promise<void>]>([
    ['the first file is gone', async ([first = ''], home) => rm(join(home, first))],
    ['a file in between is gone', async ([, second = ''], home) => rm(join(home, second))],
    [
      'a file has another number',
      async ([first = ''], home) => rename(join(home, first), join(home, 'audit.log.999')),
    ],
    [
      'a line of an older file is cut off',
      async ([first = ''], home) =>
        truncate(join(home, first), (await readFile(join(home, first))).length - 9),
    ],
  ])('shows that %s', async (_, tamper) => {
    const at = await opened({ rotateAt: 1500 });
    await at.act(...DOZEN);
    const files = (await readdir(at.home))
      .filter((name) => /^audit\.log\.\d+$/.test(name))
      .sort((one, other) => Number(one.slice(10)) - Number(other.slice(10)));
    await tamper(files, at.home);
    expect((await at.log.check()).fault).toMatchObject({
      line: expect.any(Number),
      file: expect.any(String),
    });
    await at.act('later');
    expect((await at.log.check()).fault).toBeDefined();
  });

  it('is whole at each moment beside writers that change files all the time', async () => {
    const at = await opened({ rotateAt: 900 });
    let isOver = false;
    const writing = Promise.all(
      ['x', 'y'].map(async (name) => {
        for (let count = 0; count < 25; count += 1) await at.act(`${name}${count}`);
      }),
    ).finally(() => {
      isOver = true;
    });
    // Another one, as another process would have.
    const reader = new FileAuditLog({ home: at.home, clock: { now: () => 0 }, actor: ME });
    let [checks, seen] = [0, 0];
    while (!isOver) {
      expect((await reader.check()).fault).toBeUndefined();
      const { length } = await reader.entries();
      expect(length).toBeGreaterThanOrEqual(seen);
      [checks, seen] = [checks + 1, length];
    }
    await writing;
    expect(checks).toBeGreaterThan(1);
    expect(await reader.entries()).toHaveLength(50);
  });
});
