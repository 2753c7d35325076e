import type { Certificate, HeldCertificate } from '../model/certificate.js';
import type { Client } from '../model/client.js';
import type { FormerApiKey } from '../model/former-key.js';
import type { PresentedApiKey } from '../model/presented-credential.js';
import type { Session } from '../model/session.js';
import type { User } from '../model/user.js';
import type { WithdrawnToken } from '../model/withdrawn-token.js';
import type { Facts } from './facts.js';

/** The records that verification looks things up in, as they are now. Look-ups throw for what cannot be read now. */
export interface Registry {
  /** Reads records into this registry before they are looked up; missing if all of them are in memory anyway. */
  readonly fetch?: (wanted: WantedRecords) => Promise<void>;
  /** The live client of that canonical id. */
  clientById(id: string): Client | undefined;
  /** The remainder of a deleted client of that canonical id. */
  deletedClientById(id: string): Client | undefined;
  /** The id of the client that has an API key of that keyed hash. */
  clientIdByKeyHash(keyHash: string): string | undefined;
  /** The deleted API key of that keyed hash, with its client, which may be deleted too. */
  formerKeyByHash(keyHash: string): FormerKeyOf | undefined;
  certificatesOf(clientId: string): ClientCertificates;
  /** Tells if any client has a password that suffices alone. */
  hasPasswordsAlone(): boolean;
  userById(id: string): User | undefined;
  sessionById(id: string): Session | undefined;
  withdrawnTokenById(id: string): WithdrawnToken | undefined;
  /** @throws KeywrightError `io` if the keys that sign access tokens cannot be read now */
  requireSigningKeys(): void;
  /** The keyed hash of a secret, lower-case hex. */
  hashSecret(secret: string): string;
  readonly facts: Facts;
  /**
   * How far the clocks of those who issue may be ahead of ours: what begins by then has begun. Without
   * it, none. Nothing ends later for it.
   */
  readonly clockToleranceMs?: number | undefined;
}

export interface FormerKeyOf {
  readonly clientId: string;
  readonly key: FormerApiKey;
}

/** The certificates of one client: those that can be presented, and those that cannot any more. */
export interface ClientCertificates {
  readonly held: readonly HeldCertificate[];
  readonly withdrawn: readonly Certificate[];
}

/** The records that a decision needs. A client comes with its owner and its certificates. */
export interface WantedRecords {
  readonly clients?: readonly string[];
  /** The client that has this API key, whoever that is. */
  readonly apiKey?: PresentedApiKey;
  readonly users?: readonly string[];
  readonly sessions?: readonly string[];
  readonly withdrawnTokens?: readonly string[];
}
