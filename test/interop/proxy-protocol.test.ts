import { writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { connectAsync } from 'mqtt';
import { generate } from 'mqtt-packet';
import { describe, expect, it, onTestFinished } from 'vitest';
import { useBucket } from '../../src/store/file/kinds.js';
import { daemon, freePort } from '../support/gateway.js';
import {
  ask,
  eventually,
  type RegisteredKey,
  registerKey,
  type Server,
  serve,
  type Workshop,
  workshop,
} from '../support/keywright.js';

// Addresses of this machine, as which devices connect; 127.0.0.1 is the proxy's.
const [DEVICE, NEIGHBOUR] = ['127.0.0.9', '127.0.0.10'];
const TRUSTED = ['--proxy-protocol', '127.0.0.1'];

const portOf = ({ http }: Server) => Number(new URL(http).port);

/** HAProxy in front of both listeners, as a proxy that knows of nothing but TCP. @returns its ports */
async function haproxy({ directory }: Workshop, server: Server, send: string) {
  const ports = { http: await freePort(), mqtt: await freePort() };
  const listen = (name: 'http' | 'mqtt', behind: number) =>
    `listen ${name}\n  bind 127.0.0.1:${ports[name]}\n  server it 127.0.0.1:${behind} ${send} check inter 50ms\n`;
  const file = join(directory, 'haproxy.cfg');
  await writeFile(
    file,
    `defaults\n  mode tcp\n  timeout connect 5s\n  timeout client 30s\n  timeout server 30s\n${listen('http', portOf(server))}${listen('mqtt', server.mqttPort)}`,
  );
  await daemon('haproxy', ['-db', '-f', file], { port: ports.http, cwd: directory });
  return ports;
}

interface Asked {
  readonly port: number;
  readonly from: string;
  readonly key: string;
  readonly tls?: boolean;
}

/** Asks from an address of this machine. @returns the status */
function askFrom({ port, from, key, tls = false }: Asked): Promise<number> {
  const [request, scheme] = tls ? [httpsRequest, 'https'] : [httpRequest, 'http'];
  const options = {
    localAddress: from,
    headers: { 'x-api-key': key },
    agent: false,
    rejectUnauthorized: false,
  };
  return new Promise((resolve, reject) => {
    request(`${scheme}://127.0.0.1:${port}/x`, options, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    })
      .on('error', reject)
      .end();
  });
}

function publishFrom(port: number, from: string, ...args: string[]) {
  return execa(
    'mosquitto_pub',
    ['-A', from, '-h', '127.0.0.1', '-p', `${port}`, '-t', 't', '-m', 'x', ...args],
    {
      reject: false,
    },
  );
}

async function connectOverWebSocket(port: number, from: string, password: string): Promise<string> {
  try {
    const client = await connectAsync(`ws://127.0.0.1:${port}/mqtt`, {
      ...{ username: 'x', password, reconnectPeriod: 0 },
      wsOptions: { localAddress: from },
    });
    await client.endAsync();
    return 'connected';
  } catch (error) {
    return String(error);
  }
}

/** Registers keys of which each has a file of last uses of its own, since a file is written once a minute. */
function registerApart(shop: Workshop): () => Promise<RegisteredKey> {
  const taken = new Set<string>();
  return async () => {
    for (;;) {
      const key = await registerKey(shop);
      if (taken.has(useBucket(key.id))) continue;
      taken.add(useBucket(key.id));
      return key;
    }
  };
}

async function lastUse({ keywright }: Workshop, id: string): Promise<string | null> {
  return JSON.parse((await keywright(['token', 'show', id, '--json'])).stdout).lastUsedFrom;
}

/** What a connection from 127.0.0.1 gets for its bytes. */
function exchange(port: number, bytes: Buffer | string, localAddress = '127.0.0.1'): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress });
    onTestFinished(() => void socket.destroy());
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk)).on('error', () => undefined);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')));
    socket.write(bytes);
  });
}

describe.each(['send-proxy', 'send-proxy-v2', 'send-proxy-v2-ssl-cn'])('behind HAProxy with %s', (send) => {
  it('counts and notes by the address of the device, over HTTP and MQTT', async () => {
    const shop = await workshop();
    const register = registerApart(shop);
    const key = await register();
    const server = await serve(shop, [...TRUSTED, '--failed-attempts', '2/1h']);
    const { http, mqtt } = await haproxy(shop, server, send);
    const wrong = (from: string) => askFrom({ port: http, from, key: 'wrong' });
    expect([await wrong(DEVICE), await wrong(DEVICE), await wrong(DEVICE)]).toEqual([401, 401, 429]);
    expect(await wrong(NEIGHBOUR)).toBe(401);
    expect(await askFrom({ port: http, from: DEVICE, key: key.apiKey })).toBe(200);
    await expect.poll(() => lastUse(shop, key.id)).toBe(DEVICE);

    const other = await register();
    await expect
      .poll(async () => (await publishFrom(mqtt, NEIGHBOUR, '-u', 'x', '-P', other.apiKey)).exitCode)
      .toBe(0);
    await expect.poll(() => lastUse(shop, other.id)).toBe(NEIGHBOUR);
    const third = await register();
    await expect.poll(() => connectOverWebSocket(http, DEVICE, third.apiKey)).toBe('connected');
    await expect.poll(() => lastUse(shop, third.id)).toBe(DEVICE);
    // HAProxy's own checks have headers, too.
    expect(server.log()).not.toContain('header was closed');
  });

  it('does so in TLS that goes through', async () => {
    const shop = await workshop();
    const register = registerApart(shop);
    const key = await register();
    await shop.keywright(['server-cert', '--output', 'ca.pem']);
    const server = await serve(shop, [
      ...TRUSTED,
      ...['--http', 'https://127.0.0.1:0', '--mqtt', 'mqtts://127.0.0.1:0'],
      ...['--mqtt-client-certificate', 'optional'],
    ]);
    const { http, mqtt } = await haproxy(shop, server, send);
    expect(await askFrom({ port: http, from: DEVICE, key: key.apiKey, tls: true })).toBe(200);
    await expect.poll(() => lastUse(shop, key.id)).toBe(DEVICE);
    const other = await register();
    const tls = ['--cafile', join(shop.directory, 'ca.pem')];
    await expect
      .poll(async () => (await publishFrom(mqtt, NEIGHBOUR, '-u', 'x', '-P', other.apiKey, ...tls)).exitCode)
      .toBe(0);
    await expect.poll(() => lastUse(shop, other.id)).toBe(NEIGHBOUR);
  });
});

const header = (address: string) => `PROXY TCP4 ${address} 10.0.0.1 55555 8080\r\n`;
const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;

describe('serve --proxy-protocol', () => {
  it('closes what comes from a proxy without a header, and says so; reads none of others', async () => {
    const shop = await workshop();
    await shop.keywright(['ca', 'init']);
    const server = await serve(shop, [...TRUSTED, '--log', 'json']);
    const http = portOf(server);
    const connectPacket = generate({
      cmd: 'connect',
      clientId: 'a',
      protocolId: 'MQTT',
      protocolVersion: 4,
      clean: true,
    });
    expect(await exchange(http, get('/healthz'))).toBe('');
    expect(await exchange(server.mqttPort, connectPacket)).toBe('');
    await eventually(() => server.log().split('header was closed').length === 3, {
      withinMs: 5000,
      what: 'two lines',
    });
    expect(server.log()).toContain('"from":"127.0.0.1","because":"there is none"');
    expect(server.log()).toContain('PROXY protocol headers are demanded of 127.0.0.1/32');

    expect(await exchange(http, header('192.0.2.7') + get('/healthz'))).toMatch(/^HTTP\/1.1 200 /);
    expect(await exchange(http, get('/healthz'), DEVICE)).toMatch(/^HTTP\/1.1 200 /);
    expect(await exchange(http, header('192.0.2.7') + get('/healthz'), DEVICE)).toMatch(/^HTTP\/1.1 400 /);
    // Refused by a CONNACK with a header, and with a false one not even that.
    const refused = '\x20\x02\x00\x05';
    const withHeader = Buffer.concat([Buffer.from(header('192.0.2.7')), connectPacket]);
    expect(await exchange(server.mqttPort, withHeader)).toBe(refused);
    expect(await exchange(server.mqttPort, connectPacket, DEVICE)).toBe(refused);
    expect(await exchange(server.mqttPort, withHeader, DEVICE)).toBe('');
  });

  it('believes X-Forwarded-For by the address in the header, not by the proxy’s', async () => {
    const shop = await workshop();
    await shop.keywright(['ca', 'init']);
    const server = await serve(shop, [
      ...TRUSTED,
      '--trusted-proxy',
      '127.0.0.1',
      '--failed-attempts',
      '1/1h',
    ]);
    const claim = (address: string) =>
      `${header('192.0.2.7')}GET / HTTP/1.1\r\nHost: x\r\nX-API-Key: y\r\nX-Forwarded-For: ${address}\r\nConnection: close\r\n\r\n`;
    expect(await exchange(portOf(server), claim('10.0.0.1'))).toMatch(/^HTTP\/1.1 401 /);
    expect(await exchange(portOf(server), claim('10.0.0.2'))).toMatch(/^HTTP\/1.1 429 /);
  });

  it('takes nobody behind a proxy for a broker on this machine', async () => {
    const shop = await workshop();
    await shop.keywright(['ca', 'init']);
    const server = await serve(shop, TRUSTED);
    const call = get('/callbacks/mosquitto/user?username=x&password=y&clientid=z');
    const reached = await exchange(portOf(server), call, DEVICE);
    for (const said of ['PROXY UNKNOWN\r\n', header('127.0.0.1'), header('192.0.2.7')])
      await exchange(portOf(server), said + call);
    await eventually(() => server.log().split('neither here').length === 4, {
      withinMs: 5000,
      what: 'three refusals',
    });
    expect(reached).toMatch(/^HTTP\/1.1 \d+ /);
  });

  it('is told by a variable as well, and refuses what is no network', async () => {
    const shop = await workshop();
    await shop.keywright(['ca', 'init']);
    const server = await serve(shop, [], { KEYWRIGHT_PROXY_PROTOCOL: '127.0.0.9,127.0.0.10/32' });
    for (const from of [DEVICE, NEIGHBOUR]) expect(await exchange(portOf(server), get('/'), from)).toBe('');
    expect((await ask(`${server.http}/healthz`)).status).toBe(200);
    const run = await shop.keywright(['serve', '--proxy-protocol', '127.0.0.1,proxy.example']);
    expect(run).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining(
        '--proxy-protocol: "proxy.example" is not an address like 10.0.0.1, or a network',
      ),
    });
  });
});
