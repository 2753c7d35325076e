import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { serve, workshop } from '../support/keywright.js';

/** The shell blocks of the page that tells how devices register themselves. */
async function blocks(): Promise<string[]> {
  const page = await readFile(new URL('../../docs/provisioning.md', import.meta.url), 'utf8');
  return [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block ?? '');
}

it('docs/provisioning.md leads a device with curl, openssl and mosquitto_pub to its end', async () => {
  const shop = await workshop();
  const { directory: cwd, keywright } = shop;
  const flags = ['--mqtt', 'mqtts://127.0.0.1:0', '--mqtt-client-certificate', 'optional'];
  const server = await serve(shop, ['--http', 'https://127.0.0.1:0', ...flags]);
  await keywright(['server-cert', '--output', 'gw.crt']);
  const { stdout: key } = await keywright(['provision', 'key', 'create']);
  await writeFile(join(cwd, 'gateway-01.key'), `${key}\n`);
  const run = (script: string) =>
    execa(
      'bash',
      ['-euc', script.replaceAll('gw.example.com', '127.0.0.1').replaceAll('8883', `${server.mqttPort}`)],
      {
        cwd,
        env: { URL: server.http },
      },
    );
  const [, redeem = '', byKey = '', byCertificate = '', request = '', token = ''] = await blocks();
  await run(redeem);
  expect((await run(byKey)).stdout).toContain('"credential":"api-key"');
  expect((await run(byCertificate)).stdout).toContain('"credential":"certificate"');
  // openssl and keywright.
  await run(request.replace(/^keywright .*$/m, ''));
  expect((await keywright(['key', 'sign', 'sensor-7.csr', '--output', 'sensor-7_cert.pem'])).exitCode).toBe(
    0,
  );
  await run(token);
  expect((await keywright(['verify', '--token-file', 'sensor-7_token'])).exitCode).toBe(0);
});
