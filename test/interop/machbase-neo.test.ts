import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { PROGRAM, serve, type Workshop, workshop } from '../support/keywright.js';

// The commands of machbase-neo's guide as its users type them, in one shell, with keywright's name and free ports.

async function shell({ directory, home }: Workshop, script: string, env: Record<string, string> = {}) {
  const result = await execa(
    'bash',
    ['-c', `set -uo pipefail\nkeywright() { "${process.execPath}" "${PROGRAM}" "$@"; }\n${script}`],
    {
      cwd: directory,
      env: { KEYWRIGHT_HOME: home, ...env },
      reject: false,
    },
  );
  return { exitCode: result.exitCode, stdout: result.stdout, stderr: result.stderr };
}

it('generates, lists and deletes keys', async () => {
  const shop = await workshop();
  const generated = await shell(shop, 'keywright key gen myapp01 --output ./myapp01');
  expect(generated.stdout).toBe(
    'Save certificate ./myapp01_cert.pem\nSave private key ./myapp01_key.pem\nSave token ./myapp01_token',
  );
  const listed = await shell(shop, 'ls -l ./myapp01* | cut -c1-10');
  expect(listed.stdout.split('\n')).toEqual(['-rw-r--r--', '-rw-------', '-rw-------']);
  expect((await shell(shop, 'cat ./myapp01_token')).stdout).toMatch(/^myapp01:b:[0-9a-f]+$/);
  expect((await shell(shop, 'keywright shell key list')).stdout).toMatch(
    /│ 1 │ myapp01 +│ \S+Z │ \S+Z │ valid +│/,
  );
  expect((await shell(shop, 'keywright key del myapp01')).exitCode).toBe(0);
  expect((await shell(shop, 'keywright key server-cert --output ./keywright.crt')).exitCode).toBe(0);
  expect((await stat(join(shop.directory, 'keywright.crt'))).size).toBeGreaterThan(300);
});

it('gets in over HTTP with a token, and not without or with a wrong one', async () => {
  const shop = await workshop();
  await shell(shop, 'keywright key gen http-api-app01');
  const server = await serve(shop, ['--http-enable-token-auth', 'true']);
  expect(server.log()).toContain('HTTP token authentication enabled');
  const env = { URL: `${server.http}/db/query` };
  const query = 'curl --silent --output - "$URL" --data-urlencode "q=select * from EXAMPLE limit 2"';
  const accepted = await shell(
    shop,
    `${query} -H "Authorization: Bearer \`cat ./http-api-app01_token\`"`,
    env,
  );
  expect(JSON.parse(accepted.stdout)).toMatchObject({
    success: true,
    reason: 'success',
    elapse: expect.stringMatching(/ms$/),
  });
  const wrong = await shell(
    shop,
    `${query} --include -H "Authorization: Bearer http-api-app01:b:intended-wrong-value"`,
    env,
  );
  expect(wrong.stdout).toContain('HTTP/1.1 401 Unauthorized');
  expect(wrong.stdout).toContain('"success":false,"reason":"invalid token"');
  const none = await shell(shop, query, env);
  expect(JSON.parse(none.stdout)).toMatchObject({ success: false, reason: 'missing token' });
});

it('gets in over MQTT with a token, and not without', async () => {
  const shop = await workshop();
  await shell(shop, 'keywright key gen mqtt-api-app01');
  const server = await serve(shop, ['--mqtt-enable-token-auth', 'true']);
  expect(server.log()).toContain('MQTT token authentication enabled');
  const env = { PORT: String(server.mqttPort) };
  const publish = `mosquitto_pub -h 127.0.0.1 -p $PORT -t db/write/EXAMPLE -m '[ "wave.pi", '"\`date +%s000000000\`"', 3.1415]'`;
  for (const qos of [0, 1, 2]) {
    const published = await shell(
      shop,
      `${publish} -q ${qos} --id mqtt-api-app01 --username \`cat ./mqtt-api-app01_token\``,
      env,
    );
    expect(published).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  }
  const refused = await shell(shop, publish, env);
  expect(refused.exitCode).toBe(5);
  expect(refused.stderr).toMatch(/Connection Refused: not authori[sz]ed/);
});

it('gets in over MQTT with a certificate, with and without --insecure', async () => {
  const shop = await workshop();
  await shell(
    shop,
    'keywright key gen myapp01 --output ./myapp01 && keywright key server-cert --output ./keywright.crt',
  );
  const server = await serve(shop, ['--mqtt-enable-tls', 'true']);
  const env = { PORT: String(server.mqttPort) };
  const publish = `mosquitto_pub -h 127.0.0.1 -p $PORT --id myapp01 --cafile ./keywright.crt -t db/append/EXAMPLE -m '[ "wave.pi", 1, 3.1415]'`;
  const identity = '--cert ./myapp01_cert.pem --key ./myapp01_key.pem';
  for (const more of ['--insecure', '']) {
    expect(await shell(shop, `${publish} ${identity} ${more} -q 1`, env)).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: '',
    });
  }
  expect((await shell(shop, `${publish} --insecure`, env)).exitCode).not.toBe(0);
});
