import type { Rights } from '../../core/verify/topic-rights.js';
import type { Account } from './account.js';
import type { Message } from './message.js';
import type { Subscription } from './subscription-tree.js';

/** A message on its way to one session. */
export interface Delivery {
  readonly message: Message;
  /** 1 or 2. */
  readonly qos: number;
  readonly retain: boolean;
  readonly subscriptionIds: readonly number[] | undefined;
  /** At QoS 2: the client has it, and only its release is left. MQTT 5 section 4.3.3. */
  isReceived: boolean;
}

/** The form in which one subscription, or several together, want a message. */
export interface Wanted {
  readonly qos: number;
  readonly retainAsPublished: boolean;
  readonly subscriptionIds: readonly number[] | undefined;
}

/** The connection of a session, as the way out for messages. */
export interface Outlet {
  /** The number of deliveries that the client takes before it acknowledges the first. MQTT 5 section 3.3.4. */
  readonly window: number;
  /** True if so many octets more may wait for the client. */
  hasRoomFor(bytes: number): boolean;
  /** Sends a message at QoS 0. */
  sendOnce(message: Message, wanted: Pick<Delivery, 'retain' | 'subscriptionIds'>): void;
  /** Sends a PUBLISH at QoS 1 or 2. @returns false if it is longer than the client takes */
  sendDelivery(delivery: Delivery, packetId: number, isDuplicate: boolean): boolean;
  /** Sends a PUBREL. */
  sendRelease(packetId: number): void;
  /** Ends the connection, and tells a client of MQTT 5 why. */
  end(reasonCode: number, why?: string): void;
  /** Ends the connection because another one has the client id. @param isContinued true if that one goes on with the session */
  takeOver(isContinued: boolean): void;
}

const LAST_PACKET_ID = 65_535;

/** The state that the engine keeps for one client id of a holder, connected or not. MQTT 5 section 4.1. */
export class Session {
  readonly account: Account;
  /** The name of the holder. */
  readonly holder: string;
  readonly clientId: string;
  /** The rights of the credential that connected last; they are asked for each topic. */
  rights: Rights;
  /** undefined while the client is away. */
  outlet: Outlet | undefined;
  /** The subscriptions by their filters, each as it was asked for. */
  subscriptions: Map<string, Subscription<Session>> | undefined;
  /** Packet identifiers of messages that the client published at QoS 2 and has not released. */
  published: Set<number> | undefined;
  /** The time that it is kept while the client is away; 0 if it ends with the connection. */
  expirySeconds = 0;
  /** The time from which on it is not kept any more while the client is away, by the engine's clock. */
  expiresAt = Number.POSITIVE_INFINITY;
  isEnded = false;
  /** Messages that were not delivered for lack of room. */
  dropped = 0;
  #sent: Map<number, Delivery> | undefined;
  /** Packet identifiers of deliveries that were sent over an earlier connection, and not yet over this one. */
  #toResend: number[] | undefined;
  #queue: Set<Delivery> | undefined;
  #queuedBytes = 0;
  #lastPacketId = 0;

  constructor(options: Pick<Session, 'account' | 'holder' | 'clientId' | 'rights'>) {
    this.account = options.account;
    this.holder = options.holder;
    this.clientId = options.clientId;
    this.rights = options.rights;
  }

  /** Messages that wait here and were not sent. */
  get queued(): number {
    return this.#queue?.size ?? 0;
  }

  /** Messages that were sent and not acknowledged. */
  get inFlight(): number {
    return this.#sent?.size ?? 0;
  }

  /** Delivers a message, or keeps it for later; if there is no room, it is dropped and counted. */
  deliver(message: Message, { qos, retainAsPublished, subscriptionIds }: Wanted, isRetained = false): void {
    // Subscriptions outlive a change of scopes.
    if (this.isEnded || !this.rights.may('subscribe', message.topic)) return;
    const { outlet } = this;
    const retain = isRetained || (retainAsPublished && message.retain);
    const granted = Math.min(qos, message.qos);
    if (granted === 0) {
      if (outlet === undefined) return;
      if (outlet.hasRoomFor(message.size)) outlet.sendOnce(message, { retain, subscriptionIds });
      else this.dropped += 1;
      return;
    }
    if (outlet === undefined && this.expirySeconds === 0) return;
    const delivery = { message, qos: granted, retain, subscriptionIds, isReceived: false };
    const isFirst = this.queued === 0 && this.#unsent === 0;
    if (outlet !== undefined && isFirst && this.#mayGoOn(outlet)) this.#send(delivery, outlet);
    else this.#enqueue(delivery);
  }

  /** The client is there. All deliveries that it did not acknowledge are sent again, as many as it takes. [MQTT-4.4.0-1] */
  attach(outlet: Outlet, rights: Rights): void {
    this.outlet = outlet;
    this.rights = rights;
    this.expiresAt = Number.POSITIVE_INFINITY;
    this.#toResend = this.#sent && [...this.#sent.keys()].reverse();
  }

  detach(expiresAt: number): void {
    this.outlet = undefined;
    this.expiresAt = expiresAt;
  }

  /** Sends the deliveries that wait, as many as the client takes. @param now by the engine's clock */
  goOn(now: number): void {
    const { outlet } = this;
    if (outlet === undefined) return;
    while (this.#mayGoOn(outlet)) {
      const packetId = this.#toResend?.pop();
      const again = packetId === undefined ? undefined : this.#sent?.get(packetId);
      if (packetId !== undefined && again !== undefined) {
        if (again.isReceived) outlet.sendRelease(packetId);
        else if (!outlet.sendDelivery(again, packetId, true)) this.#finish(packetId, again);
        continue;
      }
      if (packetId !== undefined) continue;
      const delivery = this.#dequeue();
      if (delivery === undefined) return;
      // Its place in the account goes over to the delivery that is sent.
      if (delivery.message.expiresAt <= now) delivery.message.release();
      else this.#sendHeld(delivery, outlet);
    }
  }

  /** A PUBACK or a PUBCOMP. @returns true if it was waited for */
  acknowledged(packetId: number, isCompletion: boolean): boolean {
    const delivery = this.#sent?.get(packetId);
    if (delivery === undefined || (delivery.qos === 2) !== isCompletion) return false;
    this.#finish(packetId, delivery);
    return true;
  }

  /** A PUBREC. @returns true if it was waited for */
  received(packetId: number, isRefused: boolean): boolean {
    const delivery = this.#sent?.get(packetId);
    if (delivery?.qos !== 2) return false;
    if (isRefused) this.#finish(packetId, delivery);
    else delivery.isReceived = true;
    return true;
  }

  /** Gives up all deliveries. */
  end(): void {
    this.isEnded = true;
    this.outlet = undefined;
    for (const { message } of this.#sent?.values() ?? []) message.release();
    this.#sent = undefined;
    while (this.#queue !== undefined) this.#dequeue()?.message.release();
  }

  get #unsent(): number {
    return this.#toResend?.length ?? 0;
  }

  #mayGoOn(outlet: Outlet): boolean {
    return this.inFlight - this.#unsent < outlet.window && outlet.hasRoomFor(0);
  }

  #send(delivery: Delivery, outlet: Outlet): void {
    if (delivery.message.hold()) this.#sendHeld(delivery, outlet);
    else this.dropped += 1;
  }

  #sendHeld(delivery: Delivery, outlet: Outlet): void {
    this.#sent ??= new Map();
    const packetId = this.#nextPacketId(this.#sent);
    this.#sent.set(packetId, delivery);
    // [MQTT-3.1.2-25] a message that is too long for the client counts as delivered
    if (!outlet.sendDelivery(delivery, packetId, false)) this.#finish(packetId, delivery);
  }

  #finish(packetId: number, { message }: Delivery): void {
    this.#sent?.delete(packetId);
    message.release();
  }

  #enqueue(delivery: Delivery): void {
    const { account } = this;
    const { queuedMessages, queuedOctets, clientQueuedMessages } = account.limits;
    const { size } = delivery.message;
    const isFull =
      this.queued >= queuedMessages ||
      account.queuedMessages >= clientQueuedMessages ||
      (this.queued > 0 && this.#queuedBytes + size > queuedOctets);
    if (isFull || !delivery.message.hold()) {
      this.dropped += 1;
      return;
    }
    this.#queue ??= new Set();
    this.#queue.add(delivery);
    this.#queuedBytes += size;
    account.queuedMessages += 1;
  }

  #dequeue(): Delivery | undefined {
    if (this.#queue === undefined) return undefined;
    for (const delivery of this.#queue) {
      this.#queue.delete(delivery);
      this.#queuedBytes -= delivery.message.size;
      this.account.queuedMessages -= 1;
      if (this.#queue.size === 0) this.#queue = undefined;
      return delivery;
    }
    this.#queue = undefined;
    return undefined;
  }

  #nextPacketId(taken: ReadonlyMap<number, unknown>): number {
    // There are fewer in flight than there are identifiers.
    do this.#lastPacketId = this.#lastPacketId === LAST_PACKET_ID ? 1 : this.#lastPacketId + 1;
    while (taken.has(this.#lastPacketId));
    return this.#lastPacketId;
  }
}
