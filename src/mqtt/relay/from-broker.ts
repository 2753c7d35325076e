import type { Rights } from '../../core/verify/topic-rights.js';
import { makeAcknowledgement } from '../packets/acknowledgement.js';
import type { Packet } from '../packets/packet.js';
import { PACKET } from '../packets/packet-type.js';
import { ALLOWED } from '../packets/properties.js';
import { type PublishForm, readPublish } from '../packets/publish.js';
import type { Judge, Ruling } from './packet-filter.js';
import { type PartlyRefused, readSuback, withRefusals } from './subscribe.js';

export interface FromBrokerOptions {
  readonly rights: Rights;
  readonly protocolVersion: number;
  /** Packets for the broker, in place of the client's. */
  readonly answers: Buffer[];
  /** SUBSCRIBEs that the gate refused in part. */
  readonly partlyRefused: PartlyRefused;
}

const PASSED: ReadonlySet<number> = new Set([
  ...[PACKET.puback, PACKET.pubrec, PACKET.pubcomp],
  ...[PACKET.unsuback, PACKET.pingresp, PACKET.disconnect],
]);

/** Judges the packets of the broker. Subscriptions outlive a change of scopes, so deliveries are checked again. */
export class FromBroker implements Judge {
  readonly #rights: Rights;
  readonly #form: PublishForm;
  readonly #answers: Buffer[];
  readonly #partlyRefused: PartlyRefused;
  /** Packet identifiers of deliveries at QoS 2 that the client does not get. */
  #kept: Set<number> | undefined;

  constructor({ rights, protocolVersion, answers, partlyRefused }: FromBrokerOptions) {
    this.#rights = rights;
    this.#form = protocolVersion === 5 ? FORM_FIVE : FORM;
    this.#answers = answers;
    this.#partlyRefused = partlyRefused;
  }

  judge(packet: Packet): Ruling {
    const type = (packet.bytes[packet.start] ?? 0) >> 4;
    if (type === PACKET.publish) return this.#judgePublish(packet);
    if (type === PACKET.pubrel) return this.#judgePubrel(packet);
    if (type === PACKET.suback) return this.#judgeSuback(packet);
    return PASSED.has(type) ? 'pass' : 'cut';
  }

  #judgePublish(packet: Packet): Ruling {
    const publish = readPublish(packet, this.#form);
    if (publish === 'malformed') return 'cut';
    if (typeof publish === 'number') return publish;
    const { topic, qos, packetId } = publish;
    // No aliases: the CONNECT did not allow any, and without one a topic is not empty.
    if (topic === '') return 'cut';
    if (this.#rights.may('subscribe', topic)) {
      this.#kept?.delete(packetId);
      return 'pass';
    }
    if (qos === 1) this.#answers.push(makeAcknowledgement(4, packetId));
    if (qos === 2) {
      this.#kept ??= new Set();
      this.#kept.add(packetId);
      this.#answers.push(makeAcknowledgement(5, packetId));
    }
    return 'drop';
  }

  #judgePubrel({ bytes, start, body, end }: Packet): Ruling {
    if (this.#kept === undefined || this.#kept.size === 0) return 'pass';
    if (end < body + 2) return 'cut';
    if (bytes.length < body + 2) return body + 2 - start;
    const packetId = bytes.readUInt16BE(body);
    if (!this.#kept.delete(packetId)) return 'pass';
    this.#answers.push(makeAcknowledgement(7, packetId));
    return 'drop';
  }

  #judgeSuback(packet: Packet): Ruling {
    if (this.#partlyRefused.isEmpty) return 'pass';
    const suback = readSuback(packet, this.#form.protocolVersion);
    if (suback === 'malformed') return 'cut';
    if (typeof suback === 'number') return suback;
    const refusals = this.#partlyRefused.take(suback.packetId);
    if (refusals === undefined) return 'pass';
    return withRefusals(suback, refusals) ?? 'cut';
  }
}

const FORM: PublishForm = { protocolVersion: 4, allowed: ALLOWED.publishFromServer };
const FORM_FIVE: PublishForm = { protocolVersion: 5, allowed: ALLOWED.publishFromServer };
