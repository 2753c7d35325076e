import { type MqttLimits, mqttLimits } from '../../core/model/mqtt-limits.js';
import { type Engine, type Handover, type Holder, holderName, type Served } from '../gate/engine.js';
import type { Connect } from '../packets/connect.js';
import type { PacketReader } from '../packets/packet-reader.js';
import { REASON } from '../packets/reason-code.js';
import { Broker, type BrokerOptions } from './broker.js';
import { publishWaitingWill, publishWill } from './on-close.js';
import { onConnect } from './on-connect.js';
import { Transport } from './transport.js';

const SWEEP_EVERY_MS = 1_000;

/**
 * MQTT 3.1, 3.1.1 and 5 in this process, with sessions and retained messages in memory. For many nodes, or for messages
 * that must outlive a restart, put a broker behind the gate.
 */
export class EmbeddedEngine implements Engine {
  readonly #broker: Broker;
  readonly #transports = new Set<Transport>();
  readonly #sweeping: NodeJS.Timeout;
  readonly #forgetTransport = (transport: Transport) => this.#transports.delete(transport);

  constructor(
    options: Omit<BrokerOptions, 'now' | 'limits'> & {
      readonly limits?: MqttLimits;
      readonly now?: () => number;
    },
  ) {
    const { limits = mqttLimits(), now = () => performance.now(), observer } = options;
    this.#broker = new Broker({ limits, now, observer });
    this.#sweeping = setInterval(() => this.sweep(), SWEEP_EVERY_MS);
    this.#sweeping.unref();
  }

  handOver(handover: Handover, connect: Connect, reader: PacketReader): Served {
    const { link } = handover;
    const broker = this.#broker;
    const transport = new Transport({ link, reader, broker, onOver: this.#forgetTransport });
    const connection = onConnect(broker, { handover, connect, wire: transport });
    if (connection === undefined) return transport;
    reader.maxPublishBytes = broker.limits.packetOctets;
    this.#transports.add(transport);
    transport.start(connection);
    return transport;
  }

  async forget(whose: Holder): Promise<void> {
    const holder = holderName(whose);
    for (const session of this.#broker.sessions.of(holder)) {
      session.outlet?.end(REASON.administrativeAction);
      this.#broker.wills.delete(session);
      this.#broker.sessions.end(session);
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#sweeping);
    for (const transport of this.#transports) transport.farewell();
  }

  /** Ends connections that are silent or take nothing, and the sessions, wills and messages whose time is over. */
  sweep(): void {
    const broker = this.#broker;
    const now = broker.now();
    for (const transport of this.#transports) transport.sweep(now);
    for (const [session, due] of broker.wills) {
      if (due.at > now) continue;
      broker.wills.delete(session);
      publishWill(broker, due);
    }
    for (const session of broker.sessions.sweep(now)) {
      publishWaitingWill(broker, session);
      broker.sessions.end(session);
    }
    broker.retained.sweep(now);
  }
}
