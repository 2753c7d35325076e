import fc from 'fast-check';
import { generate, type IConnectPacket, type IPublishPacket, parser } from 'mqtt-packet';
import { describe, expect, it } from 'vitest';
import { encodeConnect, parseConnect } from '../../src/mqtt/packets/connect.js';
import { packetAt } from '../../src/mqtt/packets/packet.js';
import { PacketReader } from '../../src/mqtt/packets/packet-reader.js';
import { ALLOWED, PROPERTY } from '../../src/mqtt/packets/properties.js';
import { readPublish } from '../../src/mqtt/packets/publish.js';
import { parseFilter } from '../../src/mqtt/packets/topic-filter.js';

// What an independent library makes is read as it was meant, and what is made here is read by it.

const text = fc.string({ unit: 'binary', maxLength: 40 }).filter((value) => !/[\0\ufffd]/.test(value));
const topic = text.filter((value) => value !== '' && !/[+#]/.test(value));
const octets = fc.uint8Array({ maxLength: 60 }).map((value) => Buffer.from(value));
const version = fc.constantFrom(3, 4, 5);

const connects = fc
  .record({
    protocolVersion: version,
    clientId: text.filter((value) => value !== ''),
    clean: fc.boolean(),
    keepalive: fc.nat(65_535),
    username: fc.option(text, { nil: undefined }),
    password: fc.option(octets, { nil: undefined }),
    will: fc.option(
      fc.record({ topic, payload: octets, qos: fc.constantFrom(0, 1, 2), retain: fc.boolean() }),
      { nil: undefined },
    ),
    sessionExpiryInterval: fc.nat(0xffff_ffff),
  })
  .map(({ sessionExpiryInterval, username, password, will, ...rest }): IConnectPacket => {
    const isFive = rest.protocolVersion === 5;
    return {
      cmd: 'connect',
      protocolId: rest.protocolVersion === 3 ? 'MQIsdp' : 'MQTT',
      ...rest,
      protocolVersion: rest.protocolVersion === 3 ? 3 : isFive ? 5 : 4,
      ...(username !== undefined && { username, ...(password && { password }) }),
      ...(will && { will: { ...will, qos: will.qos === 2 ? 2 : will.qos === 1 ? 1 : 0 } }),
      ...(isFive && { properties: { sessionExpiryInterval } }),
    };
  });

function read(bytes: Buffer) {
  const packet = packetAt(bytes, 0);
  if (typeof packet === 'string') throw new Error(packet);
  return parseConnect(packet);
}

describe('a CONNECT', () => {
  it('says what it was made of', () => {
    fc.assert(
      fc.property(connects, (fields) => {
        const parsed = read(generate(fields, { protocolVersion: fields.protocolVersion ?? 4 }));
        if (parsed.outcome !== 'connect') throw new Error(parsed.cause);
        const { connect } = parsed;
        expect(connect).toMatchObject({
          protocolVersion: fields.protocolVersion,
          clientId: fields.clientId,
          clean: fields.clean,
          keepAliveSeconds: fields.keepalive,
          username: fields.username,
        });
        expect(connect.password?.toString('hex')).toBe(fields.password?.toString('hex'));
        expect(connect.will?.topic).toBe(fields.will?.topic);
        expect(connect.will?.payload.toString('hex')).toBe(
          fields.will && Buffer.from(fields.will.payload).toString('hex'),
        );
        expect(connect.properties.number(PROPERTY.sessionExpiry)).toBe(
          fields.properties?.sessionExpiryInterval,
        );
        // And back again.
        const own = connect.properties.without();
        const again = encodeConnect(connect, {
          own,
          will: connect.will?.properties.without() ?? Buffer.alloc(0),
        });
        const parsing = parser();
        const seen: object[] = [];
        parsing.on('packet', (packet) => seen.push(packet));
        parsing.parse(again);
        expect(seen).toMatchObject([
          { cmd: 'connect', clientId: fields.clientId, clean: fields.clean, keepalive: fields.keepalive },
        ]);
      }),
    );
  });

  it('is refused where any octet of its end is missing or there is one too many, and never throws', () => {
    fc.assert(
      fc.property(connects, fc.nat(), fc.nat(255), (fields, place, octet) => {
        const bytes = generate(fields, { protocolVersion: fields.protocolVersion ?? 4 });
        const body = bytes.subarray(packetAtBody(bytes));
        for (const changed of [
          body.subarray(0, place % body.length),
          Buffer.concat([body, Buffer.of(octet)]),
        ]) {
          expect(parseConnect({ bytes: changed, start: 0, body: 0, end: changed.length }).outcome).toBe(
            'refused',
          );
        }
        const flipped = Buffer.from(body);
        flipped[place % body.length] = octet;
        expect(['connect', 'refused']).toContain(
          parseConnect({ bytes: flipped, start: 0, body: 0, end: flipped.length }).outcome,
        );
      }),
    );
  });
});

function packetAtBody(bytes: Buffer): number {
  const packet = packetAt(bytes, 0);
  return typeof packet === 'string' ? 0 : packet.body;
}

const publishes = fc
  .record({
    topic,
    payload: octets,
    qos: fc.constantFrom(0, 1, 2),
    retain: fc.boolean(),
    messageId: fc.integer({ min: 1, max: 65_535 }),
    five: fc.boolean(),
  })
  .map(({ qos, messageId, five, ...rest }) => {
    const packet: IPublishPacket = {
      cmd: 'publish',
      dup: false,
      ...rest,
      qos: qos === 2 ? 2 : qos === 1 ? 1 : 0,
      ...(qos > 0 && { messageId }),
      ...(five && { properties: { topicAlias: 5, messageExpiryInterval: 9 } }),
    };
    const protocolVersion = five ? 5 : 4;
    return { packet, protocolVersion, bytes: generate(packet, { protocolVersion }) };
  });

describe('a PUBLISH', () => {
  it('says what it was made of, as soon as its head is there', () => {
    fc.assert(
      fc.property(publishes, ({ packet, protocolVersion, bytes }) => {
        const whole = packetAt(bytes, 0);
        if (typeof whole === 'string') throw new Error(whole);
        const form = { protocolVersion, allowed: ALLOWED.publish };
        const publish = readPublish(whole, form);
        if (typeof publish !== 'object') throw new Error(`${publish}`);
        const { topic: name, qos, retain, packetId, properties, payloadAt } = publish;
        expect([name, qos, retain, packetId]).toEqual([
          packet.topic,
          packet.qos,
          packet.retain,
          packet.messageId ?? 0,
        ]);
        expect(bytes.subarray(payloadAt).equals(Buffer.from(packet.payload))).toBe(true);
        expect(properties.number(PROPERTY.topicAlias)).toBe(protocolVersion === 5 ? 5 : undefined);
        for (let seen = whole.body; seen < payloadAt; seen += 1) {
          const part = readPublish({ ...whole, bytes: bytes.subarray(0, seen) }, form);
          expect([typeof part, Number(part) > seen]).toEqual(['number', true]);
        }
      }),
    );
  });
});

it('packets are cut out of chunks of any size', () => {
  fc.assert(
    fc.property(
      fc.array(publishes, { minLength: 1, maxLength: 8 }),
      fc.array(fc.nat(), { maxLength: 40 }),
      (packets, cuts) => {
        const all = Buffer.concat(packets.map(({ bytes }) => bytes));
        const places = [0, ...cuts.map((cut) => cut % (all.length + 1)), all.length].sort((a, b) => a - b);
        const reader = new PacketReader(1_000_000);
        const found: string[] = [];
        for (const [index, place] of places.slice(1).entries()) {
          if (place > (places[index] ?? 0)) reader.push(all.subarray(places[index], place));
          for (let packet = reader.next(); typeof packet === 'object'; packet = reader.next())
            found.push(packet.bytes.toString('hex', packet.start, packet.end));
        }
        expect(found).toEqual(packets.map(({ bytes }) => bytes.toString('hex')));
        expect(reader.received).toBe(0);
      },
    ),
  );
});

it('a packet that comes octet by octet is put together, and one that announces too much is not waited for', () => {
  const bytes = generate({
    cmd: 'publish',
    topic: 't',
    payload: Buffer.alloc(5_000, 'x'),
    qos: 0,
    dup: false,
    retain: false,
  });
  const reader = new PacketReader(10_000);
  const found: unknown[] = [];
  for (const octet of bytes) {
    reader.push(Buffer.of(octet));
    const packet = reader.next();
    if (packet !== 'incomplete') found.push(packet);
  }
  expect(found).toMatchObject([{ start: 0, end: bytes.length }]);
  for (const [length, outcome] of [
    [9_997, 'incomplete'],
    [9_998, 'too long'],
  ] as const) {
    reader.push(Buffer.of(0x30, (length & 0x7f) | 0x80, length >> 7));
    expect([length, reader.next()]).toEqual([length, outcome]);
    reader.rest();
  }
});

it.each([
  ['a', 'a', undefined],
  ['#', '#', undefined],
  ['a/#', 'a/#', undefined],
  ['+/+', '+/+', undefined],
  ['/', '/', undefined],
  ['a//+', 'a//+', undefined],
  ['$share/g/a/+', 'a/+', 'g'],
  ['$share/g//', '/', 'g'],
  ['$shared/x', '$shared/x', undefined],
])('%s is a filter', (asked, filter, share) => {
  expect(parseFilter(asked)).toEqual({ filter, share });
});

it.each([
  '',
  'a#',
  '#a',
  '#/',
  'a/#/b',
  '++',
  'a+',
  '+a/b',
  '$share/',
  '$share/g',
  '$share/g/',
  '$share//a',
  '$share/g+/a',
  '$share/g/a#',
])('%s is no filter', (asked) => {
  expect(parseFilter(asked)).toBeUndefined();
});
