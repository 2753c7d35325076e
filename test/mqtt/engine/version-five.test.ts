import { describe, expect, it } from 'vitest';
import { DryEngine } from '../../support/mqtt-engine.js';

const five = { protocolVersion: 5 } as const;

describe('MQTT 5', () => {
  it('tells the client what it may count on, and the id that it was given', () => {
    const engine = new DryEngine({ keepAliveSeconds: 60 });
    const client = engine.connect({
      ...five,
      clientId: '',
      keepalive: 0,
      properties: { sessionExpiryInterval: 4_000_000_000 },
    });
    expect(client.all('connack')[0]).toMatchObject({
      reasonCode: 0,
      sessionPresent: false,
      properties: {
        receiveMaximum: 1_000,
        maximumPacketSize: 8 * 1024 * 1024,
        topicAliasMaximum: 16,
        sessionExpiryInterval: 7 * 86_400,
        serverKeepAlive: 60,
        assignedClientIdentifier: expect.stringMatching(/./),
      },
    });
  });

  it('passes on what a message says of itself', () => {
    const engine = new DryEngine();
    const client = engine.connect(five).subscribe('t', { qos: 1 });
    const properties = {
      payloadFormatIndicator: true,
      contentType: 'text/plain',
      responseTopic: 'answers',
      correlationData: Buffer.from('7'),
      userProperties: { unit: ['K', 'C'] },
    };
    engine
      .connect({ ...five, clientId: 'd' })
      .publish('t', 'x', { properties: { ...properties, topicAlias: 3 } });
    expect(client.all('publish')[0]).toMatchObject({ topic: 't', properties });
    expect(client.all('publish')[0]?.properties).not.toHaveProperty('topicAlias');
  });

  it('knows a topic by its alias, until that is set anew', () => {
    const engine = new DryEngine({ topicAliases: 2 });
    const watcher = engine.connect().subscribe('#');
    const client = engine.connect({ ...five, clientId: 'd' });
    client.publish('a', '1', { properties: { topicAlias: 2 } });
    client.publish('', '2', { properties: { topicAlias: 2 } });
    client.publish('b', '3', { properties: { topicAlias: 2 } });
    client.publish('', '4', { properties: { topicAlias: 2 } });
    expect(watcher.heard).toEqual(['a 1 0', 'a 2 0', 'b 3 0', 'b 4 0']);
    client.publish('', '5', { properties: { topicAlias: 1 } });
    expect(client.all('disconnect')[0]).toMatchObject({ reasonCode: 0x82 });
    const other = engine
      .connect({ ...five, clientId: 'e' })
      .publish('a', '6', { properties: { topicAlias: 3 } });
    expect(other.all('disconnect')[0]).toMatchObject({ reasonCode: 0x94 });
    const none = engine.connect({ ...five, clientId: 'f' }).sayBytes(Buffer.of(0x30, 3, 0, 0, 0));
    expect(none.all('disconnect')[0]).toMatchObject({ reasonCode: 0x82 });
    expect(watcher.heard).toHaveLength(4);
  });

  it('sends one copy with the identifiers of all subscriptions, at the highest QoS', () => {
    const engine = new DryEngine();
    const client = engine.connect(five);
    client.subscribe('a/+', { qos: 1 }, { subscriptionIdentifier: 5 });
    client.subscribe('a/#', { qos: 2 }, { subscriptionIdentifier: 300 });
    engine.connect({ clientId: 'd' }).publish('a/b', 'x', { qos: 2 });
    const [message, ...more] = client.all('publish');
    expect(more).toEqual([]);
    expect(message).toMatchObject({ qos: 2 });
    const ids = [message?.properties?.subscriptionIdentifier ?? []].flat();
    expect(ids.toSorted()).toEqual([300, 5]);
  });

  it('gives back nothing of one’s own where that was not wanted, and keeps the retain flag where it was', () => {
    const engine = new DryEngine();
    const client = engine.connect(five).subscribe('mine', { nl: true }).subscribe('kept', { rap: true });
    client.publish('mine', 'x').publish('kept', 'y', { retain: true });
    const other = engine.connect({ clientId: 'd' }).subscribe('kept');
    engine.connect({ clientId: 'e' }).publish('kept', 'z', { retain: true }).publish('mine', 'w');
    expect(client.heard).toEqual(['kept y 0', 'kept z 0', 'mine w 0']);
    expect(client.all('publish').map(({ retain }) => retain)).toEqual([true, true, false]);
    expect(other.all('publish').map(({ retain }) => retain)).toEqual([true, false]);
  });

  it('handles retained messages as each subscription says', () => {
    const engine = new DryEngine();
    engine.connect({ clientId: 'd' }).publish('t', 'x', { retain: true });
    const client = engine.connect(five);
    client.subscribe('t', { rh: 1 }).subscribe('t', { rh: 1 });
    expect(client.heard).toEqual(['t x 0']);
    client.subscribe('t', { rh: 0 }).subscribe('t', { rh: 2 });
    expect(client.heard).toEqual(['t x 0', 't x 0']);
    client.subscribe('$share/g/t', { rh: 0 });
    expect(client.heard).toHaveLength(2);
  });

  it('shares a subscription out in turns, to whoever is there', () => {
    const engine = new DryEngine();
    const members = ['1', '2', '3'].map((clientId) =>
      engine
        .connect({ ...five, clientId, properties: { sessionExpiryInterval: 60 } })
        .subscribe('$share/g/t/#', { qos: 1 }),
    );
    const other = engine.connect({ clientId: '4' }).subscribe('$share/h/t/#');
    const sender = engine.connect({ clientId: '5' });
    for (let count = 0; count < 6; count += 1) sender.publish('t/x', `${count}`, { qos: 1 });
    expect(members.map(({ heard }) => heard.length)).toEqual([2, 2, 2]);
    expect(other.heard).toHaveLength(6);
    members[0]?.drop();
    for (let count = 0; count < 4; count += 1) sender.publish('t/x', `${count}`, { qos: 1 });
    expect(members.map(({ heard }) => heard.length)).toEqual([2, 4, 4]);
  });

  it('sends no more unacknowledged than the client takes, and the rest as it acknowledges', () => {
    const engine = new DryEngine();
    const client = engine.connect({ ...five, properties: { receiveMaximum: 2 } }).subscribe('t', { qos: 1 });
    const sender = engine.connect({ clientId: 'd' });
    for (let count = 0; count < 5; count += 1) sender.publish('t', `${count}`, { qos: 1 });
    expect(client.heard).toHaveLength(2);
    client.settle();
    expect(client.heard).toEqual(['t 0 1', 't 1 1', 't 2 1', 't 3 1', 't 4 1']);
  });

  it('sends nothing that is longer than the client takes, and goes on', () => {
    const engine = new DryEngine();
    const client = engine
      .connect({ ...five, properties: { maximumPacketSize: 100 } })
      .subscribe('t', { qos: 1 });
    const sender = engine.connect({ clientId: 'd' });
    // A head of 8 octets: the type, the length, the topic, the packet identifier and no properties.
    sender
      .publish('t', 'x'.repeat(93), { qos: 1 })
      .publish('t', 'y'.repeat(92), { qos: 1 })
      .publish('t', 'z', { qos: 0 });
    expect(client.all('publish').map(({ payload }) => payload.length)).toEqual([92, 1]);
    client.settle();
    expect(engine.broker.usage.heldOctets).toBe(0);
  });

  it('does not deliver what has expired, and says how long the rest still holds', () => {
    const engine = new DryEngine();
    const away = { ...five, clean: false, properties: { sessionExpiryInterval: 1_000 } };
    engine.connect(away).subscribe('t', { qos: 1 }).drop();
    const sender = engine.connect({ ...five, clientId: 'd' });
    for (const messageExpiryInterval of [5, 60]) {
      sender.publish('t', `${messageExpiryInterval}`, {
        qos: 1,
        retain: true,
        properties: { messageExpiryInterval },
      });
    }
    engine.now += 20_000;
    const client = engine.connect(away);
    expect(client.heard).toEqual(['t 60 1']);
    expect(client.all('publish')[0]?.properties?.messageExpiryInterval).toBe(40);
    client.settle();
    expect(engine.broker.usage.heldOctets).toBe(0);
    engine.now += 41_000;
    expect(client.subscribe('t').heard).toHaveLength(1);
    engine.broker.retained.sweep(engine.now);
    expect(engine.broker.retained.size).toBe(0);
  });

  it('ends a session when its time is over, or when the client says so as it leaves', () => {
    const engine = new DryEngine();
    const away = (sessionExpiryInterval: number) => ({
      ...five,
      clean: false,
      properties: { sessionExpiryInterval },
    });
    engine.connect(away(10)).drop();
    engine.now += 9_000;
    for (const session of engine.broker.sessions.sweep(engine.now)) engine.broker.sessions.end(session);
    const client = engine.connect(away(10));
    expect(client.all('connack')[0]?.sessionPresent).toBe(true);
    client.say({ cmd: 'disconnect', properties: { sessionExpiryInterval: 0 } });
    expect(engine.connect(away(0)).all('connack')[0]?.sessionPresent).toBe(false);
    const never = engine.connect({ ...five, clientId: 'x' });
    never.say({ cmd: 'disconnect', properties: { sessionExpiryInterval: 5 } });
    expect(never.all('disconnect')[0]).toMatchObject({ reasonCode: 0x82 });
  });

  it('says why a connection ends: taken over, revoked, AUTH', () => {
    const engine = new DryEngine();
    const first = engine.connect(five);
    const second = engine.connect(five);
    second.revoke();
    expect(first.all('disconnect')[0]).toMatchObject({ reasonCode: 0x8e });
    expect(second.all('disconnect')[0]).toMatchObject({ reasonCode: 0x98 });
    const third = engine.connect(five).say({ cmd: 'auth', reasonCode: 0x18 });
    expect(third.last).toEqual(Buffer.of(0xe0, 1, 0x8c));
    const fourth = engine.connect({ ...five, properties: { authenticationMethod: 'SCRAM-SHA-1' } });
    expect(fourth.all('connack')[0]).toMatchObject({ reasonCode: 0x8c });
  });
});

describe('a will', () => {
  const will = { topic: 'gone', payload: Buffer.from('W'), qos: 1 as const, retain: false };

  it('is published when the client goes without a word, not when it says goodbye', () => {
    const engine = new DryEngine();
    const watcher = engine.connect({ clientId: 'w' }).subscribe('gone');
    engine.connect({ will }).drop();
    expect(watcher.heard).toEqual(['gone W 0']);
    engine.connect({ will }).say({ cmd: 'disconnect' });
    expect(watcher.heard).toHaveLength(1);
    engine.connect({ ...five, will }).say({ cmd: 'disconnect', reasonCode: 4 });
    engine.connect({ will });
    engine.connect({ will });
    expect(watcher.heard).toHaveLength(3);
  });

  it('waits as long as it was told, unless the client comes back or its session ends', () => {
    const engine = new DryEngine();
    const watcher = engine.connect({ clientId: 'w' }).subscribe('gone');
    const late = (sessionExpiryInterval: number) => ({
      ...five,
      clean: false,
      properties: { sessionExpiryInterval },
      will: { ...will, properties: { willDelayInterval: 10 } },
    });
    const due = () => [...engine.broker.wills.values()].map(({ at }) => at - engine.now);
    engine.connect(late(60)).drop();
    expect([watcher.heard, due()]).toEqual([[], [10_000]]);
    const back = engine.connect(late(60));
    expect(due()).toEqual([]);
    back.drop();
    engine.connect({ ...five, clean: true });
    expect(watcher.heard).toEqual(['gone W 0']);
    engine.connect(late(3)).drop();
    expect(due()).toEqual([3_000]);
  });

  it('is not published where the client may not any more, and refused where it never may', () => {
    const engine = new DryEngine();
    const watcher = engine.connect({ clientId: 'w' }).subscribe('#');
    let isOpen = true;
    const client = engine.connect({ will, rights: { may: () => isOpen } });
    isOpen = false;
    client.drop();
    expect(watcher.heard).toEqual([]);
    expect(engine.connect({ will, rights: { may: () => false } }).all('connack')[0]?.returnCode).toBe(5);
    const five5 = engine.connect({ ...five, will: { ...will, topic: '$SYS/x' } });
    expect(five5.all('connack')[0]?.reasonCode).toBe(0x87);
  });
});

describe('QoS', () => {
  it.each([1, 2] as const)(
    '%i is sent again where it was not acknowledged, as a duplicate, in order',
    (qos) => {
      const engine = new DryEngine();
      const again = { clean: false };
      const client = engine.connect(again).subscribe('t', { qos });
      client.acknowledges = false;
      const sender = engine.connect({ clientId: 'd' });
      sender.publish('t', '1', { qos }).publish('t', '2', { qos });
      const ids = client.all('publish').map(({ messageId }) => messageId);
      client.drop();
      sender.publish('t', '3', { qos });
      const back = engine.connect(again);
      expect(
        back.all('publish').map(({ payload, dup, messageId }) => [`${payload}`, dup, messageId]),
      ).toEqual([
        ['1', true, ids[0]],
        ['2', true, ids[1]],
        ['3', false, expect.any(Number)],
      ]);
      back.settle();
      expect(engine.broker.usage.heldOctets).toBe(0);
    },
  );

  it('2 is published once, however often it is sent, and only released again where it was received', () => {
    const engine = new DryEngine();
    const again = { clean: false };
    const client = engine.connect(again).subscribe('t', { qos: 2 });
    client.acknowledges = false;
    const sender = engine.connect({ clientId: 'd' });
    const publish = {
      cmd: 'publish',
      topic: 't',
      payload: 'x',
      qos: 2,
      retain: false,
      messageId: 9,
    } as const;
    sender.say({ ...publish, dup: false }).say({ ...publish, dup: true });
    expect([sender.all('pubrec').length, client.heard]).toEqual([2, ['t x 2']]);
    sender.say({ cmd: 'pubrel', messageId: 9 }).say({ ...publish, dup: false });
    expect(client.heard).toHaveLength(2);
    client.say({ cmd: 'pubrec', messageId: 1 });
    client.drop();
    const back = engine.connect(again);
    expect(back.got.map(({ cmd }) => cmd)).toEqual(['connack', 'pubrel', 'publish']);
  });

  it('unknown packet identifiers are answered, and nothing else', () => {
    const engine = new DryEngine();
    const client = engine.connect(five);
    client
      .say({ cmd: 'puback', messageId: 5 })
      .say({ cmd: 'pubrec', messageId: 6 })
      .say({ cmd: 'pubrel', messageId: 7 });
    client.say({ cmd: 'pubcomp', messageId: 8 });
    expect(
      client.got.slice(1).map((packet) => [packet.cmd, 'reasonCode' in packet && packet.reasonCode]),
    ).toEqual([
      ['pubrel', 0x92],
      ['pubcomp', 0x92],
    ]);
    expect(client.isClosed).toBe(false);
  });
});
