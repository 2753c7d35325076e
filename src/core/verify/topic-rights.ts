import type { Principal } from '../model/principal.js';
import { coversTopic, type TopicVerb } from '../model/scope.js';
import type { Clock } from '../ports/clock.js';
import type { Registry } from './registry.js';
import { type Standing, standingOf } from './verify.js';

// Of one connection: a device uses a few topics, and whoever makes up new ones has each decided anew.
const MAX_REMEMBERED = 50;
const MAX_REMEMBERED_LENGTH = 128;

/** A registry that tells when to look again. */
export interface RevisedRegistry extends Registry {
  readonly revision: number;
}

/** Which topics somebody may use. */
export interface Rights {
  /** Whether a topic, or all that a filter matches, may be used now. */
  may(verb: TopicVerb, topic: string): boolean;
}

/** Which topics a principal may use: decided by its record as it is now, and remembered until a record changes. */
export class TopicRights implements Rights {
  readonly #principal: Principal | undefined;
  readonly #registry: RevisedRegistry;
  readonly #clock: Clock;
  #standing: Standing | null = null;
  #revision = -1;
  /** By topic. */
  #remembered: Record<TopicVerb, Map<string, boolean> | undefined> | undefined;

  /** @param principal undefined where nobody was asked who they are: then every topic is open */
  constructor(principal: Principal | undefined, registry: RevisedRegistry, clock: Clock) {
    this.#principal = principal;
    this.#registry = registry;
    this.#clock = clock;
  }

  /** Whether the topic may be used now; where that cannot be known it may not. */
  may(verb: TopicVerb, topic: string): boolean {
    if (this.#principal === undefined) return true;
    if (this.#registry.revision !== this.#revision) this.#lookAgain(this.#principal);
    if (this.#standing === null) return false;
    const { scopes, notBefore, expiresAt } = this.#standing;
    const now = this.#clock.now();
    if (now < notBefore || now >= expiresAt) return false;
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
