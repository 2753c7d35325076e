import { type Client, liveClient } from '../../src/core/model/client.js';
import { KeywrightError } from '../../src/core/model/errors.js';
import type { LastUse } from '../../src/core/model/last-use.js';
import type {
  Change,
  Collection,
  KeyStore,
  RecordKind,
  RecordTypes,
  Watcher,
} from '../../src/core/ports/key-store.js';
import { PagePicker } from '../../src/core/ports/page-picker.js';
import type { EventOf, Records, UnitOfWork } from '../../src/core/ports/unit-of-work.js';
import { type StoredTypes, writable } from '../../src/store/file/kinds.js';

type Stored = RecordTypes[RecordKind];

/** A key store in memory, for rules that are tested without files. The contract of all key stores keeps it honest. */
export class MemoryStore {
  /** The audit log, as `action target outcome`. */
  readonly lines: string[] = [];
  readonly #records = new Map<RecordKind, Map<string, Stored>>();
  readonly #uses = new Map<string, LastUse>();
  readonly #watchers = new Set<Watcher>();
  /** Changes are made one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  readonly store: KeyStore = {
    clients: {
      ...this.#collection('client'),
      page: async ({ owner, where = () => true, ...query } = {}) => {
        const picker = new PagePicker<Client>(query);
        for (const client of this.#clients())
          if (owner === undefined || client.owner === owner)
            if (where(client, () => this.#certificatesOf(client.id))) picker.offer(client);
        return picker.page();
      },
      ofIds: async (ids) => this.#all('client').filter(({ id }) => ids.includes(id)),
      inParts: () => this.#parts(),
      partOf: () => '',
      count: async () => this.#clients().length,
      byKeyHash: async (hash) =>
        this.#clients().find((client) => keyHashes(client).includes(hash)) ??
        this.#all('client').find(({ formerKeys = [] }) => formerKeys.some((former) => former.hash === hash)),
    },
    certificates: {
      ...this.#collection('certificate'),
      ofClients: async (ids) =>
        this.#all('certificate').filter(({ holder }) => holder.kind === 'client' && ids.includes(holder.id)),
    },
    users: this.#collection('user'),
    sessions: this.#collection('session'),
    withdrawnTokens: this.#collection('withdrawn-token'),
    signingKeys: this.#collection('signing-keys'),
    provisioningKeys: this.#collection('provisioning-key'),
    uses: {
      note: async (uses) => {
        for (const [id, use] of uses) if (use.at >= (this.#uses.get(id)?.at ?? 0)) this.#uses.set(id, use);
      },
      flush: async () => undefined,
      of: async (ids) => new Map([...this.#uses].filter(([id]) => ids.includes(id))),
      all: async function* (this: void) {
        yield new Map();
      },
      keepOnly: async (isKey) => {
        for (const id of this.#uses.keys()) if (!isKey(id)) this.#uses.delete(id);
      },
    },
    keepsSecrets: async () =>
      this.#all('provisioning-key').length > 0 ||
      this.#all('client').some((each) => keyHashes(each).length > 0),
    watch: async (watcher) => {
      const kinds: RecordKind[] = [
        'client',
        'certificate',
        'user',
        'session',
        'withdrawn-token',
        'signing-keys',
        'provisioning-key',
      ];
      const there = kinds.flatMap((kind) => this.#all(kind).map((after) => changeOf(kind, undefined, after)));
      if (there.length > 0) watcher.changed(there);
      this.#watchers.add(watcher);
      return { stop: () => void this.#watchers.delete(watcher) };
    },
  };

  readonly changes: UnitOfWork = {
    change: (event, work) => {
      const made = this.#turn.then(() => this.#change(event, work));
      this.#turn = made.catch(() => undefined);
      return made;
    },
    refused: async ({ action, target }) => void this.lines.push(`${action} ${target} refused`),
    by: () => this.changes,
  };

  async #change<T>(event: EventOf<T>, work: (records: Records) => T | Promise<T>): Promise<T> {
    const writes: { kind: RecordKind; id: string; after: Stored | undefined }[] = [];
    const result = await work({
      get: async (kind, id) => this.#of(kind).get(id),
      certificatesOf: async ({ kind, id }) =>
        this.#all('certificate').filter(({ holder }) => holder.kind === kind && holder.id === id),
      put<Kind extends RecordKind>(kind: Kind, given: StoredTypes[Kind]) {
        const record = writable(kind, given);
        writes.push({ kind, id: record.id, after: record });
      },
      delete: (kind, id) => void writes.push({ kind, id, after: undefined }),
    });
    for (const { kind, after } of writes)
      if (kind === 'user') this.#refuseTaken(after as RecordTypes['user']);
    const events = typeof event === 'function' ? event(result) : [event];
    for (const each of events)
      if (each && writes.length > 0) this.lines.push(`${each.action} ${each.target} done`);
    const changes = writes.map(({ kind, id, after }) => this.#write(kind, id, after));
    if (changes.length > 0) for (const watcher of this.#watchers) watcher.changed(changes);
    return result;
  }

  #refuseTaken(user: RecordTypes['user'] | undefined): void {
    if (user === undefined) return;
    const before = this.#of('user').get(user.id);
    const isNewEmail = user.email !== null && user.email !== before?.email;
    const names = [...(isNewEmail ? [user.email] : []), ...(before === undefined ? [user.id] : [])];
    for (const { id, email } of this.#all('user').filter((other) => other.id !== user.id)) {
      if (email !== null && names.includes(email))
        throw new KeywrightError('already-exists', `user ${id} has the e-mail address ${email}`);
      if (isNewEmail && id === user.email)
        throw new KeywrightError('already-exists', `there is a user of the name ${id}`);
    }
  }

  #write(kind: RecordKind, id: string, record: Stored | undefined): Change {
    const before = this.#of(kind).get(id);
    const after = record && { ...record, revision: (before?.revision ?? 0) + 1 };
    if (after === undefined) this.#of(kind).delete(id);
    else this.#of(kind).set(id, after);
    return { kind, id, before, after } as Change;
  }

  #collection<Kind extends RecordKind>(kind: Kind): Collection<RecordTypes[Kind]> {
    return {
      get: async (id) => this.#of(kind).get(id),
      page: async ({ where = () => true, ...query } = {}) => {
        const picker = new PagePicker<RecordTypes[Kind]>(query);
        for (const record of this.#all(kind)) if (where(record)) picker.offer(record);
        return picker.page();
      },
    };
  }

  #of<Kind extends RecordKind>(kind: Kind): Map<string, RecordTypes[Kind]> {
    const records = this.#records.get(kind) ?? new Map();
    this.#records.set(kind, records);
    return records as Map<string, RecordTypes[Kind]>;
  }

  #all<Kind extends RecordKind>(kind: Kind): RecordTypes[Kind][] {
    return [...this.#of(kind).values()].sort((one, other) => (one.id < other.id ? -1 : 1));
  }

  #certificatesOf(clientId: string): RecordTypes['certificate'][] {
    return this.#all('certificate').filter(
      ({ holder }) => holder.kind === 'client' && holder.id === clientId,
    );
  }

  async *#parts() {
    yield { clients: this.#clients(), certificatesOf: (id: string) => this.#certificatesOf(id) };
  }

  #clients(): Client[] {
    return this.#all('client').filter((client) => liveClient(client) !== undefined);
  }
}

function keyHashes({ credentials }: Client): string[] {
  return credentials.flatMap((each) => (each.kind === 'api-key' ? [each.hash] : []));
}

function changeOf(kind: RecordKind, before: Stored | undefined, after: Stored): Change {
  return { kind, id: after.id, before, after } as Change;
}
