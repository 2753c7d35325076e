import type { Activity, KeptRefusal } from '../../core/ports/activity.js';
import type { Clock } from '../../core/ports/clock.js';
import type { Observer } from '../../core/ports/observer.js';
import { LiveConnections } from '../../core/verify/live-connections.js';
import type { LiveRegistry } from '../../core/verify/live-registry.js';
import { Refused } from '../../http/responses/errors.js';
import { problem, type Refusal } from '../../http/responses/problem.js';
import type { EventStreams, Watching } from '../../http/services.js';
import type { EventStream } from './event-stream.js';
import { NO_DEMAND, Watcher } from './watcher.js';

const MAX_STREAMS = 200;
const MAX_OF_ONE = 20;
// Proxies take a connection for dead after a silence of 30 s or more.
const COMMENT_EVERY_MS = 15_000;

interface OpenEventStreamsOptions {
  readonly registry: LiveRegistry;
  readonly clock: Clock;
  readonly activity: Activity;
  readonly observer: Pick<Observer, 'connection'>;
}

/** The readers that are told what happens, each for as long as its credential holds. */
export class OpenEventStreams implements EventStreams {
  readonly #options: OpenEventStreamsOptions;
  readonly #live: LiveConnections;
  readonly #readers = new Set<Watcher>();
  readonly #comments: NodeJS.Timeout;

  constructor(options: OpenEventStreamsOptions) {
    this.#options = options;
    this.#live = new LiveConnections({ ...options, protocol: 'http' });
    this.#comments = setInterval(() => {
      for (const { stream } of this.#readers) stream.comment();
    }, COMMENT_EVERY_MS);
    this.#comments.unref();
  }

  /** @throws Refused if there are too many already */
  open({ principal, client, address, lastEventId }: Watching): EventStream {
    const { kind, id } = principal;
    const isTheirs = ({ principal: other }: Watcher) => other.kind === kind && other.id === id;
    if (this.#readers.size >= MAX_STREAMS || [...this.#readers].filter(isTheirs).length >= MAX_OF_ONE)
      throw new Refused(TOO_MANY);
    const { registry, clock, activity } = this.#options;
    const reader = new Watcher({ principal, registry, clock, client });
    const connection = { destroy: () => reader.finish() };
    this.#readers.add(reader);
    this.#live.add(connection, { principal, demand: NO_DEMAND }, { address, isBrief: true });
    const stop = activity.listen(reader);
    reader.stream.once('close', () => {
      stop();
      this.#live.delete(connection);
      this.#readers.delete(reader);
    });
    if (lastEventId !== undefined) for (const missed of this.#since(lastEventId)) reader.refused(missed);
    return reader.stream;
  }

  close(): void {
    clearInterval(this.#comments);
    this.#live.close();
  }

  /** The refusals after one of them; all that are kept if that one is not, any more. */
  #since(id: string): KeptRefusal[] {
    const kept = this.#options.activity.refusals();
    const at = kept.findIndex((refusal) => refusal.id === id);
    return kept.slice(0, at < 0 ? undefined : at).reverse();
  }
}

const TOO_MANY: Refusal = {
  problem: problem(429, { reason: 'too many streams', detail: 'too many streams of events are open' }),
  headers: { 'retry-after': '30' },
};
