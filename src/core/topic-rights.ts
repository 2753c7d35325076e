import type { Clock } from './ports.js';
import type { Principal } from './presentation.js';
import type { Registry } from './prove.js';
import { grantsTopic, type TopicVerb } from './scope.js';
import { type Standing, standingOf } from './verify.js';

// Of one connection: a device uses a few topics, and whoever makes up new ones has each decided anew.
const MAX_REMEMBERED = 200;

/** A registry that tells when to look again. */
export interface RevisedRegistry extends Registry {
  readonly revision: number;
}

/** Which topics a principal may use: decided by its record as it is now, and remembered until a record changes. */
export class TopicRights {
  readonly #principal: Principal | undefined;
  readonly #registry: RevisedRegistry;
  readonly #clock: Clock;
  #standing: Standing | null = null;
  #revision = -1;
  /** By topic, with the verb in front. */
  #remembered: Map<string, boolean> | undefined;

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
    const key = verb === 'publish' ? `p${topic}` : `s${topic}`;
    const known = this.#remembered?.get(key);
    if (known !== undefined) return known;
    const isOpen = grantsTopic(scopes, verb, topic);
    this.#remembered ??= new Map();
    if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear();
    this.#remembered.set(key, isOpen);
    return isOpen;
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
