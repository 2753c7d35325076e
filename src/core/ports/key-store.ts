import type { Certificate } from '../model/certificate.js';
import type { Client } from '../model/client.js';
import type { KeywrightError } from '../model/errors.js';
import type { LastUse } from '../model/last-use.js';
import type { ProvisioningKey } from '../model/provisioning-key.js';
import type { Session } from '../model/session.js';
import type { SigningKeyRing } from '../model/signing-key.js';
import type { User } from '../model/user.js';
import type { WithdrawnToken } from '../model/withdrawn-token.js';

/**
 * All record types, by kind. Each record has an `id`, unique among its kind, and a `revision` that every change raises.
 */
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

/** One record before and after a change; undefined if it did not or does not exist. */
export type Change = {
  readonly [Kind in RecordKind]: {
    readonly kind: Kind;
    readonly id: string;
    readonly before: RecordTypes[Kind] | undefined;
    readonly after: RecordTypes[Kind] | undefined;
  };
}[RecordKind];

/** The present records of one kind. */
export interface Collection<T> {
  get(id: string): Promise<T | undefined>;
  /** Reads records in the order of their ids, after the given id, or in another order; all of them without a limit. */
  page(query?: PageQuery<T>): Promise<T[]>;
}

export interface PageQuery<T> {
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
  /** Passes only the records for which it holds. */
  where?(record: T): boolean;
  /** Default: by id. */
  readonly order?: RecordOrder<T> | undefined;
  /** Has `where` called for every record, also for those that are on other pages: it can count them then. */
  readonly isWhole?: boolean | undefined;
  /** Leaves out what cannot be read, and gets the errors. Without it, the first of them is thrown. */
  readonly unreadable?: Unreadable | undefined;
}

/** Gets an error that names a part of the store that cannot be read. */
export type Unreadable = (error: KeywrightError) => void;

/** An order of records. Those of the same value are in the order of their ids. */
export interface RecordOrder<T> {
  /** Called for a record next after `where`. */
  of(record: T): number;
  readonly isDescending: boolean;
  /** The place after which a page goes on. */
  readonly after?: PlaceInOrder | undefined;
}

export interface PlaceInOrder {
  readonly value: number;
  readonly id: string;
}

/** A filter for clients. Deleted clients never pass. */
export interface ClientQuery extends Omit<PageQuery<Client>, 'where'> {
  readonly owner?: string | undefined;
  /** Passes only the clients for which it holds, by the client and its certificates, withdrawn ones included. */
  where?(client: Client, certificates: () => readonly Certificate[]): boolean;
}

/** Some clients, with their certificates, withdrawn ones included. */
export interface ClientsPart {
  readonly clients: readonly Client[];
  certificatesOf(clientId: string): readonly Certificate[];
}

export interface Clients extends Collection<Client> {
  page(query?: ClientQuery): Promise<Client[]>;
  /** Finds those of some clients that there are or were, deleted ones included, in any order. */
  ofIds(ids: readonly string[]): Promise<Client[]>;
  /** Reads all clients, part by part, in no order. Deleted ones never pass. */
  inParts(): AsyncIterable<ClientsPart>;
  /**
   * Names the part of the store where a client is, or would be. A change of many clients takes less time the fewer parts
   * they are in.
   */
  partOf(id: string): string;
  /** Counts the clients, without deleted ones. */
  count(): Promise<number>;
  /** Finds the client whose API key has this keyed hash (lower-case hex); else the one, perhaps deleted, that had it. */
  byKeyHash(hash: string): Promise<Client | undefined>;
}

export interface Certificates extends Collection<Certificate> {
  /** Reads the certificates of some clients, withdrawn ones included. Those of a client are read all or none. */
  ofClients(
    clientIds: readonly string[],
    unreadable?: (error: KeywrightError, clientIds: readonly string[]) => void,
  ): Promise<Certificate[]>;
}

/** The last uses of clients' credentials, by `<client-id>:<credential-id>`. A note may reach the file a minute later. */
export interface KeyUses {
  note(uses: ReadonlyMap<string, LastUse>): Promise<void>;
  /** Writes the waiting notes now. */
  flush(): Promise<void>;
  of(apiKeyIds: readonly string[]): Promise<ReadonlyMap<string, LastUse>>;
  /** Reads all of them, part by part. */
  all(): AsyncIterable<ReadonlyMap<string, LastUse>>;
  /** Forgets the uses of deleted keys. */
  keepOnly(isKey: (apiKeyId: string) => boolean): Promise<void>;
}

/** The clients, the users and their records. Only a unit of work changes them. */
export interface KeyStore {
  readonly clients: Clients;
  readonly certificates: Certificates;
  readonly users: Collection<User>;
  readonly sessions: Collection<Session>;
  readonly withdrawnTokens: Collection<WithdrawnToken>;
  readonly signingKeys: Collection<SigningKeyRing>;
  readonly provisioningKeys: Collection<ProvisioningKey>;
  readonly uses: KeyUses;
  /**
   * Tells if the store holds any secret by its keyed hash: of a client, deleted ones included, or of a provisioning
   * key.
   */
  keepsSecrets(): Promise<boolean>;
  /**
   * Follows the records of all kinds, other processes' changes included. It resolves after the
   * first delivery of all records.
   */
  watch(watcher: Watcher): Promise<Subscription>;
}

export interface Watcher {
  /**
   * Gets all records first, then each change in order. It gets the changes of one unit of work together if possible.
   */
  changed(changes: readonly Change[]): void;
  /** Gets all parts of the store that cannot be read now, whenever these change; none if everything can be read again. */
  unreadable(parts: readonly UnreadablePart[]): void;
}

/** Records that cannot be read now. What they said before must not be trusted: they may have been revoked since. */
export interface UnreadablePart {
  /** The error, whose message names the part. */
  readonly error: unknown;
  /** True if no record of these kinds can be read. */
  readonly isWhole: boolean;
  readonly kinds: readonly RecordKind[];
  /** Tells if a record of these kinds may be in this part, by its id; a certificate goes by its holder's. */
  has(id: string): boolean;
}

export interface Subscription {
  stop(): void;
}
