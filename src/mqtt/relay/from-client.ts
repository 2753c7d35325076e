import { isTopicName } from '../../core/model/scope.js';
import type { Handover } from '../gate/engine.js';
import {
  makeAcknowledgement,
  makeFilterAcknowledgement,
  readAcknowledgement,
} from '../packets/acknowledgement.js';
import { readDisconnect } from '../packets/disconnect.js';
import { readSubscribe, readUnsubscribe } from '../packets/filters.js';
import type { Packet } from '../packets/packet.js';
import { PACKET } from '../packets/packet-type.js';
import { ALLOWED, PROPERTY } from '../packets/properties.js';
import { type PublishForm, readPublish } from '../packets/publish.js';
import { REASON, SUBSCRIPTION_FAILED } from '../packets/reason-code.js';
import { parseFilter } from '../packets/topic-filter.js';
import type { Judge, Ruling } from './packet-filter.js';
import { type PartlyRefused, withoutRefused } from './subscribe.js';
import { TopicAliases } from './topic-aliases.js';

export interface FromClientOptions {
  readonly handover: Pick<Handover, 'rights' | 'refusedTopic'>;
  readonly protocolVersion: number;
  /** The number of topic aliases that the broker allows. */
  readonly topicAliasMaximum: number;
  /** The gate's own packets for the client. */
  readonly answers: Buffer[];
  /** SUBSCRIBEs that the gate refused in part. */
  readonly partlyRefused: PartlyRefused;
}

/** Judges the packets of a client by their form, and by the client's topic scopes as they are now. */
export class FromClient implements Judge {
  readonly #handover: FromClientOptions['handover'];
  readonly #form: PublishForm;
  readonly #aliases: TopicAliases;
  readonly #answers: Buffer[];
  readonly #partlyRefused: PartlyRefused;

  constructor({ handover, protocolVersion, topicAliasMaximum, answers, partlyRefused }: FromClientOptions) {
    this.#handover = handover;
    this.#form = protocolVersion === 5 ? FORM_FIVE : FORM;
    this.#aliases = new TopicAliases(topicAliasMaximum);
    this.#answers = answers;
    this.#partlyRefused = partlyRefused;
  }

  judge(packet: Packet): Ruling {
    const { bytes, start, end } = packet;
    const head = bytes[start] ?? 0;
    const type = head >> 4;
    if (type === PACKET.publish) return this.#judgePublish(packet);
    // Every other packet of a client is short, and judged whole.
    if (bytes.length < end) return end - start;
    const { protocolVersion } = this.#form;
    switch (type) {
      case PACKET.puback:
      case PACKET.pubrec:
      case PACKET.pubrel:
      case PACKET.pubcomp:
        return readAcknowledgement(packet, protocolVersion) ? 'pass' : 'cut';
      case PACKET.subscribe:
        return this.#judgeSubscribe(packet);
      case PACKET.unsubscribe:
        return readUnsubscribe(packet, protocolVersion) ? 'pass' : 'cut';
      case PACKET.pingreq:
        return head === 0xc0 && packet.body === end ? 'pass' : 'cut';
      case PACKET.disconnect:
        return readDisconnect(packet, protocolVersion) ? 'pass' : 'cut';
      default:
        // A second CONNECT, an AUTH, or a packet of brokers.
        return 'cut';
    }
  }

  #judgePublish(packet: Packet): Ruling {
    const publish = readPublish(packet, this.#form);
    if (publish === 'malformed') return 'cut';
    if (typeof publish === 'number') return publish;
    const { topic, qos, packetId, properties } = publish;
    const alias = properties.number(PROPERTY.topicAlias);
    // [MQTT-3.3.2-1], [MQTT-3.3.2-8]
    if (topic === '' && alias === undefined) return 'cut';
    const isOpen = alias === undefined ? this.#mayPublish(topic) : this.#mayPublishByAlias(topic, alias);
    if (isOpen === 'cut') return isOpen;
    if (isOpen) return 'pass';
    // MQTT 3.1.1 has no other refusal of a PUBLISH [MQTT-3.3.5-2].
    if (this.#form.protocolVersion !== 5) return 'cut';
    // At QoS 2 the exchange ends with it. MQTT 5 section 4.3.3.
    if (qos > 0) this.#answers.push(makeAcknowledgement(qos === 1 ? 4 : 5, packetId, REASON.notAuthorized));
    return 'drop';
  }

  #mayPublish(topic: string): boolean {
    const { rights } = this.#handover;
    // Topics that begin with $ are the broker's own: some command it.
    const isOpen = isTopicName(topic) && !topic.startsWith('$') && rights.may('publish', topic);
    if (!isOpen) this.#handover.refusedTopic('publish', topic, 'no scope');
    return isOpen;
  }

  #mayPublishByAlias(topic: string, alias: number): boolean | 'cut' {
    // [MQTT-3.3.2-9] an alias that the broker did not allow, or that was never set
    const meant = topic === '' ? this.#aliases.topicOf(alias) : topic;
    if (!this.#aliases.isAllowed(alias) || meant === undefined) return 'cut';
    // The broker does not know an alias whose packet was not passed on, even if scopes would open its topic now.
    const isOpen = meant !== null && this.#mayPublish(meant);
    if (topic !== '' && !this.#aliases.set(alias, isOpen ? topic : null)) return 'cut';
    return isOpen;
  }

  #judgeSubscribe(packet: Packet): Ruling {
    const { protocolVersion } = this.#form;
    const subscribe = readSubscribe(packet, protocolVersion);
    if (subscribe === undefined) return 'cut';
    const { packetId, requests } = subscribe;
    // [MQTT-2.3.1-2] an identifier that is in use
    if (this.#partlyRefused.has(packetId)) return 'cut';
    const refusals = requests.map(({ filter }) => this.#refusalOf(filter));
    if (refusals.every((code) => code === undefined)) return 'pass';
    if (refusals.includes(undefined)) {
      if (!this.#partlyRefused.add(packetId, refusals)) return 'cut';
      return withoutRefused(subscribe, refusals);
    }
    const codes = refusals.map((code) => code ?? SUBSCRIPTION_FAILED);
    this.#answers.push(makeFilterAcknowledgement(9, { packetId, codes, protocolVersion }));
    return 'drop';
  }

  #refusalOf(filter: string): number | undefined {
    const parsed = parseFilter(filter);
    if (parsed !== undefined && this.#handover.rights.may('subscribe', parsed.filter)) return undefined;
    this.#handover.refusedTopic('subscribe', filter, parsed === undefined ? 'not a filter' : 'no scope');
    return this.#form.protocolVersion === 5 ? REASON.notAuthorized : SUBSCRIPTION_FAILED;
  }
}

const FORM: PublishForm = { protocolVersion: 4, allowed: ALLOWED.publish };
const FORM_FIVE: PublishForm = { protocolVersion: 5, allowed: ALLOWED.publish };
