import { isTopicName } from '../../core/scope.js';
import type { Admission } from '../gate/engine.js';
import type { PartialPacket, Ruling } from './packet-filter.js';
import { readPublish } from './publish-head.js';
import { type Refusals, readSubscribe, refuseAll, withoutRefused } from './subscribe.js';
import { createTopicAliases } from './topic-aliases.js';

export interface FromClientOptions {
  readonly admission: Pick<Admission, 'mayUse' | 'refused'>;
  readonly protocolVersion: number;
  /** How many topic aliases the broker allows. */
  readonly topicAliasMaximum: number;
  /** Sends the client a packet of the gate's own. */
  readonly answer: (packet: Buffer) => void;
  /** SUBSCRIBEs of which a part waits for the broker's answer, by packet identifier. */
  readonly partlyRefused: Map<number, Refusals>;
}

// More SUBSCRIBEs than that wait for no answer.
const MAX_PARTLY_REFUSED = 1_000;

const NOT_AUTHORIZED = 0x87;
// [MQTT-3.9.3-2]
const SUBSCRIPTION_FAILED = 0x80;

const [PUBLISH, SUBSCRIBE] = [3, 8];
// PUBACK, PUBREC, PUBREL, PUBCOMP, UNSUBSCRIBE, PINGREQ, DISCONNECT
const PASSED: ReadonlySet<number> = new Set([4, 5, 6, 7, 10, 12, 14]);

/** Judges what a client sends to the broker by its topic scopes, as they are now. */
export function judgeFromClient(options: FromClientOptions): (packet: PartialPacket) => Ruling {
  const { admission, protocolVersion, answer, partlyRefused } = options;
  const isFive = protocolVersion === 5;
  const aliases = createTopicAliases(options.topicAliasMaximum);

  const mayPublish = (topic: string) => {
    // Topics that begin with $ are the broker's own: some command it.
    const isOpen = isTopicName(topic) && !topic.startsWith('$') && admission.mayUse('publish', topic);
    if (!isOpen) admission.refused('publish', topic);
    return isOpen;
  };

  const judgePublish = (packet: PartialPacket): Ruling => {
    const head = readPublish(packet, { hasAlias: isFive });
    if (head === 'malformed') return 'cut';
    if (typeof head === 'number') return head;
    const { topic, alias, qos, packetId } = head;
    let isOpen: boolean;
    if (alias === undefined) {
      isOpen = mayPublish(topic);
    } else {
      // [MQTT-3.3.2-9] an alias that the broker did not allow, or that was never set
      const meant = topic === '' ? aliases.topicOf(alias) : topic;
      if (!aliases.isAllowed(alias) || meant === undefined) return 'cut';
      // What the broker was not told of cannot be used there, whatever scopes say by now.
      isOpen = meant !== null && mayPublish(meant);
      if (topic !== '' && !aliases.set(alias, isOpen ? topic : null)) return 'cut';
    }
    if (isOpen) return 'pass';
    // MQTT 3.1.1 has no other refusal of a PUBLISH [MQTT-3.3.5-2].
    if (!isFive) return 'cut';
    // The reason code of PUBACK or PUBREC, MQTT 5 sections 3.4.2.1 and 3.5.2.1: a PUBLISH at QoS 2 ends with it.
    if (qos > 0)
      answer(Buffer.of(qos === 1 ? 0x40 : 0x50, 3, packetId >> 8, packetId & 0xff, NOT_AUTHORIZED));
    return 'drop';
  };

  const maySubscribe = (filter: string) => {
    const asked = withoutShare(filter);
    const isOpen = asked !== undefined && !/[\0\ufffd]/.test(asked) && admission.mayUse('subscribe', asked);
    if (!isOpen) admission.refused('subscribe', filter);
    return isOpen;
  };

  const judgeSubscribe = (packet: PartialPacket): Ruling => {
    const subscribe = readSubscribe(packet, protocolVersion);
    if (subscribe === 'malformed') return 'cut';
    if (typeof subscribe === 'number') return subscribe;
    // [MQTT-2.3.1-2] an identifier that is in use
    if (partlyRefused.has(subscribe.packetId)) return 'cut';
    const refusal = isFive ? NOT_AUTHORIZED : SUBSCRIPTION_FAILED;
    const refusals = subscribe.subscriptions.map(({ filter }) =>
      maySubscribe(filter) ? undefined : refusal,
    );
    if (refusals.every((code) => code === undefined)) return 'pass';
    if (refusals.includes(undefined)) {
      if (partlyRefused.size >= MAX_PARTLY_REFUSED) return 'cut';
      partlyRefused.set(subscribe.packetId, refusals);
      return withoutRefused(subscribe, refusals);
    }
    answer(refuseAll(subscribe, { refusals, protocolVersion }));
    return 'drop';
  };

  return (packet) => {
    const type = (packet.bytes[packet.start] ?? 0) >> 4;
    if (type === PUBLISH) return judgePublish(packet);
    if (type === SUBSCRIBE) return judgeSubscribe(packet);
    // A second CONNECT, another authentication, or what only brokers say.
    return PASSED.has(type) ? 'pass' : 'cut';
  };
}

/** A shared subscription is judged by its filter, MQTT 5 section 4.8.2; undefined where it has none. */
function withoutShare(filter: string): string | undefined {
  if (!filter.startsWith('$share/')) return filter;
  return /^\$share\/[^/+#]+\/(.+)$/s.exec(filter)?.[1];
}
