import type { Certificate, CertificateHolder } from '../../core/model/certificate.js';
import { KeywrightError } from '../../core/model/errors.js';
import type { RecordKind, RecordTypes } from '../../core/ports/key-store.js';
import type { Records } from '../../core/ports/unit-of-work.js';
import type { StoreFiles } from './files.js';
import { KINDS, type Place, placeAt, type StoredKind, type StoredTypes, writable } from './kinds.js';
import type { Shard } from './shard.js';

/** One file that a change touches. */
export interface DraftPlace extends Place {
  /** Tests if the file still has the records that the change has read. */
  readonly checks: ((shard: Shard) => boolean)[];
  readonly writes: ((shard: Shard) => void)[];
}

/** The properties of a record that the rules of the store check. */
interface Facts {
  readonly place: Place;
  readonly unique: string | null;
  readonly takesSeat: boolean;
}

interface Write {
  readonly kind: StoredKind;
  readonly id: string;
  /** The facts of the new record; undefined to delete it. */
  readonly next: Facts | undefined;
  readonly apply: (shard: Shard) => void;
}

/** The records that a change has read so far, and those that it will write. */
export class Draft implements Records {
  readonly #files: StoreFiles;
  readonly #places = new Map<string, DraftPlace>();
  readonly #shards = new Map<string, Promise<Shard>>();
  readonly #read = new Map<string, Facts | undefined>();
  readonly #writes = new Map<string, Write>();

  constructor(files: StoreFiles) {
    this.#files = files;
  }

  get<Kind extends Exclude<RecordKind, 'certificate'>>(
    kind: Kind,
    id: string,
  ): Promise<RecordTypes[Kind] | undefined> {
    return this.#get(kind, id);
  }

  async certificatesOf(holder: CertificateHolder): Promise<Certificate[]> {
    const place = placeAt('certificate', holder.id);
    const found = (await this.#shardAt(place)).certificatesOf(holder);
    for (const each of found) this.#read.set(nameOf('certificate', each.id), factsOf('certificate', each));
    const seen = revisions(found);
    this.#at(place).checks.push((shard) => revisions(shard.certificatesOf(holder)) === seen);
    return found;
  }

  put<Kind extends RecordKind>(kind: Kind, record: StoredTypes[Kind]): void {
    this.#put(kind, record);
  }

  delete(kind: RecordKind, id: string): void {
    this.#delete(kind, id);
  }

  /**
   * Adds the writes that the rules of the store demand.
   * @returns the files that the change touches; none if it writes nothing
   * @throws KeywrightError `already-exists` if another user has the e-mail address, or the one for a name
   */
  async settle(): Promise<readonly DraftPlace[]> {
    for (const { kind, id } of [...this.#writes.values()]) {
      // These rules compare the record with the one before.
      const { uniqueOf, takesSeat } = KINDS[kind];
      if ((uniqueOf ?? takesSeat) && !this.#read.has(nameOf(kind, id))) await this.#get(kind, id);
      if (kind === 'user') await this.#settleLogins(id);
    }
    for (const { kind, id, next, apply } of this.#writes.values()) {
      const facts = next ?? this.#read.get(nameOf(kind, id));
      const place = facts?.place ?? placeAt(kind, id);
      this.#at(place).writes.push(apply);
    }
    return this.#writes.size === 0 ? [] : [...this.#places.values()];
  }

  /** Tells if all records that the change has read are still the same, once unfinished changes of them are finished. */
  async isCurrent(): Promise<boolean> {
    await this.#files.finishJournals();
    for (const place of this.#places.values()) {
      const shard = await this.#files.read(place);
      if (!place.checks.every((holds) => holds(shard))) return false;
    }
    return true;
  }

  /** The number of seats of the licence that the change needs more. It is known after `settle`. */
  get seatsTaken(): number {
    const takesOne = ([name, { next }]: [string, Write]) =>
      next?.takesSeat && !this.#read.get(name)?.takesSeat;
    return [...this.#writes].filter(takesOne).length;
  }

  /** Users sign in by name or by e-mail address: none of one user's is another's. */
  async #settleLogins(userId: string): Promise<void> {
    const name = nameOf('user', userId);
    const [known, next] = [this.#read.get(name), this.#writes.get(name)?.next];
    const [before, after] = [known?.unique ?? null, next?.unique ?? null];
    if (known === undefined && next !== undefined) await this.#requireNobodysEmail(userId);
    if (after !== before && after !== null && after !== userId && (await this.#get('user', after)))
      throw new KeywrightError('already-exists', `there is a user of the name ${after}`);
    if (before !== null && before !== after && (await this.#get('email', before))?.userId === userId) {
      this.#delete('email', before);
    }
    if (after === null) return;
    const holder = (await this.#get('email', after))?.userId;
    if (holder === userId) return;
    await this.#requireNobodysEmail(after);
    this.#put('email', { id: after, revision: 0, userId });
  }

  async #requireNobodysEmail(address: string): Promise<void> {
    const holder = address.includes('@') ? (await this.#get('email', address))?.userId : undefined;
    // An older program may have left an entry for a user who does not have the address.
    if (holder !== undefined && (await this.#get('user', holder))?.email === address)
      throw new KeywrightError('already-exists', `user ${holder} has the e-mail address ${address}`);
  }

  async #get<Kind extends StoredKind>(kind: Kind, id: string): Promise<StoredTypes[Kind] | undefined> {
    const place = placeAt(kind, id);
    const found = (await this.#shardAt(place)).get(kind, id);
    this.#read.set(nameOf(kind, id), found && factsOf(kind, found));
    const seen = found?.revision;
    this.#at(place).checks.push((shard) => shard.get(kind, id)?.revision === seen);
    return found;
  }

  #put<Kind extends StoredKind>(kind: Kind, given: StoredTypes[Kind]): void {
    const record = writable(kind, given);
    const apply = (shard: Shard) => shard.put(kind, record);
    this.#writes.set(nameOf(kind, record.id), { kind, id: record.id, next: factsOf(kind, record), apply });
  }

  #delete(kind: StoredKind, id: string): void {
    const apply = (shard: Shard) => shard.delete(kind, id);
    this.#writes.set(nameOf(kind, id), { kind, id, next: undefined, apply });
  }

  /** Reads a file once: a change of many records has a few of them in one file. */
  #shardAt(place: Place): Promise<Shard> {
    const name = nameOfPlace(place);
    const shard = this.#shards.get(name) ?? this.#files.read(place);
    this.#shards.set(name, shard);
    return shard;
  }

  #at(place: Place): DraftPlace {
    const name = nameOfPlace(place);
    const known = this.#places.get(name) ?? { ...place, checks: [], writes: [] };
    this.#places.set(name, known);
    return known;
  }
}

function factsOf<Kind extends StoredKind>(kind: Kind, record: StoredTypes[Kind]): Facts {
  const { placeOf, uniqueOf, takesSeat } = KINDS[kind];
  return {
    place: placeAt(kind, placeOf(record)),
    unique: uniqueOf?.(record) ?? null,
    takesSeat: takesSeat?.(record) ?? false,
  };
}

function nameOfPlace({ directory, name }: Place): string {
  return `${directory}/${name}`;
}

function nameOf(kind: StoredKind, id: string): string {
  return `${kind} ${id}`;
}

function revisions(certificates: readonly Certificate[]): string {
  return certificates.map(({ id, revision }) => `${id} ${revision}`).join();
}
