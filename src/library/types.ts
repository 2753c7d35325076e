// These declarations import nothing: a program compiles against them alone, whatever types of Node it has.

export type TokenStatus = 'valid' | 'not yet valid' | 'suspended' | 'expired' | 'revoked';

/** The reason why a credential is refused: `missing` and `invalid` for whoever proved nothing. */
export type RefusalReason =
  | 'missing'
  | 'invalid'
  | 'revoked'
  | 'suspended'
  | 'not-yet-valid'
  | 'expired'
  | 'wrong-client-id'
  | 'wrong-domain'
  | 'wrong-path'
  | 'insufficient-scope'
  | 'conflicting-credentials'
  | 'unavailable';

/**
 * An API key, without its secret. `id` is `<client-id>:<key-id>`. `owner` is the user that its client belongs to.
 * `hint` is the key's beginning.
 */
export interface Token {
  readonly id: string;
  readonly clientId: string;
  readonly label: string | null;
  readonly owner: string | null;
  readonly hint: string;
  readonly scopes: readonly string[];
  readonly status: TokenStatus;
  readonly createdAt: Date;
  /** null for never. */
  readonly expiresAt: Date | null;
}

/** An API key that was just made. Its secret exists only here. */
export interface RegisteredToken extends Token {
  /** The secret for `POST /login` and HTTP Basic, together with `clientId`. */
  readonly clientSecret: string;
  /** The same secret, for headers and MQTT. */
  readonly apiKey: string;
  /** The same secret with the client id in it: `kw-key:…`. */
  readonly wrapped: string;
}

/** An API key that takes the place of another one. */
export interface RotatedToken extends RegisteredToken {
  /** The id of the old key, and when that ends. */
  readonly replaced: { readonly id: string; readonly expiresAt: Date | null };
}

export type ClientStatus = TokenStatus | 'no credential';

/** A client with its credentials, without their secrets. `expiresAt` is the earliest end among those that hold. */
export interface Client {
  readonly id: string;
  /** The best of its credentials, if it and its owner work. */
  readonly status: ClientStatus;
  readonly label: string | null;
  readonly owner: string | null;
  readonly domain: string | null;
  readonly scopes: readonly string[];
  readonly createdAt: Date;
  /** null for never. */
  readonly expiresAt: Date | null;
  readonly credentials: readonly ClientCredential[];
}

/** One of a client's credentials. */
export interface ClientCredential {
  readonly kind: 'certificate' | 'signed-token' | 'api-key' | 'password';
  /** A certificate's serial, an API key's id, the SHA-256 of the certificate that a token was signed for; null for a password. */
  readonly id: string | null;
  readonly status: TokenStatus;
  readonly notBefore: Date | null;
  /** null for never. */
  readonly expiresAt: Date | null;
}

/** A new API key. */
export interface TokenRequest {
  /** An existing client that gets one more key. Without it a client with a UUID is made. */
  readonly clientId?: string;
  /** The user that a new client belongs to. */
  readonly owner?: string;
  /** The domain that a new client may act in. */
  readonly domain?: string;
  readonly label?: string;
  /** Default: `ingest`. */
  readonly scopes?: readonly string[];
  /** null for never. Default: 90 days from now. */
  readonly expiresAt?: Date | null;
  /** The key's beginning. Default: `key-prefix` of the configuration, `kw_live_`. */
  readonly prefix?: string;
}

/** A change of an API key. Members that are left out stay as they are. A revoked key stays revoked. */
export interface TokenEdit {
  readonly label?: string;
  readonly scopes?: readonly string[];
  /** null for never. */
  readonly expiresAt?: Date | null;
}

/** A credential that somebody presents, and the demands on it. */
export interface Credential {
  /** An API key in any of its forms, a signed token, or an access token. */
  readonly token: string;
  readonly clientId?: string;
  readonly domain?: string;
  readonly scope?: string;
}

/** The caller that a credential stands for, or the reason for its refusal. */
export type Verification =
  | {
      readonly accepted: true;
      readonly kind: 'client' | 'user';
      readonly id: string;
      /** The user that the client belongs to; null for nobody, and for a user. */
      readonly owner: string | null;
      readonly scopes: readonly string[];
      readonly groups: readonly string[];
      readonly domains: readonly string[];
      readonly expiresAt: Date;
    }
  | {
      readonly accepted: false;
      /** The reason. For a secret that was not proved it is always `invalid`. */
      readonly reason: RefusalReason;
    };

type ListSort = 'id' | 'createdAt' | 'expiresAt' | 'lastUsedAt';

/** What a list of clients or of API keys is asked for. */
interface ListQuery<State> {
  /** The most that is listed: 1 to 1,000. */
  readonly limit?: number;
  /** The id after which the list goes on; only in the order of ids. */
  readonly after?: string;
  /** The user that the clients belong to. */
  readonly owner?: string;
  /** A label, in which `*` stands for any characters. */
  readonly label?: string;
  readonly state?: State;
  /** A part of an id, a label, an owner's name or a key's beginning, in any case. */
  readonly search?: string;
  /** `-` in front turns it round. */
  readonly sort?: ListSort | `-${ListSort}`;
  /** A duration, like `30d`, within which they end or have ended. */
  readonly expiringWithin?: string;
}

export type ClientQuery = ListQuery<ClientStatus>;
export type TokenQuery = ListQuery<TokenStatus>;

/** A filter for what was done. */
export interface AuditFilter {
  /** The first and the last moment. */
  readonly since?: Date;
  readonly until?: Date;
  /** The author, like `user ann`, or a name alone. */
  readonly actor?: string;
  /** An action like `key.gen`, or its first word for all that begin with it. */
  readonly action?: string;
  /** The id of the changed record, or its first part: a client's id for all of its API keys. */
  readonly target?: string;
}

/** Something that was done, or refused, in this home. */
export interface AuditAction {
  /** The number of its first line. */
  readonly seq: number;
  readonly at: Date;
  readonly action: string;
  readonly target: string;
  /** The operating system's user for commands; `user NAME` or `client ID` for calls. */
  readonly who: string;
  /** An address, or `local`. */
  readonly from: string;
  /** `begun` if nothing is known of its end: it goes on, or its program was killed. */
  readonly outcome: 'done' | 'failed' | 'refused' | 'begun';
}

/**
 * A keystore, for a program that may read and write its home. All methods throw `KeywrightError`: for
 * an argument of another form `invalid-input`, with the name of the field, and after `close` always `refused`.
 */
export interface Keystore {
  /**
   * Registers an API key.
   * @throws `not-found` if the client or the owner does not exist; `refused` if the owner does not hold a scope;
   * `invalid-input`
   */
  register(request?: TokenRequest): Promise<RegisteredToken>;
  /**
   * Lists API keys, the oldest first: all of them, or those that the query asks for. Pages are in the order of ids. Where there are many, read
   * them in pages: `limit`, and then `after` the last id.
   * @throws `not-found` if the owner does not exist; `invalid-input`
   */
  tokens(query?: TokenQuery): Promise<Token[]>;
  /** Finds one API key, by its id, or by its client's id if the client has no other key. @throws `not-found` */
  token(id: string): Promise<Token>;
  /** Changes an API key. @throws `not-found`, `refused`, `invalid-input` */
  edit(id: string, edit: TokenEdit): Promise<Token>;
  /**
   * Makes a new key with the same permissions. The old one holds for `overlap` (`24h`, `30m`); without it, the old one
   * stops now.
   * @throws `not-found`, `refused`
   */
  rotate(id: string, options?: { readonly overlap?: string }): Promise<RotatedToken>;
  /** Switches a key off until it is resumed. @throws `not-found`; `refused` if it was invalidated */
  suspend(id: string): Promise<Token>;
  /** Switches a suspended key on again. @throws `not-found`; `refused` if it was invalidated */
  resume(id: string): Promise<Token>;
  /** Makes a key stop working at once, and keeps it in the list. @throws `not-found` */
  invalidate(id: string): Promise<Token>;
  /** Deletes a key for good. @throws `not-found` */
  delete(id: string): Promise<void>;
  /** Lists clients in the order of their ids, as `tokens` lists API keys. @throws `not-found`, `invalid-input` */
  clients(query?: ClientQuery): Promise<Client[]>;
  /** Finds one client. @throws `not-found` */
  client(id: string): Promise<Client>;
  /** Switches all of a client's credentials off until it is resumed. @throws `not-found` */
  suspendClient(id: string): Promise<Client>;
  /** Switches a suspended client on again. @throws `not-found` */
  resumeClient(id: string): Promise<Client>;
  /** Deletes a client: all of its credentials stop at once. @throws `not-found` */
  deleteClient(id: string): Promise<void>;
  /**
   * Decides on a credential, as a server would. The first call reads the keystore into memory, and then follows its
   * changes.
   */
  verify(credential: Credential): Promise<Verification>;
  /** Lists what was done, oldest first, and what came of it. @throws `store-corrupt`, `invalid-input` */
  audit(filter?: AuditFilter): Promise<AuditAction[]>;
  /** Stops following the keystore. Nothing is answered after that, but what changes is finished. */
  close(): void;
}

/** The place of a keystore. */
export interface KeystoreOptions {
  /** The home. Default: `KEYWRIGHT_HOME`, or `keywright` in the XDG data directory. */
  readonly home?: string;
  /** Settings besides `keywright.yaml`. Default: the process's environment. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}
