import { makeFilterAcknowledgement } from '../packets/acknowledgement.js';
import { type Request, readSubscribe } from '../packets/filters.js';
import type { Packet } from '../packets/packet.js';
import { PROPERTY } from '../packets/properties.js';
import { REASON, SUBSCRIPTION_FAILED } from '../packets/reason-code.js';
import { type ParsedFilter, parseFilter } from '../packets/topic-filter.js';
import type { Connection } from './connection.js';
import { wantedBy } from './fan-out.js';
import type { Message } from './message.js';
import type { Session } from './session.js';
import { subscriptionCost } from './sessions.js';
import type { Subscription } from './subscription-tree.js';
import type { Budget, Job } from './work.js';

/** A client subscribes. MQTT 5 section 3.8. */
export function onSubscribe(connection: Connection, packet: Packet): void {
  const { protocolVersion, broker } = connection;
  const subscribe = readSubscribe(packet, protocolVersion);
  if (subscribe === undefined) {
    connection.end(REASON.malformed, 'a malformed SUBSCRIBE');
    return;
  }
  const { packetId, requests, properties } = subscribe;
  // [MQTT-3.8.3-4]
  if (requests.some(({ filter, noLocal }) => noLocal && filter.startsWith('$share/'))) {
    connection.end(REASON.protocolError, 'a shared subscription with no-local');
    return;
  }
  const id = properties.number(PROPERTY.subscriptionIdentifier) ?? 0;
  const replay: Subscription<Session>[] = [];
  const codes = requests.map((request, index) => {
    if (index >= broker.limits.subscribeFilters) return refused(connection, request, REASON.quotaExceeded);
    const parsed = parseFilter(request.filter);
    const refusal = refusalOf(connection, request, parsed);
    if (parsed === undefined || refusal !== undefined)
      return refused(connection, request, refusal ?? REASON.topicFilterInvalid);
    const subscription = makeSubscription(connection, { request, parsed, id });
    const isNew = subscribeTo(connection, request.filter, subscription);
    const isReplayed = request.retainHandling === 0 || (request.retainHandling === 1 && isNew);
    // MQTT 5 section 4.8.2: a shared subscription gets no retained messages when it is made.
    if (isReplayed && parsed.share === undefined) replay.push(subscription);
    return request.qos;
  });
  connection.send(makeFilterAcknowledgement(9, { packetId, codes, protocolVersion }));
  if (replay.length > 0 && broker.retained.size > 0) connection.job = new Replay(connection, replay);
}

function refused({ handover, isFive }: Connection, { filter }: Request, reasonCode: number): number {
  handover.refusedTopic('subscribe', filter, WORDS[reasonCode] ?? 'no scope');
  return isFive ? reasonCode : SUBSCRIPTION_FAILED;
}

const WORDS: Readonly<Record<number, string>> = {
  [REASON.quotaExceeded]: 'no room for one more subscription',
  [REASON.topicFilterInvalid]: 'not a filter, or one that is too long',
};

/** The reason code of a filter that is refused; undefined if it is not. */
function refusalOf(
  { session, broker, handover }: Connection,
  { filter: asked }: Request,
  parsed: ParsedFilter | undefined,
): number | undefined {
  if (parsed === undefined || broker.isTooLong(asked)) return REASON.topicFilterInvalid;
  if (!handover.rights.may('subscribe', parsed.filter)) return REASON.notAuthorized;
  const { subscriptions, account } = session;
  if (subscriptions?.has(asked)) return undefined;
  const { limits } = broker;
  const isFull =
    (subscriptions?.size ?? 0) >= limits.subscriptions ||
    account.subscriptions + subscriptionCost(asked) > limits.clientSubscriptions;
  return isFull ? REASON.quotaExceeded : undefined;
}

function makeSubscription(
  { session, isBridge }: Connection,
  { request, parsed, id }: { readonly request: Request; readonly parsed: ParsedFilter; readonly id: number },
): Subscription<Session> {
  return {
    ...{ session, id, ...parsed, qos: request.qos },
    noLocal: request.noLocal || isBridge,
    retainAsPublished: request.retainAsPublished || isBridge,
  };
}

/** @returns true if the session had no subscription to that filter */
function subscribeTo(
  { session, broker }: Connection,
  asked: string,
  subscription: Subscription<Session>,
): boolean {
  session.subscriptions ??= new Map();
  const isNew = !session.subscriptions.has(asked);
  if (isNew) session.account.subscriptions += subscriptionCost(asked);
  session.subscriptions.set(asked, subscription);
  broker.subscriptions.add(subscription);
  return isNew;
}

/** Sends the retained messages of new subscriptions. [MQTT-3.3.1-9] */
class Replay implements Job {
  readonly #connection: Connection;
  readonly #subscriptions: Subscription<Session>[];
  #matches: Iterator<Message | undefined, void> | undefined;

  constructor(connection: Connection, subscriptions: Subscription<Session>[]) {
    this.#connection = connection;
    this.#subscriptions = subscriptions.reverse();
  }

  run(budget: Budget): boolean {
    const { session, broker } = this.#connection;
    for (;;) {
      const subscription = this.#subscriptions.at(-1);
      if (subscription === undefined) return true;
      if (budget.left <= 0) return false;
      budget.left -= 1;
      this.#matches ??= broker.retained.match(subscription.filter);
      const next = this.#matches.next();
      if (next.done) {
        this.#matches = undefined;
        this.#subscriptions.pop();
      } else if (next.value !== undefined && next.value.expiresAt > broker.now()) {
        session.deliver(next.value, wantedBy(subscription), true);
      }
    }
  }
}
