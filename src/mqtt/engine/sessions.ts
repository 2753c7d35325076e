import type { Observer } from '../../core/ports/observer.js';
import { sessionName } from '../gate/engine.js';
import { Account, type Usage } from './account.js';
import type { Session } from './session.js';
import type { SubscriptionTree } from './subscription-tree.js';
import type { Budget, Job, Work } from './work.js';

interface Holdings {
  readonly account: Account;
  /** The sessions by their client ids. */
  readonly sessions: Map<string, Session>;
}

/** All sessions. Each is found by its holder and its client id as two values: no id names a session of another holder. */
export class Sessions {
  readonly #usage: Usage;
  readonly #subscriptions: SubscriptionTree<Session>;
  readonly #work: Work;
  readonly #observer: Pick<Observer, 'connection'>;
  /** The number of messages that a session had lost when that was told last. */
  readonly #told = new WeakMap<Session, number>();
  /** The holdings by the names of the holders. */
  readonly #holdings = new Map<string, Holdings>();

  constructor(options: {
    readonly usage: Usage;
    readonly subscriptions: SubscriptionTree<Session>;
    readonly work: Work;
    readonly observer: Pick<Observer, 'connection'>;
  }) {
    this.#observer = options.observer;
    this.#usage = options.usage;
    this.#subscriptions = options.subscriptions;
    this.#work = options.work;
  }

  get size(): number {
    return this.#usage.sessions;
  }

  accountOf(holder: string): Account {
    return this.#holdingsOf(holder).account;
  }

  get(holder: string, clientId: string): Session | undefined {
    return this.#holdings.get(holder)?.sessions.get(clientId);
  }

  of(holder: string): readonly Session[] {
    return [...(this.#holdings.get(holder)?.sessions.values() ?? [])];
  }

  /** True if the holder may have one more session. */
  hasRoom(holder: string): boolean {
    const { limits, sessions } = this.#usage;
    return this.#holdingsOf(holder).sessions.size < limits.clientSessions && sessions < limits.sessions;
  }

  add(session: Session): void {
    this.#holdingsOf(session.holder).sessions.set(session.clientId, session);
    this.#usage.sessions += 1;
  }

  /** Ends a session, with all that is kept for it. */
  end(session: Session): void {
    if (session.isEnded) return;
    session.end();
    this.#holdings.get(session.holder)?.sessions.delete(session.clientId);
    this.#usage.sessions -= 1;
    const { subscriptions } = session;
    if (subscriptions === undefined) return;
    // A session may have too many to take them out at once.
    const removal = new Removal(session, this.#subscriptions);
    if (!removal.run({ left: 10 })) this.#work.add(removal);
  }

  /** Forgets holders that have nothing left here. @returns the sessions whose time is over */
  sweep(now: number): readonly Session[] {
    const over: Session[] = [];
    for (const [holder, { account, sessions }] of this.#holdings) {
      if (sessions.size === 0 && account.heldOctets === 0 && account.retainedMessages === 0)
        this.#holdings.delete(holder);
      for (const session of sessions.values()) {
        if (session.dropped > 0) this.#tellDropped(session);
        if (session.expiresAt <= now) over.push(session);
      }
    }
    return over;
  }

  // One line for the first lost message, and one whenever they are ten times as many.
  #tellDropped(session: Session): void {
    const { dropped, clientId, holder } = session;
    if (dropped < 10 * (this.#told.get(session) ?? 0.1)) return;
    this.#told.set(session, dropped);
    const reason = `${dropped} so far: there is no room for what waits for it`;
    const shown = sessionName(holder, clientId);
    this.#observer.connection({ protocol: 'mqtt', what: 'messages dropped', clientId: shown, reason });
  }

  #holdingsOf(holder: string): Holdings {
    let holdings = this.#holdings.get(holder);
    if (holdings === undefined) {
      holdings = { account: new Account(this.#usage), sessions: new Map() };
      this.#holdings.set(holder, holdings);
    }
    return holdings;
  }
}

/** Takes a session's subscriptions out of the tree. */
class Removal implements Job {
  readonly #session: Session;
  readonly #tree: SubscriptionTree<Session>;

  constructor(session: Session, tree: SubscriptionTree<Session>) {
    this.#session = session;
    this.#tree = tree;
  }

  run(budget: Budget): boolean {
    const { subscriptions, account } = this.#session;
    for (const [key, subscription] of subscriptions ?? []) {
      if (budget.left <= 0) return false;
      budget.left -= 1;
      subscriptions?.delete(key);
      account.subscriptions -= subscriptionCost(key);
      this.#tree.delete(subscription);
    }
    return true;
  }
}

/** The number that a subscription counts as, by its memory in the tree: one more for each 256 characters, and for each 4 levels. */
export function subscriptionCost(filter: string): number {
  let levels = 0;
  for (let at = filter.indexOf('/'); at >= 0; at = filter.indexOf('/', at + 1)) levels += 1;
  return 1 + (filter.length >> 8) + (levels >> 2);
}
