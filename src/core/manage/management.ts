import type { TokenIssuer } from '../model/access-token.js';
import type { AuditLog } from '../ports/audit-log.js';
import type { CertificateAuthority } from '../ports/certificate-authority.js';
import type { Clock } from '../ports/clock.js';
import type { KeyStore } from '../ports/key-store.js';
import type { Licence } from '../ports/licence.js';
import type { PasswordHasher } from '../ports/password-hasher.js';
import type { TokenSealer } from '../ports/token-sealer.js';
import type { Actor } from './actor.js';

/** Everything that managing works with, for one actor. Each function takes the members that it needs. */
export interface Management {
  readonly keyStore: KeyStore;
  readonly clock: Clock;
  /** Records under the actor's name. */
  readonly audit: AuditLog;
  readonly actor: Actor;
  readonly licence: Licence;
  readonly passwords: PasswordHasher;
  /** The keyed hash by which API keys are kept. */
  readonly hashSecret: (secret: string) => string;
  readonly authority: CertificateAuthority;
  readonly sealer: TokenSealer;
  readonly tokenIssuer: TokenIssuer;
}

/** The members that every change on somebody's behalf works with, and those named besides. */
export type Managing<More extends keyof Management = never> = Pick<
  Management,
  'keyStore' | 'clock' | 'audit' | 'actor' | More
>;
