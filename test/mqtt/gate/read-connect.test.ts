import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { generate } from 'mqtt-packet';
import { describe, expect, it } from 'vitest';
import { readConnect } from '../../../src/mqtt/gate/read-connect.js';

const connect = generate({
  cmd: 'connect',
  protocolId: 'MQTT',
  protocolVersion: 4,
  clean: true,
  clientId: 'app',
  keepalive: 10,
  username: 'app:b:00',
});

async function read(chunks: readonly Uint8Array[]) {
  const stream = new PassThrough();
  const result = readConnect(stream, { timeoutMs: 50 });
  for (const chunk of chunks) stream.write(chunk);
  const first = await result;
  const rest = first.outcome === 'connect' ? Buffer.concat([first.bytes, first.rest]) : Buffer.alloc(0);
  return { result: first, rest: Buffer.concat([rest, stream.read() ?? Buffer.alloc(0)]) };
}

describe('the first packet', () => {
  it('is found however it is cut, and nothing is lost', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.integer({ min: 1, max: connect.length - 1 })),
        fc.uint8Array({ maxLength: 30 }),
        async (cuts, more) => {
          const edges = [0, ...cuts.sort((one, other) => one - other), connect.length];
          const chunks = edges.slice(1).map((edge, index) => connect.subarray(edges[index], edge));
          const { result, rest } = await read([...chunks, more]);
          expect(result).toMatchObject({
            outcome: 'connect',
            packet: { clientId: 'app', username: 'app:b:00' },
          });
          expect(rest).toEqual(Buffer.concat([connect, more]));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('is never taken from rubbish, and rubbish never throws', async () => {
    const almost = fc
      .uint8Array({ maxLength: 60 })
      .map((bytes) => Buffer.concat([Buffer.of(0x10, bytes.length), bytes]));
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 60 }), almost), async (bytes) => {
        const { result } = await read([bytes]);
        expect(result.outcome).not.toBe('connect');
      }),
      { numRuns: 300 },
    );
  });
});
