import {
  type CertificateCredential,
  type Client,
  certificatesOf,
  liveClient,
  passwordOf,
} from '../model/client.js';
import type { Session } from '../model/session.js';
import type { SigningKeyRing } from '../model/signing-key.js';
import type { User } from '../model/user.js';
import type { Collection, KeyStore } from '../ports/key-store.js';
import type { Facts } from './facts.js';
import { Mirror, type MirrorOptions } from './mirror.js';
import type { Registry } from './registry.js';

/** A record that changed, by which somebody may have been let in. */
export interface RegistryChange {
  readonly what: 'client' | 'user' | 'session' | 'signing-keys';
  readonly id: string;
  /** Whether the id is nobody's now, or somebody else's: deleted, or deleted and made anew. */
  readonly isAnother: boolean;
}

export interface LiveRegistryOptions {
  readonly keyStore: KeyStore;
  /** The keyed hash by which secrets are kept. */
  readonly hashSecret: (secret: string) => string;
  readonly facts: Facts;
  /** Gets the signing keys as they are now. */
  readonly onSigningKeys: (ring: SigningKeyRing) => void;
  readonly onFailure: (error: unknown) => void;
}

interface Mirrors {
  readonly clients: Mirror<Client>;
  readonly users: Mirror<User>;
  readonly sessions: Mirror<Session>;
  readonly signingKeys: Mirror<SigningKeyRing>;
}

type Changed<T> = MirrorOptions<T>['onChange'];

/** All that verification looks things up in, in memory, as the keystore stands. While it cannot be followed it answers nothing. */
export class LiveRegistry implements Registry {
  readonly hashSecret: (secret: string) => string;
  readonly facts: Facts;
  readonly #clientIdsByKeyHash = new Map<string, string>();
  readonly #withPasswordAlone = new Set<string>();
  readonly #userIdsByEmail = new Map<string, Set<string>>();
  readonly #listeners = new Set<(changes: readonly RegistryChange[]) => void>();
  readonly #unannounced: RegistryChange[] = [];
  readonly #onFailure: (error: unknown) => void;
  #announcing = false;
  #revision = 0;
  #mirrors: Mirrors | undefined;

  private constructor({ hashSecret, facts, onFailure }: LiveRegistryOptions) {
    this.hashSecret = hashSecret;
    this.facts = facts;
    this.#onFailure = onFailure;
  }

  static async follow(options: LiveRegistryOptions): Promise<LiveRegistry> {
    const { keyStore, onSigningKeys } = options;
    const registry = new LiveRegistry(options);
    registry.#mirrors = {
      clients: await registry.#mirror<Client>(keyStore.clients, (...change) =>
        registry.#clientChanged(...change),
      ),
      users: await registry.#mirror<User>(keyStore.users, (...change) => registry.#userChanged(...change)),
      sessions: await registry.#mirror<Session>(keyStore.sessions, (id) => registry.#changed('session', id)),
      signingKeys: await registry.#mirror<SigningKeyRing>(keyStore.signingKeys, (id, { after }) => {
        onSigningKeys(after ?? { keys: [] });
        registry.#changed('signing-keys', id);
      }),
    };
    return registry;
  }

  /** Another number after each change, and after each time that the keystore could not be followed. */
  get revision(): number {
    return this.#revision;
  }

  get available(): boolean {
    return Object.values(this.#mirrors ?? {}).every((mirror) => mirror.available);
  }

  /** How many live clients there are. */
  get size(): number {
    return [...(this.#mirrors?.clients.values() ?? [])].filter((client) => liveClient(client)).length;
  }

  clientById(id: string): Client | undefined {
    return liveClient(this.#mirrors?.clients.get(id));
  }

  deletedClientById(id: string): Client | undefined {
    const client = this.#mirrors?.clients.get(id);
    return liveClient(client) === undefined ? client : undefined;
  }

  clientIdByKeyHash(keyHash: string): string | undefined {
    return this.#clientIdsByKeyHash.get(keyHash);
  }

  certificatesOf(client: Client): readonly CertificateCredential[] {
    return certificatesOf(client);
  }

  hasPasswordsAlone(): boolean {
    return this.#withPasswordAlone.size > 0;
  }

  userById(id: string): User | undefined {
    return this.#mirrors?.users.get(id);
  }

  userByEmail(email: string): User | undefined {
    const [id, ...others] = this.#userIdsByEmail.get(email) ?? [];
    // Whom an address of two means cannot be known.
    return id === undefined || others.length > 0 ? undefined : this.userById(id);
  }

  sessionById(id: string): Session | undefined {
    return this.#mirrors?.sessions.get(id);
  }

  /** Calls back with what changed, after it holds here. */
  onChange(listener: (changes: readonly RegistryChange[]) => void): void {
    this.#listeners.add(listener);
  }

  stop(): void {
    for (const mirror of Object.values(this.#mirrors ?? {})) mirror.stop();
  }

  #mirror<T>(collection: Collection<T>, onChange: Changed<T>): Promise<Mirror<T>> {
    const onAvailability = (failure: unknown) => {
      this.#revision += 1;
      if (failure === undefined) this.#announce();
      else this.#onFailure(failure);
    };
    return Mirror.follow({ collection, onChange, onAvailability });
  }

  #clientChanged(id: string, change: Parameters<Changed<Client>>[1]): void {
    const [before, after] = [liveClient(change.before), liveClient(change.after)];
    for (const keyHash of keyHashes(before)) this.#clientIdsByKeyHash.delete(keyHash);
    for (const keyHash of keyHashes(after)) this.#clientIdsByKeyHash.set(keyHash, id);
    if (after && passwordOf(after)?.alone) this.#withPasswordAlone.add(id);
    else this.#withPasswordAlone.delete(id);
    this.#changed('client', id, before !== undefined && before.createdAt !== after?.createdAt);
  }

  #userChanged(id: string, { before, after }: Parameters<Changed<User>>[1]): void {
    if (before?.email) this.#userIdsByEmail.get(before.email)?.delete(id);
    if (after?.email) {
      const ids = this.#userIdsByEmail.get(after.email) ?? new Set();
      this.#userIdsByEmail.set(after.email, ids.add(id));
    }
    this.#changed('user', id, before !== undefined && before.createdAt !== after?.createdAt);
  }

  #changed(what: RegistryChange['what'], id: string, isAnother = false): void {
    this.#revision += 1;
    this.#unannounced.push({ what, id, isAnother });
    if (this.#announcing) return;
    this.#announcing = true;
    // Changes come in lots: they are told of together.
    queueMicrotask(() => {
      this.#announcing = false;
      this.#announce();
    });
  }

  // Who is told of a change will look it up: while nothing can be looked up, it waits.
  #announce(): void {
    if (!this.available || this.#mirrors === undefined) return;
    const changes = this.#unannounced.splice(0);
    if (changes.length === 0) return;
    for (const listener of this.#listeners) listener(changes);
  }
}

function keyHashes(client: Client | undefined): string[] {
  return (client?.credentials ?? []).flatMap((credential) =>
    credential.kind === 'api-key' ? [credential.hash] : [],
  );
}
