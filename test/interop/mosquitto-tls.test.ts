import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { eventually, workshop } from '../support/keywright.js';
import { startMosquitto } from '../support/mosquitto.js';

it('lets Mosquitto itself verify clients by their certificates, and know them by their ids', async () => {
  const { directory, keywright } = await workshop();
  for (const id of ['sensor-1', 'sensor-2']) await keywright(['key', 'gen', id]);
  await keywright(['server-cert', '--output', 'keywright.crt']);
  const stranger = await workshop();
  await stranger.keywright(['key', 'gen', 'sensor-1', '--output', join(directory, 'stranger')]);
  const at = (name: string) => join(directory, name);
  // docs/brokers/mosquitto-tls.md
  await execa(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
      ...['-subj', '/CN=broker', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
      ...['-keyout', at('broker_key.pem'), '-out', at('broker_cert.pem')],
    ],
    { stdin: 'ignore' },
  );
  await writeFile(at('acl'), 'pattern readwrite sensors/%u/#\n');
  const broker = await startMosquitto({
    configuration: [
      `cafile ${at('keywright.crt')}`,
      `certfile ${at('broker_cert.pem')}`,
      `keyfile ${at('broker_key.pem')}`,
      'require_certificate true',
      'use_identity_as_username true',
      `acl_file ${at('acl')}`,
    ].join('\n'),
  });
  const link = (prefix: string | undefined) => [
    ...[
      '-h',
      'localhost',
      '-p',
      String(broker.port),
      '--cafile',
      at('broker_cert.pem'),
      '-V',
      '5',
      '-q',
      '1',
    ],
    ...(prefix ? ['--cert', at(`${prefix}_cert.pem`), '--key', at(`${prefix}_key.pem`)] : []),
  ];
  const publish = (prefix: string | undefined, topic: string, ...more: string[]) =>
    execa('mosquitto_pub', [...link(prefix), ...more, '-t', topic, '-m', 'x'], {
      ...{ reject: false, timeout: 10_000, stdin: 'ignore' },
    });

  const listener = execa('mosquitto_sub', [...link('sensor-1'), '-t', 'sensors/#', '-C', '1', '-v'], {
    ...{ reject: false, timeout: 10_000, stdin: 'ignore' },
  });
  await eventually(() => /u'sensor-1'[\s\S]*SUBACK/.test(broker.log()), {
    withinMs: 5000,
    what: 'subscribed',
  });
  // The other client's, under whatever user name it gives.
  await publish('sensor-2', 'sensors/sensor-1/stolen', '-u', 'sensor-1', '-P', 'x');
  expect(await publish('sensor-1', 'sensors/sensor-1/t', '-i', 'anything')).toMatchObject({ exitCode: 0 });
  expect(await listener).toMatchObject({ stdout: 'sensors/sensor-1/t x' });
  expect(broker.log()).toMatch(/u'sensor-2'/);

  expect((await publish('stranger', 'sensors/sensor-1/t')).exitCode).not.toBe(0);
  expect((await publish(undefined, 'sensors/sensor-1/t')).exitCode).not.toBe(0);
});
