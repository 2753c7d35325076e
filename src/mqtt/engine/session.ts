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
  /** At QoS 2: whether the client said that it has it, so that only its release is left. MQTT 5 section 4.3.3. */
  isReceived: boolean;
}

/** How a message is wanted: by one subscription, or by several together. */
export interface Wanted {
  readonly qos: number;
  readonly retainAsPublished: boolean;
  readonly subscriptionIds: readonly number[] | undefined;
}

/** The connection of a session, as far as messages leave by it. */
export interface Outlet {
  /** How many deliveries the client takes before it acknowledged the first. MQTT 5 section 3.3.4. */
  readonly window: number;
  /** Whether as many octets may still wait for the client. */
  hasRoomFor(bytes: number): boolean;
  /** Sends a message at QoS 0. */
  sendOnce(message: Message, wanted: Pick<Delivery, 'retain' | 'subscriptionIds'>): void;
  /** Sends a PUBLISH at QoS 1 or 2. @returns false where it is longer than the client takes */
  sendDelivery(delivery: Delivery, packetId: number, isDuplicate: boolean): boolean;
  /** Sends a PUBREL. */
  sendRelease(packetId: number): void;
  /** Ends the connection, and tells a client of MQTT 5 why. */
  end(reasonCode: number, why?: string): void;
  /** Ends the connection because another one has the client id. @param isContinued whether it goes on with the session */
  takeOver(isContinued: boolean): void;
}

const LAST_PACKET_ID = 65_535;

/** What the engine keeps of a client under one client id, connected or not. MQTT 5 section 4.1. */
export class Session {
  readonly account: Account;
  /** The name of whose it is. */
  readonly holder: string;
  readonly clientId: string;
  /** As its principal stood when it connected last; asked again for each topic. */
  rights: Rights;
  /** undefined while the client is away. */
  outlet: Outlet | undefined;
  /** By filter as it was asked for. */
  subscriptions: Map<string, Subscription<Session>> | undefined;
  /** Packet identifiers of what the client published at QoS 2 and has not released. */
  published: Set<number> | undefined;
  /** For how long it is kept when the client is away; 0 for not at all. */
  expirySeconds = 0;
  /** From when on it is not kept any more, by the engine's clock, while the client is away. */
  expiresAt = Number.POSITIVE_INFINITY;
  isEnded = false;
  /** Messages that were not delivered for lack of room. */
  dropped = 0;
  #sent: Map<number, Delivery> | undefined;
  /** Packet identifiers of what was sent over a connection before, and not yet over this one. */
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

  /** Delivers a message, or keeps it for later; what there is no room for is dropped and counted. */
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

  /** The client is there. Everything that was not acknowledged is sent again, as far as the client takes it. [MQTT-4.4.0-1] */
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

  /** Sends what waits, as far as the client takes it. @param now by the engine's clock */
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
      // Its hold is passed on.
      if (delivery.message.expiresAt <= now) delivery.message.release();
      else this.#sendHeld(delivery, outlet);
    }
  }

  /** A PUBACK or a PUBCOMP. @returns whether it was waited for */
  acknowledged(packetId: number, isCompletion: boolean): boolean {
    const delivery = this.#sent?.get(packetId);
    if (delivery === undefined || (delivery.qos === 2) !== isCompletion) return false;
    this.#finish(packetId, delivery);
    return true;
  }

  /** A PUBREC. @returns whether it was waited for */
  received(packetId: number, isRefused: boolean): boolean {
    const delivery = this.#sent?.get(packetId);
    if (delivery?.qos !== 2) return false;
    if (isRefused) this.#finish(packetId, delivery);
    else delivery.isReceived = true;
    return true;
  }

  /** Gives up everything that waits. */
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
    // [MQTT-3.1.2-25] what is too long for the client counts as delivered
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
