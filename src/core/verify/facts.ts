import { randomBytes } from 'node:crypto';
import {
  type AccessTokenClaims,
  type RejectedToken,
  readClaims,
  type TokenIssuer,
} from '../model/access-token.js';
import { isIntactApiKey } from '../model/api-key.js';
import type { CertificateKey } from '../model/certificate.js';
import { KeywrightError } from '../model/errors.js';
import type {
  PresentedAccessToken,
  PresentedApiKey,
  PresentedSignedToken,
} from '../model/presented-credential.js';
import { signatureHolds, textHash } from '../model/signed-token.js';
import type { PasswordHasher } from '../ports/password-hasher.js';
import type { TokenSealer } from '../ports/token-sealer.js';
import { type FactCapacity, FactRoom } from './fact-room.js';

export interface FactServices {
  readonly sealer: TokenSealer;
  readonly tokenIssuer: TokenIssuer;
  readonly passwords: PasswordHasher;
  readonly hashSecret: (secret: string) => string;
}

/** A password that somebody presents. */
export interface PresentedPassword {
  readonly password: string;
  /** The argon2id hash of the client's; undefined if it has none, or does not exist: then none holds, and that takes as long. */
  readonly hash: string | undefined;
  /** The client id that it came with: without a hash, a fact is about this name. */
  readonly name: string;
}

const MANY: FactCapacity = { good: 200_000, bad: 20_000 };
const MANY_PASSWORDS: FactCapacity = { good: 200_000, bad: 5_000 };
// One key can have any number of access tokens: they drive out nothing but each other.
const FEW: FactCapacity = { good: 20_000, bad: 5_000 };

/**
 * The facts that are dear to find out: they are true whatever the records say, so they are remembered, and verdicts are not.
 * No text of a credential is kept. Signatures of access tokens and passwords take long: they must be found out before they
 * are asked for (`loaderFor`). The others are found out when they are asked for.
 */
export class Facts {
  readonly #services: FactServices;
  readonly #keyHashes: FactRoom<string>;
  /** The public key that signed a text, by the text's hash; a bad one by text and key. */
  readonly #signers: FactRoom<string>;
  readonly #tokens: FactRoom<AccessTokenClaims | RejectedToken>;
  readonly #passwords: FactRoom<boolean>;
  // Passwords can be guessed: their hashes in memory are of no use to anybody.
  readonly #salt = randomBytes(16).toString('hex');

  /** @param capacity of each room in place of its usual one, for tests */
  constructor(services: FactServices, capacity?: FactCapacity) {
    this.#services = services;
    this.#keyHashes = new FactRoom(capacity ?? MANY);
    this.#signers = new FactRoom(capacity ?? MANY);
    this.#tokens = new FactRoom(capacity ?? FEW);
    this.#passwords = new FactRoom(capacity ?? MANY_PASSWORDS);
  }

  /** The keyed hash of an API key; undefined if its shape or its checksum is wrong. */
  keyHash({ key, hash }: PresentedApiKey, registry: KeyIndex): string | undefined {
    const known = this.#keyHashes.recall(hash);
    if (known !== undefined || !isIntactApiKey(key)) return known;
    const keyHash = this.#services.hashSecret(key);
    const isGood = registry.clientIdByKeyHash(keyHash) !== undefined;
    this.#keyHashes.keep(hash, keyHash, { isGood });
    return keyHash;
  }

  /** Tells if the certificate's key signed the token. @throws if the stored public key is damaged */
  isSignedBy(token: PresentedSignedToken, key: CertificateKey): boolean {
    const { publicKey } = key;
    if (this.#signers.recall(token.hash) === publicKey) return true;
    const wrongKey = `${token.hash} ${publicKey}`;
    if (this.#signers.recall(wrongKey) !== undefined) return false;
    const holds = signatureHolds(token, key);
    this.#signers.keep(holds ? token.hash : wrongKey, publicKey, { isGood: holds });
    return holds;
  }

  /** The claims of an access token, which hold as long as their key is trusted; undefined if they were not read. */
  accessToken({ hash }: PresentedAccessToken): AccessTokenClaims | RejectedToken | undefined {
    return this.#tokens.recall(hash) ?? this.#tokens.recall(this.#rejectedKey(hash));
  }

  async readAccessToken({ text, hash }: PresentedAccessToken): Promise<void> {
    const { sealer, tokenIssuer } = this.#services;
    const rejectedKey = this.#rejectedKey(hash);
    const opened = await sealer.open(text);
    const read =
      'rejected' in opened ? opened : readClaims(opened.payload, { ...tokenIssuer, keyId: opened.keyId });
    if ('rejected' in read) this.#tokens.keep(rejectedKey, read, { isGood: false });
    else this.#tokens.keep(hash, read, { isGood: true });
  }

  /** Tells if what a key signed is still taken. */
  isTrusted(keyId: string): boolean {
    return this.#services.sealer.isTrusted(keyId);
  }

  /** Tells if the password is the one of the hash; undefined if that was not looked into. */
  passwordHolds(presented: PresentedPassword): boolean | undefined {
    return this.#passwords.recall(this.#passwordKey(presented));
  }

  /** @throws KeywrightError `busy` */
  async checkPassword(presented: PresentedPassword): Promise<void> {
    const holds = await this.#services.passwords.verify(presented.password, presented.hash);
    this.#passwords.keep(this.#passwordKey(presented), holds, { isGood: holds });
  }

  // With other keys, or as another issuer, the same text may be a good token.
  #rejectedKey(hash: string): string {
    const { sealer, tokenIssuer } = this.#services;
    return `${hash} ${sealer.revision} ${tokenIssuer.issuer}`;
  }

  // The argon2id hash is this password's alone, by its salt; neither it nor a client id contains a blank.
  #passwordKey({ hash, name, password }: PresentedPassword): string {
    return textHash(`${this.#salt} ${hash ?? `nobody ${name}`} ${password}`);
  }
}

interface KeyIndex {
  clientIdByKeyHash(keyHash: string): string | undefined;
}

/** A decision asked for a fact that was not found out before: it is no refusal, but nothing is known. */
export function notLoaded(): KeywrightError {
  return new KeywrightError('io', 'what was presented was not looked into');
}
