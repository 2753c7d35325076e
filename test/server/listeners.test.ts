import { createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { Listener } from '../../src/server/listeners.js';

const SCHEMES = { plain: 'tcp', tls: 'mqtts' };

it('knows its port once it listens, and not before', async () => {
  const listener = new Listener({ tls: false, host: '127.0.0.1', port: 0 }, SCHEMES);
  expect(() => listener.port).toThrow('before the server listens');
  const server = createServer();
  onTestFinished(() => void server.close());
  await listener.listen(server);
  expect(listener.port).toBeGreaterThan(0);
  expect(listener.url).toBe(`tcp://127.0.0.1:${listener.port}`);
});

it('says why it cannot listen', async () => {
  const first = createServer();
  onTestFinished(() => void first.close());
  const taken = new Listener({ tls: false, host: '127.0.0.1', port: 0 }, SCHEMES);
  await taken.listen(first);
  const second = new Listener({ tls: true, host: '127.0.0.1', port: taken.port }, SCHEMES);
  await expect(second.listen(createServer())).rejects.toMatchObject({
    code: 'io',
    message: `cannot listen on 127.0.0.1:${taken.port}: the address is in use`,
  });
});
