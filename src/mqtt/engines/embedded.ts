import type { Duplex } from 'node:stream';
import { Aedes, type Client } from 'aedes';
import AsyncPersistence from 'aedes-persistence/asyncPersistence.js';
import { generate } from 'mqtt-packet';
import { isTopicName } from '../../core/scope.js';
import type { Admission, Engine } from '../gate/engine.js';
import { limitPackets } from '../packets/packet-limit.js';

// A packet is held in memory until it is whole.
const MAX_PACKET_BYTES = 8 * 1024 * 1024;

/** aedes in this process: MQTT 3.1 and 3.1.1, QoS 0 to 2, sessions and retained messages in memory. */
export async function createEmbeddedEngine(): Promise<Engine> {
  const admissions = new WeakMap<Duplex, Admission>();
  const sessionIds = new Map<string, Set<string>>();
  const admissionOf = (client: Client | null) => (client === null ? undefined : admissions.get(client.conn));
  const memory = new AsyncPersistence();
  const broker = await Aedes.createBroker({
    persistence: memory,
    // MQTT 3.1 allows 23 characters; registered ids, and sessions under them, are longer.
    maxClientsIdLength: 256,
    // Also asked for wills.
    authorizePublish: (client, { topic }, done) => {
      const allowed =
        isTopicName(topic) && !topic.startsWith('$') && admissionOf(client)?.mayUse('publish', topic);
      if (!allowed) admissionOf(client)?.refused('publish', topic);
      done(allowed ? null : new Error('not authorized to publish'));
    },
    authorizeSubscribe: (client, subscription, done) => {
      const allowed = admissionOf(client)?.mayUse('subscribe', subscription.topic);
      if (!allowed) admissionOf(client)?.refused('subscribe', subscription.topic);
      // null: the SUBACK says 0x80 for this filter [MQTT-3.9.3-1]
      done(null, allowed ? subscription : null);
    },
    // aedes keeps the filters of a SUBSCRIBE that it denied beside those it granted, and subscriptions outlive a change
    // of scopes: what is delivered is checked once more.
    authorizeForward: (client, packet) =>
      admissionOf(client)?.mayUse('subscribe', packet.topic) ? packet : null,
  });
  return {
    protocolVersions: new Set([3, 4]),
    admit: (admission) => {
      const { stream, first, principal, sessionId } = admission;
      if (principal) {
        const { kind, id } = principal;
        const whose = `${kind} ${id}`;
        sessionIds.set(whose, (sessionIds.get(whose) ?? new Set()).add(sessionId));
      }
      const { packet, bytes, rest } = first;
      const connect = sessionId === packet.clientId ? bytes : generate({ ...packet, clientId: sessionId });
      stream.unshift(Buffer.concat([connect, rest]));
      limitPackets(stream, MAX_PACKET_BYTES);
      admissions.set(stream, admission);
      broker.handle(stream);
    },
    forget: async ({ kind, id: holder }) => {
      const whose = `${kind} ${holder}`;
      for (const id of sessionIds.get(whose) ?? []) {
        await memory.cleanSubscriptions({ id });
        // What waits for a client must not reach whoever gets its id next.
        for await (const packet of memory.outgoingStream({ id }))
          await memory.outgoingClearMessageId({ id }, packet);
      }
      sessionIds.delete(whose);
    },
    close: () => new Promise((resolve) => broker.close(() => resolve())),
  };
}
