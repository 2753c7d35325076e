import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { expect, it, vi } from 'vitest';
import { sweepIdle } from '../../src/http/responses/connections.js';
import { atEnd } from '../support/at-end.js';

const LIMIT_MS = 10_000;
const EVERY_MS = 1_000;
const REQUEST = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n';

/** A server whose time passes as the test says, and whose answers come when the test says. */
async function served() {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  atEnd(() => vi.useRealTimers());
  const answers: (() => void)[] = [];
  const server = createServer({ keepAliveTimeout: LIMIT_MS }, (_request, response) =>
    answers.push(() => response.end('ok')),
  );
  sweepIdle(server, { everyMs: EVERY_MS });
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const client = connect(port, '127.0.0.1');
  atEnd(() => client.destroy());
  const asked = async (request = REQUEST) => {
    const before = answers.length;
    client.write(request);
    await vi.waitUntil(() => answers.length > before);
  };
  const answered = async () => {
    const text = next(client);
    answers.at(-1)?.();
    expect(await text).toContain('ok');
  };
  return { client, asked, answered, socket: await accepted };
}

const next = (socket: Socket) =>
  new Promise<string>((resolve) => socket.once('data', (data) => resolve(String(data))));
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

it('a connection is closed once it was idle for its time, and not before', async () => {
  const { client, asked, answered } = await served();
  const closed = new Promise((resolve) => client.once('close', resolve));
  await asked();
  await answered();
  await pass(LIMIT_MS);
  await asked();
  await answered();
  await pass(LIMIT_MS);
  expect(client.closed).toBe(false);
  await pass(3 * EVERY_MS);
  await closed;
});

it('a connection that waits for its answer is not idle', async () => {
  const { client, asked, answered } = await served();
  await asked();
  await answered();
  await asked();
  await pass(10 * LIMIT_MS);
  await answered();
  expect(client.closed).toBe(false);
});

it('a request that has begun to come is not cut off', async () => {
  const { client, asked, answered, socket } = await served();
  await asked();
  await answered();
  await pass(LIMIT_MS + EVERY_MS / 2);
  const { bytesRead } = socket;
  client.write(REQUEST.slice(0, 9));
  await vi.waitUntil(() => socket.bytesRead > bytesRead);
  await pass(LIMIT_MS);
  await asked(REQUEST.slice(9));
  await answered();
  expect(client.closed).toBe(false);
});
