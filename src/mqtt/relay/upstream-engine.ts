import {
  type Engine,
  type Handover,
  type Holder,
  holderName,
  type Served,
  sessionName,
} from '../gate/engine.js';
import type { Connect } from '../packets/connect.js';
import type { PacketReader } from '../packets/packet-reader.js';
import { REASON } from '../packets/reason-code.js';
import { type BrokerAddress, openAndClose } from './open-session.js';
import { Passage } from './passage.js';
import { createStaleSessions, type StaleSessions } from './stale-sessions.js';
import { discardingConnect, mayOutlive, upstreamConnect } from './upstream-connect.js';

export interface UpstreamOptions extends BrokerAddress {
  /** The gate's own password at the broker; undefined for none. */
  readonly password: Buffer | undefined;
}

/** A broker behind the gate: MQTT 3.1, 3.1.1 and 5. Sessions, queues and retained messages are the broker's. */
export class UpstreamEngine implements Engine {
  readonly #upstream: UpstreamOptions;
  readonly #staleSessions: StaleSessions;
  readonly #passages = new Set<Passage>();

  constructor(upstream: UpstreamOptions) {
    this.#upstream = upstream;
    this.#staleSessions = createStaleSessions((holder, sessionId) =>
      openAndClose(upstream, discardingConnect(sessionId, { holder, password: upstream.password })),
    );
  }

  handOver(handover: Handover, connect: Connect, reader: PacketReader): Served {
    const passage = new Passage({ handover, reader, passages: this.#passages });
    // A failure in here lets nobody through, and ends no other connection.
    this.#open(passage, handover, connect).catch(() => passage.revoke());
    return passage;
  }

  forget(holder: Holder): Promise<void> {
    return this.#staleSessions.forget(holder);
  }

  async close(): Promise<void> {
    for (const passage of this.#passages) passage.end(REASON.shuttingDown);
  }

  async #open(passage: Passage, { holder, clientId }: Handover, connect: Connect): Promise<void> {
    const { password } = this.#upstream;
    const sessionId = sessionName(holderName(holder), clientId);
    const isStale = await this.#staleSessions.isStale(sessionId);
    if (holder && mayOutlive(connect)) this.#staleSessions.note(holder, sessionId);
    passage.open(this.#upstream, {
      connect,
      upstreamConnect: upstreamConnect(connect, { sessionId, holder, password, isStale }),
      onAccepted: () => {
        if (isStale) this.#staleSessions.settle(sessionId);
      },
    });
  }
}
