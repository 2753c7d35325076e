import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Packet } from '../../../src/mqtt/packets/packet.js';
import { makePacket, packetAt } from '../../../src/mqtt/packets/packet.js';
import { PacketFilter, type Ruling } from '../../../src/mqtt/relay/packet-filter.js';

// The first octet of the body says what is to become of a packet.
const [PASS, DROP, REPLACE] = [0, 1, 2];
const INSTEAD = Buffer.from('instead');

function judge({ bytes, start, body, end }: Packet): Ruling {
  if (end === body) return 'pass';
  if (bytes.length < body + 1) return body + 1 - start;
  if (bytes[body] === PASS) return 'pass';
  if (bytes[body] === DROP) return 'drop';
  if (bytes[body] !== REPLACE) return 'cut';
  return bytes.length < end ? end - start : INSTEAD;
}

const body = fc.oneof(
  fc.constant(new Uint8Array()),
  fc
    .tuple(fc.constantFrom(PASS, DROP, REPLACE), fc.uint8Array({ maxLength: 300 }))
    .map(([kind, rest]) => Uint8Array.of(kind, ...rest)),
);

function split(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return places.slice(1).map((place, index) => bytes.subarray(places[index], place));
}

it('passes, drops and replaces whole packets, however they arrive', () => {
  fc.assert(
    fc.property(fc.array(body), fc.array(fc.nat()), (bodies, cuts) => {
      const packets = bodies.map((part) => makePacket(0x30, [part]));
      const filter = new PacketFilter({ judge });
      const chunks = split(Buffer.concat(packets), cuts);
      const passed = chunks.flatMap((chunk) => filter.feed(chunk).passed);
      const expected = bodies.map((part, index) => {
        const whole = packets[index] ?? Buffer.alloc(0);
        return { [PASS]: whole, [DROP]: Buffer.alloc(0), [REPLACE]: INSTEAD }[part[0] ?? PASS] ?? whole;
      });
      expect(Buffer.concat(passed).equals(Buffer.concat(expected))).toBe(true);
      expect(filter.isBetweenPackets).toBe(true);
    }),
  );
});

it('puts its own packets between the others, never into one', () => {
  fc.assert(
    fc.property(fc.array(body, { minLength: 1 }), fc.array(fc.nat()), (bodies, cuts) => {
      const filter = new PacketFilter({ judge });
      const own = makePacket(0x40, [Uint8Array.of(9, 9)]);
      const chunks = split(Buffer.concat(bodies.map((part) => makePacket(0x30, [part]))), cuts);
      const sent = Buffer.concat(
        chunks.flatMap((chunk) => [...filter.feed(chunk).passed, filter.insert(own) ?? Buffer.alloc(0)]),
      );
      let inserted = 0;
      for (let start = 0; start < sent.length; ) {
        // What stands in a packet's place is no packet here.
        if (sent.subarray(start, start + INSTEAD.length).equals(INSTEAD)) {
          start += INSTEAD.length;
          continue;
        }
        const bounds = packetAt(sent, start);
        if (typeof bounds === 'string') throw new Error(bounds);
        if (sent[start] === 0x40) inserted += 1;
        else expect(sent[start]).toBe(0x30);
        start = bounds.end;
      }
      expect(inserted).toBe(chunks.length);
    }),
  );
});

it('cuts on a length that does not end, and on a head that is too long to be held', () => {
  expect(new PacketFilter({ judge }).feed(Buffer.of(0x30, 0xff, 0xff, 0xff, 0xff, 1)).isCut).toBe(true);
  expect(new PacketFilter({ judge: () => 200_000 }).feed(Buffer.of(0x82, 5, 1)).isCut).toBe(true);
  expect(new PacketFilter({ judge }).feed(makePacket(0x30, [Uint8Array.of(7)])).isCut).toBe(true);
});
