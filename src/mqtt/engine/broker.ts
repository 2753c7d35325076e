import type { MqttLimits } from '../../core/model/mqtt-limits.js';
import type { Observer } from '../../core/ports/observer.js';
import { Usage } from './account.js';
import { FanOut } from './fan-out.js';
import type { Message } from './message.js';
import { RetainedMessages } from './retained-messages.js';
import type { Session } from './session.js';
import { Sessions } from './sessions.js';
import { SubscriptionTree } from './subscription-tree.js';
import type { DueWill } from './will.js';
import { type Budget, type Job, Work } from './work.js';

export interface BrokerOptions {
  readonly limits: MqttLimits;
  /** A clock that never goes back, in milliseconds. */
  readonly now: () => number;
  readonly observer: Pick<Observer, 'connection' | 'failed'>;
}

/** The state that all connections share: sessions, subscriptions, retained messages, and unfinished work. */
export class Broker {
  readonly limits: MqttLimits;
  readonly now: () => number;
  readonly onFailure: (error: unknown) => void;
  /** Wills that wait for their clients to come back. */
  readonly wills = new Map<Session, DueWill>();
  readonly usage: Usage;
  readonly work: Work;
  readonly subscriptions = new SubscriptionTree<Session>();
  readonly retained: RetainedMessages;
  readonly sessions: Sessions;

  constructor({ limits, now, observer }: BrokerOptions) {
    this.limits = limits;
    this.now = now;
    this.onFailure = (error) => observer.failed({ part: 'mqtt-connection', error });
    this.usage = new Usage(limits);
    this.work = new Work(this.onFailure);
    this.retained = new RetainedMessages(limits);
    const { usage, work, subscriptions } = this;
    this.sessions = new Sessions({ usage, work, subscriptions, observer });
  }

  /** Retains a message if it asks for that. @returns false if there is no room for it */
  retain(message: Message): boolean {
    return !message.retain || this.retained.keep(message);
  }

  /** Begins to deliver a message. @returns the work that is left beyond the budget */
  publish(message: Message, budget: Budget): Job | undefined {
    const fanOut = new FanOut(message, this.subscriptions);
    return fanOut.run(budget) ? undefined : fanOut;
  }

  /** True if a topic or a filter is longer than the limits allow. */
  isTooLong(text: string): boolean {
    const { topicOctets, topicLevels } = this.limits;
    if (text.length * 3 > topicOctets && Buffer.byteLength(text) > topicOctets) return true;
    let levels = 1;
    for (let at = text.indexOf('/'); at >= 0; at = text.indexOf('/', at + 1)) levels += 1;
    return levels > topicLevels;
  }
}
