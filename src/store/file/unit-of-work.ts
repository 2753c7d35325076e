import { KeywrightError } from '../../core/model/errors.js';
import type { AuditActor, AuditEvent, AuditLog } from '../../core/ports/audit-log.js';
import type { Licence } from '../../core/ports/licence.js';
import type { EventOf, Records, UnitOfWork } from '../../core/ports/unit-of-work.js';
import { Draft } from './draft.js';
import type { FileStore } from './file-store.js';

export interface FileUnitOfWorkOptions {
  readonly store: FileStore;
  readonly audit: AuditLog;
  readonly licence: Licence;
}

// Each failed attempt means that another change to the same record succeeded.
const MAX_ATTEMPTS = 1_000;

/** Changes of the records in files, and their lines in the audit log. */
export class FileUnitOfWork implements UnitOfWork {
  readonly #options: FileUnitOfWorkOptions;

  constructor(options: FileUnitOfWorkOptions) {
    this.#options = options;
  }

  by(actor: AuditActor): UnitOfWork {
    return new FileUnitOfWork({ ...this.#options, audit: this.#options.audit.by(actor) });
  }

  refused(event: AuditEvent): Promise<void> {
    return this.#options.audit.refused(event);
  }

  async change<T>(event: EventOf<T>, work: (records: Records) => T | Promise<T>): Promise<T> {
    const { store, audit, licence } = this.#options;
    await store.prepare();
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const draft = new Draft(store.files);
      const prepared = await prepareChange(draft, work);
      if (prepared === undefined) continue;
      const { result, places } = prepared;
      if (places.length === 0) return result;
      const events = eventsOf(event, result);
      const record = (write: () => Promise<void>) =>
        events.length === 0 ? write() : audit.record(events, write);
      const commit = () => store.commit(places, record);
      const { seatsTaken } = draft;
      if (await (seatsTaken > 0 ? licence.takeSeats(seatsTaken, commit) : commit())) return result;
    }
    throw new KeywrightError('store-busy', 'others change the same records all the time', {
      hint: 'nothing was changed; try again',
    });
  }
}

function eventsOf<T>(event: EventOf<T>, result: T): readonly AuditEvent[] {
  if (event === null) return [];
  return typeof event === 'function' ? event(result) : [event];
}

/**
 * Runs the work of a change.
 * @returns undefined if it failed on records of which another change had written only a part: it has to run again
 */
async function prepareChange<T>(draft: Draft, work: (records: Records) => T | Promise<T>) {
  try {
    return { result: await work(draft), places: await draft.settle() };
  } catch (error) {
    if (await draft.isCurrent()) throw error;
    return undefined;
  }
}
