import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SECRET_PLACEHOLDER } from '../../src/integrate/broker-contract.js';
import { emqx } from '../../src/integrate/emqx.js';
import type { Answer, Installation, Integration } from '../../src/integrate/integration.js';
import { mosquitto } from '../../src/integrate/mosquitto.js';
import { rabbitmq } from '../../src/integrate/rabbitmq.js';
import { replay } from '../../src/integrate/replay.js';
import { vernemq } from '../../src/integrate/vernemq.js';
import { freePort } from '../support/gateway.js';
import { registerKey, serve, workshop } from '../support/keywright.js';

const BROKERS: [string, Integration][] = [mosquitto, emqx, vernemq, rabbitmq].map((each) => [
  each.name,
  each,
]);
const SECRET = 'a-secret-of-24-letters.x';

async function problemsOf(integration: Integration, secret: string | undefined): Promise<string[]> {
  const shop = await workshop();
  const { clientId, apiKey } = await registerKey(shop);
  const file = join(shop.directory, 'secret');
  await writeFile(file, `${SECRET}\n`, { mode: 0o600 });
  const { http } = await serve(shop, secret ? ['--callback-secret-file', file] : []);
  const steps = integration.contract?.({ clientId, apiKey, secret }) ?? [];
  const outcomes = await replay(http, steps);
  expect(outcomes.map(({ says }) => says)).toEqual(steps.map(({ says }) => says));
  return outcomes.filter(({ holds }) => !holds).map(({ says, problem }) => `${says}: ${problem}`);
}

describe('a replay', () => {
  const step = (path: string) => ({
    says: `asks ${path}`,
    request: { method: 'GET', path },
    judge: ({ status }: Answer) => (status === 200 ? undefined : `it is ${status}`),
  });

  it('says of each step whether it holds, and what is wrong', async () => {
    const { http } = await serve(await workshop());
    expect(await replay(`${http}/`, [step('/healthz'), step('/nowhere'), step('/readyz')])).toEqual([
      { says: 'asks /healthz', holds: true, problem: undefined },
      { says: 'asks /nowhere', holds: false, problem: 'it is 401' },
      { says: 'asks /readyz', holds: true, problem: undefined },
    ]);
  });

  it('names an address where nobody answers', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    await expect(replay(url, [step('/healthz')])).rejects.toMatchObject({
      code: 'io',
      message: expect.stringContaining(`keywright at ${url} cannot be reached: `),
    });
  });
});

describe.each(BROKERS)('%s', (name, integration) => {
  it('gets what its contract says, from this machine and with the secret', async () => {
    expect(integration.contract?.({ clientId: 'a', apiKey: 'b', secret: undefined }).length).toBeGreaterThan(
      6,
    );
    expect(await problemsOf(integration, undefined)).toEqual([]);
    expect(await problemsOf(integration, SECRET)).toEqual([]);
  });

  it('is configured to ask keywright where that is, and never shows the secret', () => {
    const installation: Installation = {
      httpUrl: 'https://keys.example.com:5654',
      mqttUrl: 'mqtts://keys.example.com:8883',
      caFile: '/etc/keywright/ca.pem',
      home: '/var/lib/keywright',
      callbackSecretFile: '/etc/keywright/callback-secret',
      credentialHeaders: ['Authorization'],
      program: ['keywright'],
      version: '0.1.0',
    };
    const textOf = (given: Installation) =>
      integration
        .configuration(given)
        .map(({ text }) => text)
        .join('');
    const shared = textOf(installation);
    expect(shared).toContain(`/callbacks/${name}`);
    expect(shared).toContain('keys.example.com');
    expect(shared).toContain('/etc/keywright/ca.pem');
    expect(shared).toContain(SECRET_PLACEHOLDER);
    expect(shared).toContain('/etc/keywright/callback-secret');
    const local = textOf({
      ...installation,
      httpUrl: 'http://127.0.0.1:5654',
      callbackSecretFile: undefined,
    });
    expect(local).not.toContain(SECRET_PLACEHOLDER);
    expect(local).not.toContain('ca.pem');
    expect(local.endsWith('\n')).toBe(true);
  });
});
