import { describe, expect, it } from 'vitest';
import { apiKeyId } from '../../src/core/manage/api-keys.js';
import { fleet, sensor } from '../support/fleet.js';
import { registerKey, workshop } from '../support/keywright.js';

const outcomes = (stdout: string) =>
  stdout
    .split('\n')
    .map((line) => JSON.parse(line))
    .sort((one, other) => one.line - other.line)
    .map(({ line, id, status, error }) => [line, id, error ? error.code : status]);

const keyOf = (index: number) => {
  const client = sensor(index);
  const [credential] = client.credentials;
  if (credential === undefined) throw new Error('no key');
  return apiKeyId(client, credential);
};

describe('key del --from', () => {
  it('deletes the clients that the lines name, says which it cannot, and goes on where it was', async () => {
    const { keywright } = await fleet(5);
    const input = 'sensor-000\nSENSOR-001\nnobody\nbad id\nsensor-003\n';
    const run = await keywright(['key', 'del', '--from', '-'], { input });
    expect([run.exitCode, outcomes(run.stdout), run.stderr]).toEqual([
      1,
      [
        [1, 'sensor-000', 'deleted'],
        [2, 'SENSOR-001', 'deleted'],
        [3, 'nobody', 'not-found'],
        [4, 'bad id', 'invalid-input'],
        [5, 'sensor-003', 'deleted'],
      ],
      'keywright: 3 clients deleted, 2 failed',
    ]);
    const listed = JSON.parse((await keywright(['key', 'list', '--json'])).stdout);
    expect(listed.map(({ id }: { id: string }) => id)).toEqual(['sensor-002', 'sensor-004']);
    const again = await keywright(['key', 'del', '--from', '-'], { input: 'sensor-000\nsensor-002' });
    expect([again.exitCode, outcomes(again.stdout)]).toEqual([
      0,
      [
        [1, 'sensor-000', 'skipped'],
        [2, 'sensor-002', 'deleted'],
      ],
    ]);
    const log = JSON.parse((await keywright(['audit', 'list', '--action', 'key.del', '--json'])).stdout);
    expect(
      log.map(({ target, outcome }: { target: string; outcome: string }) => [target, outcome]).sort(),
    ).toEqual(['sensor-000', 'sensor-001', 'sensor-002', 'sensor-003'].map((id) => [id, 'done']));
    expect((await keywright(['audit', 'verify'])).exitCode).toBe(0);
  });
});

describe('token … --from', () => {
  it.each([
    ['invalidate', 'invalidated', 'revoked'],
    ['suspend', 'suspended', 'suspended'],
    ['delete', 'deleted', undefined],
  ])('%s changes every API key that the lines name', async (verb, status, state) => {
    const { keywright } = await fleet(4);
    const input = `label,id\n"a, b",${keyOf(0)}\nx,${keyOf(2)}\nx,sensor-009:000000\n`;
    const run = await keywright(['token', verb, '--from', '-'], { input });
    expect([run.exitCode, outcomes(run.stdout).map(([, , each]) => each)]).toEqual([
      1,
      [status, status, 'not-found'],
    ]);
    const listed: { id: string; status: string }[] = JSON.parse(
      (await keywright(['token', 'list', '--json'])).stdout,
    );
    const states = new Map(listed.map((each) => [each.id, each.status]));
    expect([keyOf(0), keyOf(1), keyOf(2)].map((id) => states.get(id))).toEqual([state, 'valid', state]);
  });

  it('changes two keys of one client, and repeats no key that stands in place of an id', async () => {
    const shop = await workshop();
    const { id, apiKey, clientId } = await registerKey(shop);
    await shop.keywright(['token', 'rotate', id, '--overlap', '1h']);
    const keys: { id: string }[] = JSON.parse((await shop.keywright(['token', 'list', '--json'])).stdout);
    const input = `${keys.map((each) => each.id).join('\n')}\n${apiKey}\n`;
    const run = await shop.keywright(['token', 'invalidate', '--from', '-'], { input });
    expect(outcomes(run.stdout).map(([, , status]) => status)).toEqual([
      'invalidated',
      'invalidated',
      'not-found',
    ]);
    expect(run.stdout + run.stderr).not.toContain(apiKey);
    const shown = JSON.parse((await shop.keywright(['key', 'show', clientId, '--json'])).stdout);
    expect(shown.credentials.map((each: { status: string }) => each.status)).toEqual(['revoked', 'revoked']);
  });
});

describe('key export', () => {
  it('prints every client as CSV, which can be given back, or as lines of JSON, without secrets', async () => {
    const { keywright } = await fleet(30);
    await keywright(['key', 'gen', 'quoted', '--label', 'a "b", c']);
    await keywright(['key', 'del', 'sensor-029', '--yes']);
    const csv = await keywright(['key', 'export']);
    const [head, ...lines] = csv.stdout.trim().split('\r\n');
    expect([csv.exitCode, lines.length, head?.startsWith('id,status,label,owner,')]).toEqual([0, 30, true]);
    expect(csv.stdout).toContain('quoted,valid,"a ""b"", c",,');
    const json = await keywright(['key', 'export', '--json']);
    const listed: { id: string }[] = JSON.parse((await keywright(['key', 'list', '--json'])).stdout);
    const exported: { id: string }[] = json.stdout.split('\n').map((line) => JSON.parse(line));
    expect(exported.sort((one, other) => (one.id < other.id ? -1 : 1))).toEqual(listed);
    expect(csv.stdout + json.stdout).not.toMatch(/[0-9a-f]{64}"?,?"?hash|"hash"/);
    const deleted = await keywright(['key', 'del', '--from', '-'], { input: csv.stdout });
    expect(deleted.exitCode).toBe(0);
    expect(JSON.parse((await keywright(['key', 'list', '--json'])).stdout)).toEqual([]);
  });
});
