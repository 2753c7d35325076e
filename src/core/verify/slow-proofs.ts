import { type AccessTokenClaims, isJwtShaped, readClaims, type TokenIssuer } from '../model/access-token.js';
import type { PasswordCredential } from '../model/client.js';
import { textHash } from '../model/signed-token.js';
import type { PasswordHasher } from '../ports/password-hasher.js';
import type { TokenSealer } from '../ports/token-sealer.js';
import { Memory, type Remembered } from './proof-memory.js';

export interface SlowProofServices {
  readonly sealer: TokenSealer;
  readonly tokenIssuer: TokenIssuer;
  readonly passwords: PasswordHasher;
  readonly hashSecret: (secret: string) => string;
}

interface OpenedToken extends Remembered {
  /** null where the token is none of ours. */
  readonly claims: AccessTokenClaims | null;
}

interface CheckedPassword extends Remembered {
  readonly holds: boolean;
}

/** A password that somebody presents. */
export interface PresentedPassword {
  readonly password: string;
  /** The client's; undefined where there is no such client, or it has none: then nothing holds, and it takes as long. */
  readonly credential: PasswordCredential | undefined;
  /** Who it is said to be: of those that have no password, each is remembered for itself. */
  readonly name: string;
}

/**
 * What takes too long to be found out while other requests wait: signatures of access tokens, and passwords. It is found
 * out aside, before a presentation is decided on, and remembered.
 */
export class SlowProofs {
  readonly #services: SlowProofServices;
  // Whoever has a key can have any number of tokens: fewer are remembered than of what is registered.
  readonly #tokens = new Memory<OpenedToken>({ good: 20_000, bad: 5_000 });
  readonly #passwords = new Memory<CheckedPassword>({ good: 200_000, bad: 5_000 });

  constructor(services: SlowProofServices) {
    this.#services = services;
  }

  /** What a token says whose signature holds; undefined where that was not looked into, or does not hold. */
  claims(tokenHash: string): AccessTokenClaims | undefined {
    return this.#tokens.recall(tokenHash)?.claims ?? undefined;
  }

  /** Whether tokens of that key are still taken. */
  isTrusted(keyId: string): boolean {
    return this.#services.sealer.isTrusted(keyId);
  }

  /** Whether a password was found to be the client's. */
  passwordHolds(presented: PresentedPassword): boolean {
    return this.#passwords.recall(this.#passwordKey(presented))?.holds ?? false;
  }

  /** Looks into a token; undefined where there is nothing to do. */
  openToken(token: string): Promise<void> | undefined {
    if (!isJwtShaped(token)) return undefined;
    const hash = textHash(token);
    return this.#tokens.recall(hash) ? undefined : this.#open(token, hash);
  }

  /** Looks into a password; undefined where there is nothing to do. */
  checkPassword(presented: PresentedPassword): Promise<void> | undefined {
    const key = this.#passwordKey(presented);
    return this.#passwords.recall(key) ? undefined : this.#check(key, presented);
  }

  async #open(token: string, hash: string): Promise<void> {
    const { sealer, tokenIssuer } = this.#services;
    const { revision } = sealer;
    const opened = await sealer.open(token);
    const claims = opened && readClaims(opened.payload, { ...tokenIssuer, keyId: opened.keyId });
    this.#tokens.keep(
      hash,
      claims
        ? { claims, isCurrent: () => sealer.isTrusted(claims.keyId) }
        : { claims: null, isCurrent: () => sealer.revision === revision },
      { isGood: claims !== undefined },
    );
  }

  async #check(key: string, { credential, password }: PresentedPassword): Promise<void> {
    const holds = await this.#services.passwords.verify(password, credential?.hash);
    this.#passwords.keep(key, { holds, isCurrent: () => true }, { isGood: holds });
  }

  // The hash is this password's alone, by its salt; ids are short, and two clients may have the same.
  #passwordKey({ credential, name, password }: PresentedPassword): string {
    return `${credential?.hash ?? `nobody ${name}`} ${this.#services.hashSecret(password)}`;
  }
}
