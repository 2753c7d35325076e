import { describe, expect, it } from 'vitest';
import { DryEngine } from '../../support/mqtt-engine.js';

const five = { protocolVersion: 5 } as const;
const versions = [4, 5] as const;
const times = (count: number) => Array.from({ length: count }, (_, index) => index);

/** The session of `away`, which is not there. */
function absent(engine: DryEngine, qos: 1 | 2 = 1): void {
  engine.connect({ clientId: 'away', clean: false }).subscribe('t', { qos }).drop();
}
const back = (engine: DryEngine) => engine.connect({ clientId: 'away', clean: false }).settle();

describe('messages that wait', () => {
  it('for one session are so many, and what comes beyond them is dropped and told', () => {
    const engine = new DryEngine({ queuedMessages: 3 });
    absent(engine);
    const sender = engine.connect({ clientId: 'd' });
    for (const count of times(5)) sender.publish('t', `${count}`, { qos: 1 });
    engine.broker.sessions.sweep(engine.now);
    expect(engine.reported).toEqual([expect.stringMatching(/^messages dropped app:away 2 so far/)]);
    expect(back(engine).heard).toEqual(['t 0 1', 't 1 1', 't 2 1']);
  });

  it.each([
    ['below', 2, 2],
    ['at', 3, 3],
    ['above', 4, 3],
  ])('are as many octets: %s the bound', (_, sent, kept) => {
    // A message counts its topic, its payload and 128 octets.
    const engine = new DryEngine({ queuedOctets: 3 * (1 + 71 + 128) });
    absent(engine);
    const sender = engine.connect({ clientId: 'd' });
    for (const count of times(sent)) sender.publish('t', `${count}`.padEnd(71), { qos: 1 });
    expect(back(engine).heard).toHaveLength(kept);
  });

  it('may be one that is longer than all', () => {
    const engine = new DryEngine({ queuedOctets: 10 });
    absent(engine);
    engine.connect({ clientId: 'd' }).publish('t', 'long enough', { qos: 1 }).publish('t', 'x', { qos: 1 });
    expect(back(engine).heard).toEqual(['t long enough 1']);
  });

  it('for all sessions of one client are bounded, for no other', () => {
    const engine = new DryEngine({ clientQueuedMessages: 2 });
    for (const clientId of ['1', '2', '3'])
      engine.connect({ clientId, clean: false }).subscribe('t', { qos: 1 }).drop();
    const other = { holder: 'other', clientId: '1', clean: false };
    engine.connect(other).subscribe('t', { qos: 1 }).drop();
    engine.connect({ clientId: 'd' }).publish('t', 'x', { qos: 1 });
    const heard = ['1', '2', '3'].map((clientId) => engine.connect({ clientId, clean: false }).heard.length);
    expect(heard).toEqual([1, 1, 0]);
    expect(engine.connect(other).heard).toHaveLength(1);
  });

  it('are on the account of who published them: another client’s get through', () => {
    const engine = new DryEngine({ clientHeldOctets: 2 * (1 + 1 + 128) });
    absent(engine);
    engine.connect({ clientId: 'also', clean: false }).subscribe('t', { qos: 1 }).drop();
    const sender = engine.connect({ holder: 'loud', clientId: 'd' });
    for (const count of times(4)) sender.publish('t', `${count}`, { qos: 1 });
    engine.connect({ holder: 'quiet', clientId: 'd' }).publish('t', 'q', { qos: 1 });
    expect(back(engine).heard).toEqual(['t 0 1', 't 1 1', 't q 1']);
    expect(engine.connect({ clientId: 'also', clean: false }).heard).toHaveLength(3);
  });

  it('are so many octets in all', () => {
    const engine = new DryEngine({ heldOctets: 2 * (1 + 1 + 128) });
    absent(engine);
    for (const holder of ['1', '2', '3'])
      engine.connect({ holder, clientId: 'd' }).publish('t', holder, { qos: 1 });
    expect(back(engine).heard).toEqual(['t 1 1', 't 2 1']);
  });
});

describe('a client that does not read', () => {
  it('gets nothing more at QoS 0, and at QoS 1 what waited as soon as it reads', () => {
    const engine = new DryEngine({ waitingOctets: 1_000 });
    const slow = engine.connect({ clientId: 'slow' }).subscribe('t', { qos: 1 });
    const other = engine.connect({ clientId: 'other' }).subscribe('t');
    const sender = engine.connect({ clientId: 'd' });
    const size = 1 + 1 + 128;
    for (const [waiting, isSent] of [
      [1_000 - size - 1, true],
      [1_000 - size, true],
      [1_000 - size + 1, false],
      [1_001, false],
    ] as const) {
      slow.waitingBytes = waiting;
      const before = slow.heard.length;
      sender.publish('t', 'x');
      expect([waiting, slow.heard.length - before]).toEqual([waiting, isSent ? 1 : 0]);
    }
    sender.publish('t', 'y', { qos: 1 });
    expect([slow.heard.includes('t y 1'), other.heard.length]).toEqual([false, 5]);
    slow.take();
    expect(slow.heard.at(-1)).toBe('t y 1');
    engine.broker.sessions.sweep(engine.now);
    expect(engine.reported).toEqual([expect.stringMatching(/app:slow 2 so far/)]);
  });

  it.each([
    [2, 2],
    [3, 3],
    [4, 3],
  ])('of %i messages has %i in flight', (sent, flying) => {
    const engine = new DryEngine({ inFlight: 3 });
    const client = engine.connect().subscribe('t', { qos: 2 });
    client.acknowledges = false;
    const sender = engine.connect({ clientId: 'd' });
    for (const count of times(sent)) sender.publish('t', `${count}`, { qos: 2 });
    expect(client.heard).toHaveLength(flying);
  });
});

describe('sessions', () => {
  it('of one client are so many: one more is 0x97 or 3, and a known one comes back', () => {
    for (const protocolVersion of versions) {
      const engine = new DryEngine({ clientSessions: 2 });
      const connect = (clientId: string, holder = 'app') =>
        engine.connect({
          clientId,
          holder,
          clean: false,
          protocolVersion,
          ...(protocolVersion === 5 && { properties: { sessionExpiryInterval: 9 } }),
        });
      connect('1').drop();
      connect('2');
      const third = connect('3');
      expect(third.isClosed).toBe(true);
      expect(third.all('connack')[0]).toMatchObject(
        protocolVersion === 5 ? { reasonCode: 0x97 } : { returnCode: 3 },
      );
      expect(connect('1').all('connack')[0]).toMatchObject({ sessionPresent: true });
      expect(connect('3', 'other').isClosed).toBe(false);
    }
  });

  it('are so many in all, and the place of one that ended is free', () => {
    const engine = new DryEngine({ sessions: 2 });
    engine.connect({ holder: '1' });
    const second = engine.connect({ holder: '2' });
    expect(engine.connect({ holder: '3' }).isClosed).toBe(true);
    second.drop();
    expect(engine.connect({ holder: '3' }).isClosed).toBe(false);
  });

  it('are found by whose they are and by client id: no id names another’s', () => {
    const engine = new DryEngine();
    engine.connect({ holder: 'a', clientId: 'b:c', clean: false }).subscribe('t', { qos: 1 }).drop();
    for (const [holder, clientId] of [
      ['a:b', 'c'],
      ['b:c', 'a'],
      ['', 'a:b:c'],
    ] as const) {
      expect(engine.connect({ holder, clientId, clean: false }).all('connack')[0]?.sessionPresent).toBe(
        false,
      );
    }
    expect(
      engine.connect({ holder: 'a', clientId: 'b:c', clean: false }).all('connack')[0]?.sessionPresent,
    ).toBe(true);
  });
});

describe('subscriptions', () => {
  const codes = (version: 4 | 5, refusal: number) => (version === 5 ? refusal : 0x80);

  it('of one session are so many, and one that is there may be made again', () => {
    for (const protocolVersion of versions) {
      const client = new DryEngine({ subscriptions: 2 }).connect({ protocolVersion });
      client.subscribe(['a', 'b', 'c', 'a']);
      expect(client.all('suback')[0]?.granted).toEqual([0, 0, codes(protocolVersion, 0x97), 0]);
      client.say({ cmd: 'unsubscribe', messageId: 2, unsubscriptions: ['a'] }).subscribe('c');
      expect(client.all('suback')[1]?.granted).toEqual([0]);
    }
  });

  it('of one client are so many, the long ones more than once', () => {
    const engine = new DryEngine({ clientSubscriptions: 4 });
    const long = `long/${'x'.repeat(300)}`;
    const deep = new DryEngine({ clientSubscriptions: 4 })
      .connect()
      .subscribe(['1/2/3/4/5', '1/2/3/4', '5/4/3/2/1']);
    expect(deep.all('suback')[0]?.granted).toEqual([0, 0, 0x80]);
    expect(engine.connect({ clientId: '1' }).subscribe(['a', long]).all('suback')[0]?.granted).toEqual([
      0, 0,
    ]);
    const second = engine.connect({ clientId: '2' }).subscribe(['b', 'c']);
    expect(second.all('suback')[0]?.granted).toEqual([0, 0x80]);
    expect(engine.connect({ holder: 'other' }).subscribe('c').all('suback')[0]?.granted).toEqual([0]);
    second.drop();
    expect(engine.connect({ clientId: '3' }).subscribe('c').all('suback')[0]?.granted).toEqual([0]);
  });

  it('of one SUBSCRIBE are looked at so far', () => {
    for (const protocolVersion of versions) {
      const client = new DryEngine({ subscribeFilters: 3 }).connect({ protocolVersion });
      client.subscribe(['a', 'b']).subscribe(['a', 'b', 'c']).subscribe(['a', 'b', 'c', 'd']);
      expect(client.all('suback').map(({ granted }) => granted)).toEqual([
        [0, 0],
        [0, 0, 0],
        [0, 0, 0, codes(protocolVersion, 0x97)],
      ]);
    }
  });

  it('have filters of so many levels and octets', () => {
    for (const protocolVersion of versions) {
      const client = new DryEngine({ topicLevels: 3, topicOctets: 8 }).connect({ protocolVersion });
      client.subscribe(['a/b', 'a/b/c', 'a/b/c/d', '1234567', '12345678', '123456789', 'äöüß', 'äöüßa']);
      const tooLong = codes(protocolVersion, 0x8f);
      expect(client.all('suback')[0]?.granted).toEqual([0, 0, tooLong, 0, 0, tooLong, 0, tooLong]);
    }
  });
});

describe('what is published', () => {
  it('has topics of so many levels and octets', () => {
    const engine = new DryEngine({ topicLevels: 3, topicOctets: 8 });
    const watcher = engine.connect().subscribe('#');
    const client = engine.connect({ ...five, clientId: 'd' });
    for (const topic of ['a/b/c', 'a/b/c/d', '12345678', '123456789']) client.publish(topic, 'x', { qos: 1 });
    expect(client.all('puback').map(({ reasonCode }) => reasonCode ?? 0)).toEqual([0, 0x90, 0, 0x90]);
    expect(watcher.heard).toEqual(['a/b/c x 0', '12345678 x 0']);
    expect(engine.connect({ clientId: 'e' }).publish('a/b/c/d', 'x').isClosed).toBe(true);
    const will = { topic: 'a/b/c/d', payload: Buffer.from('x'), qos: 0 as const, retain: false };
    expect(engine.connect({ clientId: 'f', will }).all('connack')[0]?.returnCode).toBe(5);
  });

  it.each([1, 2] as const)(
    'and retained, at QoS %i, is kept up to so many: one more is delivered and told',
    (qos) => {
      const engine = new DryEngine({ retainedMessages: 2, clientRetainedMessages: 2 });
      const watcher = engine.connect().subscribe('#');
      const client = engine.connect({ ...five, clientId: 'd' });
      for (const topic of ['a', 'b', 'c', 'b']) {
        client.say({ cmd: 'publish', topic, payload: topic, qos, messageId: 7, dup: false, retain: true });
        client.say({ cmd: 'pubrel', messageId: 7 });
      }
      const answers = client.all(qos === 1 ? 'puback' : 'pubrec');
      expect(answers.map(({ reasonCode }) => reasonCode ?? 0)).toEqual([0, 0, 0x97, 0]);
      expect(watcher.heard).toHaveLength(4);
      expect(engine.connect({ clientId: 'e' }).subscribe('#').heard.toSorted()).toEqual(['a a 0', 'b b 0']);
      client.publish('a', '', { retain: true });
      expect(client.publish('c', 'c', { retain: true }) && engine.broker.retained.size).toBe(2);
    },
  );

  it('and retained is kept up to so many octets, and up to a share of one client', () => {
    const engine = new DryEngine({ retainedOctets: 3 * (1 + 1 + 128), clientRetainedMessages: 2 });
    const keep = (holder: string, topic: string, payload = 'x') =>
      engine
        .connect({ ...five, holder })
        .publish(topic, payload, { qos: 1, retain: true })
        .all('puback')[0]?.reasonCode ?? 0;
    expect([keep('1', 'a'), keep('1', 'b'), keep('1', 'c')]).toEqual([0, 0, 0x97]);
    expect([keep('2', 'c', 'xx'), keep('2', 'c'), keep('3', 'd')]).toEqual([0x97, 0, 0x97]);
    expect([keep('1', 'b', ''), keep('2', 'd/'), keep('2', 'd')]).toEqual([0, 0x97, 0]);
    expect(engine.broker.retained.size).toBe(3);
  });

  it.each([
    [2, false],
    [3, false],
    [4, true],
  ])('at QoS 2 and not released may be %i of 3', (begun, isClosed) => {
    const client = new DryEngine({ receiveMaximum: 3 }).connect(five);
    for (const count of times(begun)) {
      client.say({
        cmd: 'publish',
        topic: 't',
        payload: 'x',
        qos: 2,
        messageId: count + 1,
        dup: false,
        retain: false,
      });
    }
    expect(client.isClosed).toBe(isClosed);
    expect(client.all('disconnect').map(({ reasonCode }) => reasonCode)).toEqual(isClosed ? [0x93] : []);
  });
});
