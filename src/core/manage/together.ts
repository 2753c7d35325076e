import type { Certificate, CertificateHolder } from '../model/certificate.js';
import { KeywrightError } from '../model/errors.js';
import type { AuditEvent } from '../ports/audit-log.js';
import type { KeyStore, RecordKind, RecordTypes } from '../ports/key-store.js';
import type { Records, UnitOfWork } from '../ports/unit-of-work.js';
import type { Managing } from './management.js';

/** What came of one of many changes. */
export type Outcome<T> = { readonly value: T } | { readonly error: KeywrightError };

/**
 * Makes many changes as one: it is as durable as each alone, and takes little more time than one. A change that is refused is
 * left out. Those of the others are made, in their order, and each sees those before it.
 * @param change makes the change of one item by the services that it is given
 * @throws KeywrightError any error that is not about one item; then nothing is changed
 */
export async function changeTogether<Item, T>(
  { keyStore, changes, ...services }: Managing,
  items: readonly Item[],
  change: (services: Managing, item: Item) => Promise<T>,
): Promise<readonly Outcome<T>[]> {
  const work = async (records: Records) => {
    const overlay = new Overlay(records);
    const events: AuditEvent[] = [];
    const each = {
      ...services,
      keyStore: keyStoreOf(keyStore, overlay),
      changes: unitOf(overlay, events, changes),
    };
    const outcomes: Outcome<T>[] = [];
    for (const item of items) outcomes.push(await outcomeOf(() => change(each, item)));
    // An error on records that another change has half written is none: that is found out where nothing is written.
    if (events.length === 0 && outcomes.length > 0) throw new NothingChanged(outcomes);
    return { outcomes, events };
  };
  try {
    return (await changes.change(({ events }) => events, work)).outcomes;
  } catch (error) {
    if (error instanceof NothingChanged) return error.outcomes as readonly Outcome<T>[];
    throw error;
  }
}

class NothingChanged extends Error {
  readonly outcomes: readonly Outcome<unknown>[];

  constructor(outcomes: readonly Outcome<unknown>[]) {
    super('nothing was changed');
    this.outcomes = outcomes;
  }
}

const ABOUT_ONE: readonly string[] = ['invalid-input', 'not-found', 'already-exists', 'refused'];

async function outcomeOf<T>(change: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await change() };
  } catch (error) {
    if (isAboutOne(error)) return { error };
    throw error;
  }
}

/** Tells if an error is about one of many things, so that the others can go on. */
export function isAboutOne(error: unknown): error is KeywrightError {
  return error instanceof KeywrightError && ABOUT_ONE.includes(error.code);
}

function unitOf(overlay: Overlay, events: AuditEvent[], { refused }: UnitOfWork): UnitOfWork {
  const unit: UnitOfWork = {
    change: async (event, work) => {
      try {
        const result = await work(overlay);
        if (overlay.accept() && event !== null)
          events.push(...(typeof event === 'function' ? event(result) : [event]));
        return result;
      } catch (error) {
        overlay.drop();
        throw error;
      }
    },
    refused,
    by: () => unit,
  };
  return unit;
}

function keyStoreOf(keyStore: KeyStore, overlay: Overlay): KeyStore {
  const ofClient = (id: string) => overlay.certificatesOf({ kind: 'client', id });
  return {
    ...keyStore,
    clients: { ...keyStore.clients, get: (id) => overlay.get('client', id) },
    users: { ...keyStore.users, get: (id) => overlay.get('user', id) },
    certificates: {
      ...keyStore.certificates,
      ofClients: async (ids) => (await Promise.all(ids.map(ofClient))).flat(),
    },
    keepsSecrets: () => keyStore.keepsSecrets(),
    watch: (watcher) => keyStore.watch(watcher),
  };
}

type Written = {
  readonly [Kind in RecordKind]: { kind: Kind; id: string; record?: RecordTypes[Kind] };
}[RecordKind];

/** The records of a change, with what the changes in it have written so far. */
class Overlay implements Records {
  readonly #records: Records;
  readonly #accepted = new Map<string, Written>();
  readonly #pending = new Map<string, Written>();

  constructor(records: Records) {
    this.#records = records;
  }

  async get<Kind extends Exclude<RecordKind, 'certificate'>>(
    kind: Kind,
    id: string,
  ): Promise<RecordTypes[Kind] | undefined> {
    const written = this.#written(kind, id);
    return written === undefined
      ? this.#records.get(kind, id)
      : (written.record as RecordTypes[Kind] | undefined);
  }

  async certificatesOf(holder: CertificateHolder): Promise<Certificate[]> {
    const found = new Map((await this.#records.certificatesOf(holder)).map((each) => [each.id, each]));
    for (const written of [...this.#accepted.values(), ...this.#pending.values()]) {
      if (written.kind !== 'certificate') continue;
      const { id, record } = written;
      if (record === undefined) found.delete(id);
      else if (record.holder.kind === holder.kind && record.holder.id === holder.id) found.set(id, record);
    }
    return [...found.values()];
  }

  put<Kind extends RecordKind>(kind: Kind, record: RecordTypes[Kind]): void {
    this.#pending.set(nameOf(kind, record.id), { kind, id: record.id, record } as Written);
  }

  delete(kind: RecordKind, id: string): void {
    this.#pending.set(nameOf(kind, id), { kind, id });
  }

  /** Takes over what the last change has written. @returns whether that is anything */
  accept(): boolean {
    for (const [name, written] of this.#pending) {
      this.#accepted.set(name, written);
      if (written.record === undefined) this.#records.delete(written.kind, written.id);
      else this.#records.put(written.kind, written.record);
    }
    const hasWritten = this.#pending.size > 0;
    this.drop();
    return hasWritten;
  }

  drop(): void {
    this.#pending.clear();
  }

  #written(kind: RecordKind, id: string): Written | undefined {
    const name = nameOf(kind, id);
    return this.#pending.get(name) ?? this.#accepted.get(name);
  }
}

function nameOf(kind: RecordKind, id: string): string {
  return `${kind} ${id}`;
}
