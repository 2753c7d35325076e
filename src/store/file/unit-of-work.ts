import { KeywrightError } from '../../core/model/errors.js';
import type { AuditActor, AuditEvent, AuditLog } from '../../core/ports/audit-log.js';
import type { Licence } from '../../core/ports/licence.js';
import type { Records, UnitOfWork } from '../../core/ports/unit-of-work.js';
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

  async change<T>(event: AuditEvent | null, work: (records: Records) => T | Promise<T>): Promise<T> {
    const { store, audit, licence } = this.#options;
    await store.prepare();
    const record = (write: () => Promise<void>) => (event === null ? write() : audit.record(event, write));
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const draft = new Draft(store.files);
      const prepared = await prepareChange(draft, work);
      if (prepared === undefined) continue;
      const { result, places } = prepared;
      if (places.length === 0) return result;
      const commit = () => store.commit(places, record);
      if (await (draft.takesSeat ? licence.takeSeat(commit) : commit())) return result;
    }
    throw new KeywrightError('store-busy', 'others change the same records all the time', {
      hint: 'nothing was changed; try again',
    });
  }
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
