import type { Certificate } from '../model/certificate.js';
import type { Client } from '../model/client.js';
import type { LastUse } from '../model/last-use.js';
import type { ProvisioningKey } from '../model/provisioning-key.js';
import type { Session } from '../model/session.js';
import type { SigningKeyRing } from '../model/signing-key.js';
import type { Timestamp } from '../model/time.js';
import type { User } from '../model/user.js';
import type { WithdrawnToken } from '../model/withdrawn-token.js';

/** All records, by what they are. Each has an `id`, unique among its kind, and a `revision` that every change raises. */
export interface RecordTypes {
  readonly client: Client;
  readonly certificate: Certificate;
  readonly user: User;
  readonly session: Session;
  readonly 'withdrawn-token': WithdrawnToken;
  readonly 'signing-keys': SigningKeyRing;
  readonly 'provisioning-key': ProvisioningKey;
}

export type RecordKind = keyof RecordTypes;

/** One record before and after a change; undefined if there was or is none. */
export type Change = {
  readonly [Kind in RecordKind]: {
    readonly kind: Kind;
    readonly id: string;
    readonly before: RecordTypes[Kind] | undefined;
    readonly after: RecordTypes[Kind] | undefined;
  };
}[RecordKind];

/** Records of one kind, as they stand. */
export interface Collection<T> {
  get(id: string): Promise<T | undefined>;
  /** Records in the order of their ids, after the one of that id; all of them without a limit. */
  page(query?: PageQuery): Promise<T[]>;
}

export interface PageQuery {
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

/** Which clients are asked for; deleted ones never are. */
export interface ClientQuery extends PageQuery {
  readonly owner?: string | undefined;
  /** Those that end at that time or before. */
  readonly endingBy?: Timestamp | undefined;
}

export interface Clients extends Collection<Client> {
  page(query?: ClientQuery): Promise<Client[]>;
  /** The number of clients, without deleted ones. */
  count(): Promise<number>;
  /** The client that has an API key of that keyed hash (lower-case hex). */
  byKeyHash(hash: string): Promise<Client | undefined>;
}

export interface Certificates extends Collection<Certificate> {
  /** The certificates of some clients, withdrawn ones included. */
  ofClients(clientIds: readonly string[]): Promise<Certificate[]>;
}

/** When API keys were used last, by `<client-id>:<key-id>`. What is noted may be written a minute later. */
export interface KeyUses {
  note(uses: ReadonlyMap<string, LastUse>): Promise<void>;
  /** Writes what is noted and not yet written. */
  flush(): Promise<void>;
  of(apiKeyIds: readonly string[]): Promise<ReadonlyMap<string, LastUse>>;
  /** Forgets the uses of keys that are none any more. */
  keepOnly(isKey: (apiKeyId: string) => boolean): Promise<void>;
}

/** Clients, users and what belongs to them. They are changed by a unit of work alone. */
export interface KeyStore {
  readonly clients: Clients;
  readonly certificates: Certificates;
  readonly users: Collection<User>;
  readonly sessions: Collection<Session>;
  readonly withdrawnTokens: Collection<WithdrawnToken>;
  readonly signingKeys: Collection<SigningKeyRing>;
  readonly provisioningKeys: Collection<ProvisioningKey>;
  readonly uses: KeyUses;
  /** Tells whether any client, a deleted one included, or any provisioning key has a secret of the keyed hash. */
  keepsSecrets(): Promise<boolean>;
  /** Follows the records of all kinds but provisioning keys, also as other processes change them; resolves once all were delivered. */
  watch(watcher: Watcher): Promise<Subscription>;
}

export interface Watcher {
  /** Gets everything there is first, then what changed, in order; the changes of one unit of work together if they can be. */
  changed(changes: readonly Change[]): void;
  /** The records cannot be followed: nothing known of them may be trusted until `recovered`. */
  failed(error: unknown): void;
  recovered(): void;
}

export interface Subscription {
  stop(): void;
}
