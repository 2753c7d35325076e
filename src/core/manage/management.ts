import type { TokenIssuer } from '../model/access-token.js';
import type { Moment } from '../model/time.js';
import type { CertificateAuthority } from '../ports/certificate-authority.js';
import type { Clock } from '../ports/clock.js';
import type { KeyStore } from '../ports/key-store.js';
import type { Licence } from '../ports/licence.js';
import type { PasswordHasher } from '../ports/password-hasher.js';
import type { TokenSealer } from '../ports/token-sealer.js';
import type { UnitOfWork } from '../ports/unit-of-work.js';
import type { Actor } from './actor.js';

/** All services of the management functions, for one actor. Each function takes the members that it needs. */
export interface Management {
  readonly keyStore: KeyStore;
  readonly clock: Clock;
  /** How far the clocks of those who issue may be ahead of ours. */
  readonly clockToleranceMs: number;
  /** Writes changes under the actor's name. */
  readonly changes: UnitOfWork;
  readonly actor: Actor;
  readonly licence: Licence;
  readonly passwords: PasswordHasher;
  /** Makes the keyed hash of an API key. */
  readonly hashSecret: (secret: string) => string;
  readonly authority: CertificateAuthority;
  readonly sealer: TokenSealer;
  readonly tokenIssuer: TokenIssuer;
}

/** The members that looking at things needs. */
export type Looking = Pick<Management, 'keyStore' | 'clock' | 'clockToleranceMs' | 'actor'>;

/** The moment at which something is looked at. */
export function momentOf({
  clock,
  clockToleranceMs,
}: Pick<Management, 'clock' | 'clockToleranceMs'>): Moment {
  return { now: clock.now(), clockToleranceMs };
}

/** The members that every change needs, and those in `More`. */
export type Managing<More extends keyof Management = never> = Pick<
  Management,
  'keyStore' | 'changes' | 'clock' | 'actor' | More
>;
