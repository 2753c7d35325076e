import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type DryClient, DryEngine } from '../../support/mqtt-engine.js';

// Random clients, sessions, publishes and drops, against a plain account of who must get what.

const TOPICS = ['a', 'a/b', 'a/b/c', 'b', 'b/', '/b', '$x/a'];
const FILTERS = ['a', 'a/b', 'a/#', '#', '+', 'a/+', '+/b', '/+', 'b/+', '+/+/c', 'a/+/#', '+/#'];
const IDS = ['one', 'two', 'three'];

interface Kept {
  readonly filters: Map<string, number>;
  readonly queue: string[];
  client: DryClient | undefined;
  isPersistent: boolean;
}

const id = fc.constantFrom(...IDS);
const qos = fc.constantFrom(0, 1, 2);
const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constant('connect'),
      id,
      clean: fc.boolean(),
      version: fc.constantFrom(3, 4, 5),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ what: fc.constant('subscribe'), id, filter: fc.constantFrom(...FILTERS), qos }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ what: fc.constant('unsubscribe'), id, filter: fc.constantFrom(...FILTERS) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      what: fc.constant('publish'),
      id,
      topic: fc.constantFrom(...TOPICS),
      qos,
      retain: fc.boolean(),
      empty: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('drop'), id, polite: fc.boolean() }) },
);

function matches(filter: string, topic: string): boolean {
  if (topic.startsWith('$') && /^[+#]/.test(filter)) return false;
  const pattern = filter
    .split('/')
    .map((level) => (level === '+' ? '[^/]*' : level === '#' ? '.*' : level))
    .join('/')
    // # also stands for the level above it.
    .replace(/\/\.\*$/, '(/.*)?');
  return new RegExp(`^${pattern}$`).test(topic);
}

it('gives everybody what they must get, and nothing else', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 60 }), (steps) => {
      const engine = new DryEngine();
      const kept = new Map<string, Kept>();
      const retained = new Map<string, { text: string; qos: number }>();
      const wanted = new Map<DryClient, string[]>();
      let count = 0;
      for (const next of steps) {
        const mine = kept.get(next.id);
        if (next.what === 'connect' && 'clean' in next) {
          const resumed = next.clean ? undefined : mine?.isPersistent ? mine : undefined;
          const isPersistent = !next.clean;
          const client = engine.connect({
            clientId: next.id,
            clean: next.clean,
            protocolVersion: next.version,
            ...(next.version === 5 && { properties: { sessionExpiryInterval: isPersistent ? 100 : 0 } }),
          });
          expect(mine?.client?.isClosed ?? true).toBe(true);
          expect(client.all('connack')[0]?.sessionPresent).toBe(resumed !== undefined);
          wanted.set(client, resumed?.queue.splice(0) ?? []);
          kept.set(next.id, {
            filters: resumed?.filters ?? new Map(),
            queue: resumed?.queue ?? [],
            client,
            isPersistent,
          });
          client.settle();
          continue;
        }
        const client = mine?.client;
        if (mine === undefined || client === undefined) continue;
        if (next.what === 'subscribe' && 'filter' in next && 'qos' in next) {
          client.subscribe(next.filter, { qos: next.qos });
          mine.filters.set(next.filter, next.qos);
          const found = [...retained].filter(([topic]) => matches(next.filter, topic));
          // In no order of topics.
          const replayed = found.map(
            ([topic, { text, qos: had }]) => `${topic} ${text} ${Math.min(had, next.qos)}`,
          );
          const got = client.heard.slice(wanted.get(client)?.length);
          expect([...got].sort()).toEqual(replayed.sort());
          wanted.get(client)?.push(...got);
        } else if (next.what === 'unsubscribe' && 'filter' in next) {
          client.say({ cmd: 'unsubscribe', messageId: 3, unsubscriptions: [next.filter] });
          mine.filters.delete(next.filter);
        } else if (next.what === 'publish' && 'topic' in next) {
          count += 1;
          const text = next.empty ? '' : `${count}`;
          client.publish(next.topic, text, {
            qos: next.qos === 2 ? 2 : next.qos === 1 ? 1 : 0,
            retain: next.retain,
          });
          if (next.topic.startsWith('$')) {
            // Before MQTT 5 the connection is all that can refuse.
            if (client.protocolVersion !== 5) goneBy(mine);
            continue;
          }
          if (next.retain && text === '') retained.delete(next.topic);
          else if (next.retain) retained.set(next.topic, { text, qos: next.qos });
          for (const one of kept.values()) {
            const granted = [...one.filters]
              .filter(([filter]) => matches(filter, next.topic))
              .map(([, had]) => had);
            if (granted.length === 0) continue;
            const line = `${next.topic} ${text} ${Math.min(next.qos, Math.max(...granted))}`;
            if (one.client !== undefined) wanted.get(one.client)?.push(line);
            else if (!line.endsWith(' 0')) one.queue.push(line);
          }
        } else if (next.what === 'drop' && 'polite' in next) {
          if (next.polite) client.say({ cmd: 'disconnect' });
          else client.drop();
          goneBy(mine);
        }
        for (const one of kept.values()) one.client?.settle();
        for (const [who, lines] of wanted) expect(who.heard).toEqual(lines);
      }
      // Nothing is left of those who are gone.
      for (const one of kept.values()) one.client?.drop();
      engine.now += 200_000 + 8 * 86_400_000;
      for (const session of engine.broker.sessions.sweep(engine.now)) engine.broker.sessions.end(session);
      expect(engine.broker.usage).toMatchObject({ sessions: 0, heldOctets: 0 });
    }),
    { numRuns: 300 },
  );

  function goneBy(mine: Kept): void {
    mine.client = undefined;
    if (mine.isPersistent) return;
    mine.filters.clear();
    mine.queue.length = 0;
  }
});
