import type { Client } from '../model/client.js';
import type { UseRecord } from '../model/last-use.js';
import type { ProvisioningKey } from '../model/provisioning-key.js';
import type { Session } from '../model/session.js';
import type { SigningKeyRing } from '../model/signing-key.js';
import type { EmailClaim, User } from '../model/user.js';

/** One record as it stands now; undefined where it is gone. */
export interface Change<T> {
  readonly id: string;
  readonly record: T | undefined;
}

export interface Watcher<T> {
  /** Gets everything there is first, then what changed, in order. */
  changed(changes: readonly Change<T>[]): void;
  /** The records cannot be followed: nothing known of them may be trusted until `recovered`. */
  failed(error: unknown): void;
  recovered(): void;
}

/** Records of one type by id. */
export interface Collection<T> {
  get(id: string): Promise<T | undefined>;
  /**
   * The only way to change a record: an atomic read-modify-write. What `change` returns is stored durably before the
   * promise resolves (undefined removes the record); what it throws leaves everything as it was.
   */
  update<Next extends T | undefined>(id: string, change: (current: T | undefined) => Next): Promise<Next>;
  /** All records, in the order of their ids. */
  list(): Promise<T[]>;
  /** Follows the collection, also as other processes change it; resolves once everything there is was delivered. */
  watch(watcher: Watcher<T>): Promise<Subscription>;
}

export interface Subscription {
  stop(): void;
}

/** Where clients, users and what belongs to them live. */
export interface KeyStore {
  readonly clients: Collection<Client>;
  readonly users: Collection<User>;
  readonly sessions: Collection<Session>;
  readonly signingKeys: Collection<SigningKeyRing>;
  readonly uses: Collection<UseRecord>;
  /** Whose an e-mail address is, by the address. */
  readonly emails: Collection<EmailClaim>;
  readonly provisioningKeys: Collection<ProvisioningKey>;
}
