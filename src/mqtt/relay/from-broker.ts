import type { Admission } from '../gate/engine.js';
import type { PartialPacket, Ruling } from './packet-filter.js';
import { readPublish } from './publish-head.js';
import { type Refusals, readSuback, withRefusals } from './subscribe.js';

export interface FromBrokerOptions {
  readonly admission: Pick<Admission, 'mayUse'>;
  readonly protocolVersion: number;
  /** Sends the broker a packet in the client's place. */
  readonly answer: (packet: Buffer) => void;
  /** SUBSCRIBEs of which the gate refused a part, by packet identifier. */
  readonly partlyRefused: Map<number, Refusals>;
}

const [PUBLISH, PUBREL, SUBACK] = [3, 6, 9];
// PUBACK, PUBREC, PUBCOMP, UNSUBACK, PINGRESP, DISCONNECT
const PASSED: ReadonlySet<number> = new Set([4, 5, 7, 11, 13, 14]);

/** Judges what the broker sends to a client: subscriptions outlive a change of scopes, deliveries are checked once more. */
export function judgeFromBroker(options: FromBrokerOptions): (packet: PartialPacket) => Ruling {
  const { admission, protocolVersion, answer, partlyRefused } = options;
  // Deliveries at QoS 2 that the client does not see.
  const kept = new Set<number>();
  const answerFor = (type: number, packetId: number) =>
    answer(Buffer.of(type, 2, packetId >> 8, packetId & 0xff));

  const judgePublish = (packet: PartialPacket): Ruling => {
    // No aliases: the CONNECT did not allow any, and without one a topic is not empty.
    const head = readPublish(packet, { hasAlias: false });
    if (head === 'malformed') return 'cut';
    if (typeof head === 'number') return head;
    const { topic, qos, packetId } = head;
    if (topic === '') return 'cut';
    if (admission.mayUse('subscribe', topic)) {
      kept.delete(packetId);
      return 'pass';
    }
    if (qos === 1) answerFor(0x40, packetId);
    if (qos === 2) {
      kept.add(packetId);
      answerFor(0x50, packetId);
    }
    return 'drop';
  };

  const judgePubrel = ({ bytes, start, body, end }: PartialPacket): Ruling => {
    if (kept.size === 0) return 'pass';
    if (end < body + 2) return 'cut';
    if (bytes.length < body + 2) return body + 2 - start;
    const packetId = bytes.readUInt16BE(body);
    if (!kept.delete(packetId)) return 'pass';
    answerFor(0x70, packetId);
    return 'drop';
  };

  const judgeSuback = (packet: PartialPacket): Ruling => {
    if (partlyRefused.size === 0) return 'pass';
    const suback = readSuback(packet, protocolVersion);
    if (suback === 'malformed') return 'cut';
    if (typeof suback === 'number') return suback;
    const refusals = partlyRefused.get(suback.packetId);
    if (refusals === undefined) return 'pass';
    partlyRefused.delete(suback.packetId);
    return withRefusals(suback, refusals) ?? 'cut';
  };

  return (packet) => {
    const type = (packet.bytes[packet.start] ?? 0) >> 4;
    if (type === PUBLISH) return judgePublish(packet);
    if (type === PUBREL) return judgePubrel(packet);
    if (type === SUBACK) return judgeSuback(packet);
    return PASSED.has(type) ? 'pass' : 'cut';
  };
}
