import type { Message } from './message.js';
import type { Session, Wanted } from './session.js';
import type { FilterNode, Match, Subscription, SubscriptionTree } from './subscription-tree.js';
import type { Budget, Job } from './work.js';

// So many sessions of a group are asked before none of them gets a message.
const MAX_ASKED = 100;

/** One message on its way to all subscribers. A session gets it once, at the highest QoS of its subscriptions. [MQTT-3.3.4-2] */
export class FanOut implements Job {
  readonly #message: Message;
  readonly #match: Match<Session>;
  readonly #wanted = new Map<Session, Wanted>();
  #isMatched = false;
  /** The subscriptions and groups that are left of the present filter. */
  #subscriptions: Iterator<Subscription<Session>> | undefined;
  #groups: Iterator<Map<Session, Subscription<Session>>> | undefined;
  #deliveries: Iterator<[Session, Wanted]> | undefined;

  constructor(message: Message, tree: SubscriptionTree<Session>) {
    this.#message = message;
    this.#match = tree.match(message.topic);
  }

  run(budget: Budget): boolean {
    while (!this.#isMatched) {
      if (budget.left <= 0) return false;
      budget.left -= 1;
      this.#stepOfMatch();
    }
    this.#deliveries ??= this.#wanted.entries();
    for (;;) {
      if (budget.left <= 0) return false;
      const next = this.#deliveries.next();
      if (next.done) return true;
      budget.left -= 1;
      const [session, wanted] = next.value;
      session.deliver(this.#message, wanted);
    }
  }

  #stepOfMatch(): void {
    const subscription = this.#subscriptions?.next();
    if (subscription && !subscription.done) {
      this.#collect(subscription.value);
      return;
    }
    this.#subscriptions = undefined;
    const group = this.#groups?.next();
    if (group && !group.done) {
      this.#deliverToOneOf(group.value);
      return;
    }
    this.#groups = undefined;
    const node = this.#match.next();
    if (node === undefined) this.#isMatched = true;
    else if (node !== 'none yet') this.#lookAt(node);
  }

  #lookAt({ own, shared }: FilterNode<Session>): void {
    this.#groups = shared?.values();
    if (own === undefined) return;
    if (own.size > 1) this.#subscriptions = own.values();
    else for (const subscription of own.values()) this.#collect(subscription);
  }

  #collect(subscription: Subscription<Session>): void {
    const { session } = subscription;
    // [MQTT-3.8.3-3]
    if (subscription.noLocal && this.#message.publisher === session) return;
    const before = this.#wanted.get(session);
    this.#wanted.set(session, before === undefined ? wantedBy(subscription) : together(before, subscription));
  }

  /** Chooses the session of the group that got none for the longest time and can take it now; one that is away only if none can. */
  #deliverToOneOf(group: Map<Session, Subscription<Session>>): void {
    let chosen: Subscription<Session> | undefined;
    let asked = 0;
    for (const subscription of group.values()) {
      asked += 1;
      const { session } = subscription;
      if (session.rights.may('subscribe', this.#message.topic)) {
        chosen ??= subscription;
        if (session.outlet?.hasRoomFor(this.#message.size)) {
          chosen = subscription;
          break;
        }
      }
      if (asked >= MAX_ASKED) break;
    }
    if (chosen === undefined) return;
    group.delete(chosen.session);
    group.set(chosen.session, chosen);
    chosen.session.deliver(this.#message, wantedBy(chosen));
  }
}

/** The form in which a subscription wants its messages. */
export function wantedBy({ qos, retainAsPublished, id }: Subscription<Session>): Wanted {
  return { qos, retainAsPublished, subscriptionIds: id === 0 ? undefined : [id] };
}

// [MQTT-3.3.4-4] one message has the identifiers of all subscriptions
function together(before: Wanted, { qos, retainAsPublished, id }: Subscription<Session>): Wanted {
  return {
    qos: Math.max(before.qos, qos),
    retainAsPublished: before.retainAsPublished || retainAsPublished,
    subscriptionIds: id === 0 ? before.subscriptionIds : [...(before.subscriptionIds ?? []), id],
  };
}
