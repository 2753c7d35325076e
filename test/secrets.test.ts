import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { expect, it } from 'vitest';
import {
  addUser,
  ask,
  eventually,
  PASSWORD,
  registerKey,
  serveProgram,
  type Workshop,
  workshop,
} from './support/keywright.js';

async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** All that commands print which shows things. */
async function everythingShown(
  { keywright }: Workshop,
  ids: { client: string; token: string; provisioningKey: string },
): Promise<string> {
  const commands = [
    ...[
      ['key', 'list'],
      ['key', 'show', 'app'],
      ['key', 'show', ids.client],
      ['token', 'list'],
      ['token', 'show', ids.token],
    ],
    ...[
      ['user', 'list'],
      ['user', 'show', 'ann'],
      ['session', 'list'],
      ['provision', 'key', 'list'],
      ['license', 'show'],
      ['audit', 'list'],
      ['ca', 'show'],
    ],
    ...[
      ['token', 'invalidate', ids.token],
      ['token', 'rotate', ids.token],
      ['user', 'edit', 'ann', '--email', 'x'],
    ],
    ...[
      ['verify', '--token-file', 'wrong_token'],
      ['provision', 'key', 'del', ids.provisioningKey],
    ],
  ];
  const runs = await Promise.all(
    commands.flatMap((command) => [keywright(command), keywright([...command, '--json'])]),
  );
  return runs.map(({ stdout, stderr }) => stdout + stderr).join('\n');
}

it('no secret is in a log, a list, an error, or a file that is not meant for it', async () => {
  const shop = await workshop();
  await shop.keywright(['key', 'gen', 'app']);
  await addUser(shop, 'ann', '--role', 'admin');
  const key = await registerKey(shop, '--mqtt-password');
  const jwtSecret = 'a-secret-of-more-than-32-octets-for-hs256';
  const server = await serveProgram(shop, ['--log', 'json'], { JWT_SECRET: jwtSecret });
  const login = await ask(`${server.http}/api/v1/auth/login`, {
    json: { username: 'ann', password: PASSWORD },
  });
  const { accessToken, refreshToken } = login.body;
  const exchanged = await ask(`${server.http}/v1/token/exchange`, { json: { api_key: key.apiKey } });
  const made = await ask(`${server.http}/api/v1/tokens`, {
    bearer: accessToken,
    json: { mqttPassword: true },
  });
  const issued = await ask(`${server.http}/api/v1/clients`, {
    ...{ bearer: accessToken, json: { id: 'made', mqttPassword: 'alone' } },
  });
  const provisioned = await ask(`${server.http}/api/v1/provision/keys`, { bearer: accessToken, json: {} });
  const spare = await ask(`${server.http}/api/v1/provision/keys`, { bearer: accessToken, json: {} });
  const device = await ask(`${server.http}/api/v1/provision/agent`, {
    json: { key: provisioned.body.key, agentName: 'device' },
  });
  const signedToken = await readFile(join(shop.directory, 'app_token'), 'utf8');
  const secrets: Record<string, string> = {
    ...{
      PASSWORD,
      jwtSecret,
      signedToken,
      accessToken,
      refreshToken,
      apiKey: key.apiKey,
      wrapped: key.wrapped,
    },
    ...{
      mqttPassword: key.mqttPassword ?? '',
      exchanged: exchanged.body.access_token,
      madeKey: made.body.apiKey,
    },
    ...{ madePassword: made.body.mqttPassword, issuedToken: issued.body.token },
    alonePassword: issued.body.mqttPassword,
    ...{ usedKey: provisioned.body.key, spareKey: spare.body.key },
    ...{ deviceKey: device.body.apiKey, devicePassword: device.body.mqttPassword },
    privateKey: issued.body.privateKey.split('\n')[1],
  };
  for (const [name, secret] of Object.entries(secrets))
    expect([name, secret.length > 20]).toEqual([name, true]);

  // Wrong in every way that repeats what was sent.
  const answers: string[] = [];
  for (const [name, secret] of Object.entries(secrets)) {
    for (const [status, request] of [
      // Longer names than there can be are refused before they are looked up; so are longer provisioning keys.
      [
        secret.length > 254 ? 400 : 401,
        ask(`${server.http}/auth/login`, { json: { username: secret, password: secret } }),
      ],
      [400, ask(`${server.http}/auth/login`, { json: { username: 'ann', [secret.slice(0, 70)]: 1 } })],
      [401, ask(`${server.http}/v1/token/exchange`, { json: { api_key: `${secret}x`, scope: 'admin' } })],
      [
        401,
        ask(`${server.http}/oauth/token`, {
          form: { grant_type: 'client_credentials', client_id: 'x', client_secret: secret },
        }),
      ],
      [
        secret.length >= 200 ? 400 : 401,
        ask(`${server.http}/api/v1/provision/agent`, {
          json: { key: `${secret}x`, agentName: secret.slice(0, 200) },
        }),
      ],
      [401, ask(`${server.http}/api/v1/tokens`, { bearer: `${secret.replaceAll('\n', '')}x` })],
      [
        400,
        ask(`${server.http}/api/v1/users`, { bearer: accessToken, json: { id: 'x', password: [secret] } }),
      ],
    ] as const) {
      const { body, headers, ...answer } = await request;
      expect([name, answer.status, body]).toEqual([name, status, expect.objectContaining({ status })]);
      answers.push(JSON.stringify(body) + JSON.stringify([...headers]));
    }
    // The caller's own credential holds; RFC 7662 section 2.2: of another's that does not, nothing else is said.
    const asked = await ask(`${server.http}/oauth/introspect`, {
      ...{ form: { token: `${secret}x` }, bearer: accessToken },
    });
    expect([name, asked.status, asked.body]).toEqual([name, 200, { active: false }]);
    answers.push(JSON.stringify([...asked.headers]));
    await connectAsync(`mqtt://127.0.0.1:${server.mqttPort}`, {
      username: 'x',
      password: `${secret}x`,
      reconnectPeriod: 0,
    }).catch(() => undefined);
  }
  await eventually(() => server.log().includes('MQTT connection refused'), {
    withinMs: 2000,
    what: 'logged',
  });
  const shown = await everythingShown(shop, {
    ...{ client: key.clientId, token: made.body.id, provisioningKey: spare.body.key },
  });
  await server.stop();

  const files = await filesBelow(shop.home);
  const kept = await Promise.all(files.map(async (path) => `${path}\n${await readFile(path, 'utf8')}`));
  const places = { answers: answers.join('\n'), shown, log: server.log(), kept: kept.join('\n') };
  for (const [place, text] of Object.entries(places)) {
    for (const [name, secret] of Object.entries(secrets)) {
      // The name of an unknown field is repeated, because whoever sent it must find it.
      const found = text
        .replaceAll(`there is no field \\"${secret.slice(0, 70)}\\"`, '')
        .includes(secret.slice(0, 60));
      expect([place, name, found]).toEqual([place, name, false]);
    }
  }
  // The CA's certificate is for everybody.
  for (const path of files.filter((name) => !name.endsWith('/ca/cert.pem')))
    expect([path, ((await stat(path)).mode & 0o077).toString(8)]).toEqual([path, '0']);
  expect((await readdir(shop.directory)).filter((name) => /^core/.test(name))).toEqual([]);
});
