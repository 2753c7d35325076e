// Longer than most files: its maps change together, and are read by what each change leaves.

import { type Certificate, isHeld } from '../model/certificate.js';
import { apiKeysOf, type Client, liveClient, passwordOf } from '../model/client.js';
import { KeywrightError } from '../model/errors.js';
import type { Session } from '../model/session.js';
import type { SigningKeyRing } from '../model/signing-key.js';
import type { User } from '../model/user.js';
import type { WithdrawnToken } from '../model/withdrawn-token.js';
import type {
  Change,
  KeyStore,
  RecordKind,
  RecordTypes,
  Subscription,
  UnreadablePart,
} from '../ports/key-store.js';
import { Announcements } from './announcements.js';
import type { Facts } from './facts.js';
import { FormerKeys } from './former-keys.js';
import type { ClientCertificates, FormerKeyOf, Registry } from './registry.js';

export interface LiveRegistryOptions {
  readonly keyStore: KeyStore;
  /** The keyed hash by which secrets are kept. */
  readonly hashSecret: (secret: string) => string;
  readonly facts: Facts;
  readonly clockToleranceMs?: number | undefined;
  /** Gets the signing keys as they are now. */
  readonly onSigningKeys: (ring: SigningKeyRing | undefined) => void;
  /** Gets the parts of the key store that cannot be read now, whenever these change. */
  readonly onUnreadable: (parts: readonly UnreadablePart[]) => void;
}

type Records = { readonly [Kind in RecordKind]: Map<string, RecordTypes[Kind]> };

const NONE: ClientCertificates = { held: [], withdrawn: [] };

/** All that verification looks things up in, in memory, as the key store stands. It answers nothing from what cannot be read now. */
export class LiveRegistry implements Registry {
  readonly hashSecret: (secret: string) => string;
  readonly facts: Facts;
  readonly clockToleranceMs: number | undefined;
  readonly #options: LiveRegistryOptions;
  readonly #records: Records = {
    client: new Map(),
    certificate: new Map(),
    user: new Map(),
    session: new Map(),
    'withdrawn-token': new Map(),
    'signing-keys': new Map(),
    'provisioning-key': new Map(),
  };
  readonly #certificatesByClient = new Map<string, ClientCertificates>();
  readonly #clientIdsByKeyHash = new Map<string, string>();
  readonly #formerKeys = new FormerKeys();
  readonly #withPasswordAlone = new Set<string>();
  readonly #userIdsByEmail = new Map<string, ReadonlySet<string>>();
  readonly #announcements = new Announcements();
  #clientCount = 0;
  #revision = 0;
  #unreadable: readonly UnreadablePart[] = [];
  #subscription: Subscription | undefined;

  private constructor(options: LiveRegistryOptions) {
    this.hashSecret = options.hashSecret;
    this.facts = options.facts;
    this.clockToleranceMs = options.clockToleranceMs;
    this.#options = options;
  }

  static async follow(options: LiveRegistryOptions): Promise<LiveRegistry> {
    const registry = new LiveRegistry(options);
    registry.#subscription = await options.keyStore.watch({
      changed: (changes) => {
        for (const change of changes) registry.#apply(change);
        registry.#announcements.add(changes);
      },
      unreadable: (parts) => {
        registry.#revision += 1;
        registry.#unreadable = parts;
        options.onUnreadable(parts);
      },
    });
    return registry;
  }

  /** Another number after each change of a record, and of what can be read. */
  get revision(): number {
    return this.#revision;
  }

  /** False while no record of some kind can be read. */
  get available(): boolean {
    return !this.#unreadable.some(({ isWhole }) => isWhole);
  }

  /** The number of live clients. */
  get size(): number {
    return this.#clientCount;
  }

  clientById(id: string): Client | undefined {
    return liveClient(this.#get('client', id));
  }

  deletedClientById(id: string): Client | undefined {
    const client = this.#get('client', id);
    return liveClient(client) === undefined ? client : undefined;
  }

  certificatesOf(clientId: string): ClientCertificates {
    return this.#certificatesByClient.get(clientId) ?? NONE;
  }

  clientIdByKeyHash(keyHash: string): string | undefined {
    const found = this.#clientIdsByKeyHash.get(keyHash);
    // The key may be one of those that cannot be read.
    if (found === undefined) this.#requireReadable('client');
    return found;
  }

  formerKeyByHash(keyHash: string): FormerKeyOf | undefined {
    return this.#formerKeys.of(keyHash);
  }

  hasPasswordsAlone(): boolean {
    return this.#withPasswordAlone.size > 0 || this.#unreadable.some(({ kinds }) => kinds.includes('client'));
  }

  userById(id: string): User | undefined {
    return this.#get('user', id);
  }

  /** False only if it is known that there is no user. */
  get mayHaveUsers(): boolean {
    return this.#records.user.size > 0 || this.#unreadable.some(({ kinds }) => kinds.includes('user'));
  }

  userByEmail(email: string): User | undefined {
    const [id, ...others] = this.#userIdsByEmail.get(email) ?? [];
    if (id === undefined) this.#requireReadable('user');
    // An address that two have, as files of an older program may say, means nobody.
    return id === undefined || others.length > 0 ? undefined : this.userById(id);
  }

  sessionById(id: string): Session | undefined {
    return this.#get('session', id);
  }

  withdrawnTokenById(id: string): WithdrawnToken | undefined {
    return this.#get('withdrawn-token', id);
  }

  /** All records of a kind. */
  all<Kind extends RecordKind>(kind: Kind): Iterable<RecordTypes[Kind]> {
    return this.#records[kind].values();
  }

  /** A record of any kind; of a client also one that was deleted. */
  recordById<Kind extends RecordKind>(kind: Kind, id: string): RecordTypes[Kind] | undefined {
    return this.#get(kind, id);
  }

  /** Calls back with what changed, after it holds here. */
  onChange(listener: (changes: readonly Change[]) => void): void {
    this.#announcements.onChange(listener);
  }

  stop(): void {
    this.#subscription?.stop();
  }

  requireSigningKeys(): void {
    this.#requireReadable('signing-keys');
  }

  /** @throws KeywrightError `io` if some records of a kind cannot be read now */
  requireReadable(kind: RecordKind): void {
    this.#requireReadable(kind);
  }

  /** @throws KeywrightError `io` if the record cannot be read now: who was revoked meanwhile must not get in */
  #get<Kind extends RecordKind>(kind: Kind, id: string): RecordTypes[Kind] | undefined {
    if (this.#unreadable.length > 0) this.#requireReadable(kind, id);
    return this.#records[kind].get(id);
  }

  #requireReadable(kind: RecordKind, id?: string): void {
    const part = this.#unreadable.find(
      ({ kinds, has }) => kinds.includes(kind) && (id === undefined || has(id)),
    );
    if (part !== undefined)
      throw new KeywrightError('io', 'a part of the keystore cannot be read', { cause: part.error });
  }

  #apply(change: Change): void {
    this.#revision += 1;
    switch (change.kind) {
      case 'client':
        this.#applyClient(change.id, liveClient(change.before), liveClient(change.after));
        this.#formerKeys.apply(change.before, change.after);
        break;
      case 'certificate':
        this.#applyCertificate(change.before, change.after);
        break;
      case 'user':
        this.#applyUser(change.id, change.before?.email, change.after?.email);
        break;
      case 'signing-keys':
        this.#options.onSigningKeys(change.after);
        break;
    }
    this.#keep(change);
  }

  #keep<Kind extends RecordKind>({
    kind,
    id,
    after,
  }: {
    kind: Kind;
    id: string;
    after: RecordTypes[Kind] | undefined;
  }): void {
    const records = this.#records[kind];
    if (after === undefined) records.delete(id);
    else records.set(id, after);
  }

  #applyClient(id: string, before: Client | undefined, after: Client | undefined): void {
    this.#clientCount += (after === undefined ? 0 : 1) - (before === undefined ? 0 : 1);
    for (const keyHash of keyHashes(before)) this.#clientIdsByKeyHash.delete(keyHash);
    for (const keyHash of keyHashes(after)) this.#clientIdsByKeyHash.set(keyHash, id);
    if (after && passwordOf(after)?.alone) this.#withPasswordAlone.add(id);
    else this.#withPasswordAlone.delete(id);
  }

  #applyCertificate(before: Certificate | undefined, after: Certificate | undefined): void {
    const { holder, id } = after ?? before ?? {};
    if (holder?.kind !== 'client') return;
    const { held, withdrawn } = this.certificatesOf(holder.id);
    const all = [...held, ...withdrawn].filter((each) => each.id !== id);
    if (after !== undefined) all.push(after);
    if (all.length === 0) this.#certificatesByClient.delete(holder.id);
    else
      this.#certificatesByClient.set(holder.id, {
        held: all.filter(isHeld),
        withdrawn: all.filter((each) => !isHeld(each)),
      });
  }

  #applyUser(id: string, before: string | null | undefined, after: string | null | undefined): void {
    if (before) {
      const others = [...(this.#userIdsByEmail.get(before) ?? [])].filter((other) => other !== id);
      if (others.length === 0) this.#userIdsByEmail.delete(before);
      else this.#userIdsByEmail.set(before, new Set(others));
    }
    if (after) this.#userIdsByEmail.set(after, new Set([...(this.#userIdsByEmail.get(after) ?? []), id]));
  }
}

function keyHashes(client: Client | undefined): string[] {
  return client === undefined ? [] : apiKeysOf(client).map((key) => key.hash);
}
