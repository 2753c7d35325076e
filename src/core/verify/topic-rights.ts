import type { Principal } from '../model/principal.js';
import { coversTopic, type TopicVerb } from '../model/scope.js';
import { hasBegun } from '../model/time.js';
import type { Clock } from '../ports/clock.js';
import type { Registry } from './registry.js';
import { type Standing, standingOf } from './verify.js';

// A device uses a few topics. A connection that makes up new ones has each of them decided anew.
const MAX_REMEMBERED = 50;
const MAX_REMEMBERED_LENGTH = 128;

/** A registry that tells when to look again. */
export interface RevisedRegistry extends Registry {
  readonly revision: number;
}

/** The rights to topics. */
export interface Rights {
  /** Tells if a topic, or all that a filter matches, may be used now. */
  may(verb: TopicVerb, topic: string): boolean;
}

/** The topics that a principal may use: decided by its record as it is now, and remembered until a record changes. */
export class TopicRights implements Rights {
  readonly #principal: Principal | undefined;
  readonly #registry: RevisedRegistry;
  readonly #clock: Clock;
  #standing: Standing | null = null;
  #revision = -1;
  /** The decisions by topic. */
  #remembered: Record<TopicVerb, Map<string, boolean> | undefined> | undefined;

  /** @param principal undefined if no credential was asked for: then every topic is open */
  constructor(principal: Principal | undefined, registry: RevisedRegistry, clock: Clock) {
    this.#principal = principal;
    this.#registry = registry;
    this.#clock = clock;
  }

  /** Tells if the topic may be used now; if that cannot be known, it may not. */
  may(verb: TopicVerb, topic: string): boolean {
    if (this.#principal === undefined) return true;
    if (this.#registry.revision !== this.#revision) this.#lookAgain(this.#principal);
    if (this.#standing === null) return false;
    const { scopes, notBefore, expiresAt } = this.#standing;
    const now = this.#clock.now();
    if (!hasBegun(notBefore, now, this.#registry) || now >= expiresAt) return false;
    const remembered = this.#remembered?.[verb];
    const known = remembered?.get(topic);
    if (known !== undefined) return known;
    const isOpen = coversTopic(scopes, verb, topic);
    if (topic.length <= MAX_REMEMBERED_LENGTH) this.#remember(verb, topic, isOpen);
    return isOpen;
  }

  #remember(verb: TopicVerb, topic: string, isOpen: boolean): void {
    this.#remembered ??= { publish: undefined, subscribe: undefined };
    const remembered = this.#remembered[verb] ?? new Map<string, boolean>();
    this.#remembered[verb] = remembered;
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    remembered.set(topic, isOpen);
  }

  #lookAgain(principal: Principal): void {
    this.#remembered = undefined;
    this.#revision = this.#registry.revision;
    try {
      this.#standing = standingOf(principal, this.#registry);
    } catch {
      this.#standing = null;
    }
  }
}
