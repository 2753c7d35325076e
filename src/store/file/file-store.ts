import { basename, join } from 'node:path';
import { allOf } from '../../core/model/all-of.js';
import type { Certificate } from '../../core/model/certificate.js';
import { type Client, liveClient } from '../../core/model/client.js';
import type { KeywrightError } from '../../core/model/errors.js';
import type {
  Certificates,
  ClientQuery,
  Clients,
  Collection,
  KeyStore,
  PageQuery,
  RecordKind,
  RecordTypes,
  Subscription,
  Watcher,
} from '../../core/ports/key-store.js';
import { PagePicker } from '../../core/ports/page-picker.js';
import { prepareHome } from '../../disk/home.js';
import { removeLeftovers } from '../../disk/temporary.js';
import { ClientCount } from './client-count.js';
import type { DraftPlace } from './draft.js';
import { leavingOut, StoreFiles } from './files.js';
import { certificatesOf, clientByKeyHash, clientParts, clientsOf } from './find-clients.js';
import { isFollowed } from './followed.js';
import { Follower } from './follower.js';
import { prepareFormat } from './format.js';
import { type Prepared, putAllInPlace } from './journal.js';
import { FileKeyUses } from './key-uses.js';
import { KINDS, type Place, placeAt, shardName } from './kinds.js';
import { Readers } from './readers.js';
import type { Shard } from './shard.js';

export interface FileStoreOptions {
  readonly home: string;
  /** Gets messages for the user. */
  readonly notice?: (text: string) => void;
}

/** The key store in the files of a home. It makes no file before the first change. */
export class FileStore implements KeyStore {
  readonly files: StoreFiles;
  readonly clients: Clients;
  readonly certificates: Certificates;
  readonly users: Collection<RecordTypes['user']>;
  readonly sessions: Collection<RecordTypes['session']>;
  readonly withdrawnTokens: Collection<RecordTypes['withdrawn-token']>;
  readonly signingKeys: Collection<RecordTypes['signing-keys']>;
  readonly provisioningKeys: Collection<RecordTypes['provisioning-key']>;
  readonly uses: FileKeyUses;
  /** The other processes of the home. */
  readonly readers: Readers;
  readonly #prepareFiles: () => Promise<void>;
  readonly #notice: (text: string) => void;
  readonly #followers = new Set<Follower>();
  #isPrepared = false;

  constructor({ home, notice = () => undefined }: FileStoreOptions) {
    this.#prepareFiles = async () => {
      await prepareHome(home);
      await prepareFormat({ home, files: this.files, notice });
    };
    this.#notice = notice;
    this.files = new StoreFiles(home);
    this.readers = new Readers(home, notice);
    const count = new ClientCount(this.files);
    this.clients = {
      get: this.#collection('client').get,
      page: (query) => this.#clientPage(query),
      ofIds: (ids) => clientsOf(this.files, ids),
      inParts: () => clientParts(this.files),
      partOf: shardName,
      count: () => count.now(),
      byKeyHash: (hash) => clientByKeyHash(this.files, hash),
    };
    this.certificates = {
      ...this.#collection('certificate'),
      ofClients: (clientIds, unreadable) => certificatesOf(this.files, clientIds, unreadable),
    };
    this.users = this.#collection('user');
    this.sessions = this.#collection('session');
    this.withdrawnTokens = this.#collection('withdrawn-token');
    this.signingKeys = this.#collection('signing-keys');
    this.provisioningKeys = this.#collection('provisioning-key');
    this.uses = new FileKeyUses(this.files, () => this.prepare());
  }

  async keepsSecrets(): Promise<boolean> {
    for await (const shard of this.files.shards('client')) {
      const hasKey = ({ credentials }: Client) => credentials.some(({ kind }) => kind === 'api-key');
      if (shard.all('client').some(hasKey)) return true;
    }
    return (await this.files.placesIn('provisioning-keys')).length > 0;
  }

  async watch(watcher: Watcher): Promise<Subscription> {
    await this.files.finishJournals();
    const follower = new Follower(this.files, { watcher, readers: this.readers });
    await follower.start();
    this.#followers.add(follower);
    return {
      stop: () => {
        follower.stop();
        this.#followers.delete(follower);
      },
    };
  }

  /** Prepares the store for a change. @throws KeywrightError `unsafe-home`, `store-newer`, `io` */
  async prepare(): Promise<void> {
    if (this.#isPrepared) return this.files.finishJournals();
    await this.#prepareFiles();
    await this.files.finishJournals();
    await this.files.sweep();
    this.#isPrepared = true;
  }

  /**
   * Writes a change into files, if all records that it has read are still the same.
   * @param record writes the audit entry of the change, then runs the writing
   * @returns false if a record had changed; it has written nothing then
   * @throws KeywrightError `io`
   */
  async commit(
    places: readonly DraftPlace[],
    record: (write: () => Promise<void>) => Promise<void>,
  ): Promise<boolean> {
    const isDone = await this.files.exclusively(places, async () => {
      const shards = await Promise.all(
        places.map(async (place) => ({ ...place, shard: await this.files.read(place) })),
      );
      if (!shards.every(({ checks, shard }) => checks.every((holds) => holds(shard)))) return false;
      const written = shards.filter(({ writes }) => writes.length > 0);
      for (const { writes, shard } of written) for (const write of writes) write(shard);
      await record(async () => {
        const trouble = await this.#write(written);
        if (trouble) this.#notice(`the change holds, but a crash may undo it: ${trouble.message}`);
      });
      return true;
    });
    if (isDone) await this.#settle(places.filter(({ writes }) => writes.length > 0));
    return isDone;
  }

  /** Waits until a change holds in every process of this machine that follows the store. */
  async #settle(changed: readonly Place[]): Promise<void> {
    const places = changed.map(({ directory, name }) => ({ directory, name })).filter(isFollowed);
    if (places.length === 0) return;
    const own = [...this.#followers].map((follower) => follower.refresh(places));
    await Promise.all([...own, this.readers.haveRead(places)]);
  }

  async #write(
    written: readonly { readonly directory: string; readonly name: string; readonly shard: Shard }[],
  ): Promise<KeywrightError | undefined> {
    const [only, ...others] = written;
    if (only === undefined || others.length === 0) return only?.shard.write();
    const prepared: Prepared[] = [];
    try {
      await allOf(
        written.map(async ({ directory, name, shard }) => {
          prepared.push({ directory, name, temporary: basename(await shard.prepare()) });
        }),
      );
      return await putAllInPlace(this.files.root, prepared);
    } catch (error) {
      await removeLeftovers(
        prepared.map(({ directory, temporary }) => join(this.files.root, directory, temporary)),
      );
      throw error;
    }
  }

  #collection<Kind extends RecordKind>(kind: Kind): Collection<RecordTypes[Kind]> {
    return {
      get: async (id) => {
        if (kind === 'certificate') return (await this.#page(kind, {}, (each) => each.id === id))[0];
        return (await this.files.read(placeAt(kind, id))).get(kind, id);
      },
      page: (query = {}) => this.#page(kind, query, (record) => query.where?.(record) ?? true),
    };
  }

  /** Other work gets its turn after each file, and little more is kept than the page needs. */
  async #page<Kind extends RecordKind>(
    kind: Kind,
    query: Omit<PageQuery<RecordTypes[Kind]>, 'where'>,
    isWanted: (record: RecordTypes[Kind], shard: Shard) => boolean,
  ): Promise<RecordTypes[Kind][]> {
    const picker = new PagePicker<RecordTypes[Kind]>(query);
    // Records are not even looked at where their ids say that they are on other pages.
    const mayPass = query.order === undefined && query.isWhole !== true;
    for (const place of await this.files.placesIn(KINDS[kind].directory)) {
      const range = mayPass ? { after: query.after, upTo: picker.lastId } : {};
      await leavingOut(query.unreadable, async () => {
        const shard = await this.files.read(place);
        for (const record of shard.all(kind, range)) if (isWanted(record, shard)) picker.offer(record);
      });
    }
    return picker.page();
  }

  #clientPage({ owner, where, ...query }: ClientQuery = {}): Promise<Client[]> {
    const certificates = new WeakMap<Shard, ReadonlyMap<string, Certificate[]>>();
    const certificatesIn = (id: string, shard: Shard) => {
      const byClient = certificates.get(shard) ?? shard.certificatesByClient();
      certificates.set(shard, byClient);
      return byClient.get(id) ?? [];
    };
    return this.#page('client', query, (client, shard) => {
      if (liveClient(client) === undefined || (owner !== undefined && client.owner !== owner)) return false;
      return where?.(client, () => certificatesIn(client.id, shard)) ?? true;
    });
  }
}
