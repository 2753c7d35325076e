import { readFile } from 'node:fs/promises';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import type { FastifyInstance } from 'fastify';
import { connectAsync } from 'mqtt';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Failure } from '../../src/core/ports/observer.js';
import { putBefore } from '../../src/http/front-door.js';
import { OwnPaths } from '../../src/http/requests/own-paths.js';
import { ask, registerKey, type Server, serve, type Workshop, workshop } from '../support/keywright.js';
import { exchange, statusOf } from '../support/raw-http.js';

/** Certificates of the home's own CA, with subjects that keywright never gives. */
async function strangeCertificates(): Promise<Workshop> {
  const shop = await workshop();
  await shop.keywright(['ca', 'init']);
  await shop.keywright(['server-cert', '--output', 'ca.pem']);
  for (const [name, subject] of SUBJECTS) {
    const request = [
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-noenc',
      '-utf8',
      '-multivalue-rdn',
    ];
    await openssl(
      shop,
      'req',
      '-new',
      ...request,
      '-subj',
      subject,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
    );
    const ca = ['-CA', join(shop.home, 'ca', 'cert.pem'), '-CAkey', join(shop.home, 'ca', 'key.pem')];
    await openssl(shop, 'x509', '-req', '-in', `${name}.csr`, ...ca, '-days', '30', '-out', `${name}.pem`);
  }
  return shop;
}

const SUBJECTS = [
  ['empty', '/'],
  ['nameless', '/O=Plant 7'],
  ['two', '/CN=a/CN=b'],
  ['joined', '/CN=app+OU=x'],
  ['blank', '/CN= '],
] as const;

const openssl = ({ directory }: Workshop, ...args: string[]) => execa('openssl', args, { cwd: directory });

const isUp = async ({ http }: Server, options: readonly string[] = []) =>
  (await execa('curl', ['-s', ...options, `${http}/healthz`])).stdout;

describe('certificates of the CA that name nobody', () => {
  it('are refused over HTTPS and MQTT, and in a gateway’s header, by a server that goes on', async () => {
    const shop = await strangeCertificates();
    const { directory } = shop;
    const secure = await serve(shop, ['--http', 'https://127.0.0.1:0', '--mqtt', 'mqtts://127.0.0.1:0']);
    const plain = await serve(shop, ['--trusted-proxy', '127.0.0.1']);
    for (const [name] of SUBJECTS) {
      const curl = [
        '-s',
        '--cacert',
        'ca.pem',
        '--cert',
        `${name}.pem`,
        '--key',
        `${name}.key`,
        `${secure.http}/x`,
      ];
      const { stdout } = await execa('curl', curl, { cwd: directory });
      expect([name, JSON.parse(stdout).reason]).toEqual([name, 'invalid token']);
      const read = (file: string) => readFile(join(directory, file));
      const [cert, key] = [await read(`${name}.pem`), await read(`${name}.key`)];
      const ca = await read('ca.pem');
      const connecting = connectAsync(`mqtts://127.0.0.1:${secure.mqttPort}`, {
        ...{ cert, key, ca, clientId: 'app', reconnectPeriod: 0, connectTimeout: 10_000 },
      });
      await expect(connecting).rejects.toMatchObject({ code: 5 });
      const header = { 'x-ssl-client-cert': encodeURIComponent(String(cert)) };
      expect((await ask(plain.http, { headers: header })).status).toBe(401);
    }
    expect(await isUp(secure, ['--cacert', join(directory, 'ca.pem')])).toBe('{"status":"ok"}');
    expect(await isUp(plain)).toBe('{"status":"ok"}');
  });
});

describe('headers of every kind', () => {
  const ODD = [
    ...[
      'fe80::1%eth0',
      '%',
      '::%',
      '[',
      ']:',
      '[::1',
      '"[::1]:443"',
      '::ffff:1.2.3',
      '999.1.1.1',
      ',,,',
      '\x80\xff',
    ],
    ...[
      '\t',
      '1.2.3.4:',
      '[]:1',
      'unknown',
      '_x',
      '-----BEGIN CERTIFICATE-----',
      'By=;Cert="',
      'Bearer',
      'Basic ==',
    ],
    ...[
      'a:b:c',
      `x:b:${'f'.repeat(9000)}`,
      'mrsm-key:',
      'e30.e30.e30',
      '{"a":1}',
      '%00',
      'domains:',
      '../..',
      '\\',
    ],
  ];
  const NAMES = [
    ...[
      'X-Forwarded-For',
      'X-Real-IP',
      'X-SSL-Client-Cert',
      'X-Forwarded-Client-Cert',
      'Authorization',
      'Domain',
    ],
    ...['X-API-Key', 'X-Forwarded-Method', 'X-Original-URI', 'Origin', 'Cookie', 'Content-Type', 'Upgrade'],
    ...['Connection', 'Sec-WebSocket-Key', 'Sec-WebSocket-Version', 'Sec-WebSocket-Protocol', 'Expect'],
  ];
  const PATHS = [
    '/x',
    '/verify',
    '/verify/%zz?scope=\xff',
    '/mqtt',
    '/api/v1/tokens/%zz',
    '/api/v1/device/%/x',
    '*',
  ];

  it('get an answer, from a server that goes on', async () => {
    const shop = await workshop();
    await registerKey(shop);
    const server = await serve(shop, ['--trusted-proxy', '127.0.0.1', '--trusted-proxy', 'fe80::/10']);
    const asked = NAMES.flatMap((name) =>
      ODD.map((value, index) => [name, value, PATHS[index % PATHS.length]]),
    );
    await Promise.all(
      asked.map(async ([name, value, path]) => {
        const websocket = index(path)
          ? 'Upgrade: websocket\r\nConnection: Upgrade\r\n'
          : 'Connection: close\r\n';
        const answer = await exchange(
          server,
          `GET ${path} HTTP/1.1\r\nHost: h\r\n${websocket}${name}: ${value}\r\n\r\n`,
        );
        expect([name, value, path, statusOf(answer)]).toEqual([name, value, path, expect.any(Number)]);
        expect([name, value, path, answer]).not.toEqual([
          name,
          value,
          path,
          expect.stringMatching(/^HTTP\/1.1 500/),
        ]);
      }),
    );
    expect(await isUp(server)).toBe('{"status":"ok"}');
  });

  const index = (path: string | undefined) => path === '/mqtt' || path === '/x';
});

it('a failure in a request’s way refuses that request, and is told', async () => {
  const server: HttpServer = createServer();
  const failures: Failure[] = [];
  const fail = () => {
    throw new Error('unforeseen');
  };
  putBefore({ server } as unknown as FastifyInstance, {
    services: { observer: { failed: (failure: Failure) => failures.push(failure) } as never },
    own: new OwnPaths(),
    verifier: { answerCaller: fail, answerGateway: fail },
    upstream: undefined,
    crossOrigin: undefined,
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const path of ['/x', '/verify'])
    expect(await ask(url + path)).toMatchObject({
      status: 500,
      body: { detail: 'the request could not be answered' },
    });
  expect(failures).toMatchObject([{ part: 'http-request' }, { part: 'http-request' }]);
});
