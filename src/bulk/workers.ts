import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { AuthorityKeys } from '../ca/read-authority.js';
import type { Bundled, MakeTask, Task, WorkerData, WriteTask } from './task.js';

export interface WorkersOptions {
  readonly count: number;
  readonly authority: AuthorityKeys;
  /** The program of the threads. */
  readonly program?: string | undefined;
}

interface Waiting {
  readonly task: Task;
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

const PROGRAM = join(__dirname, 'bulk-worker.cjs');

/**
 * Threads that make bundles and write files. The CA's key goes to them in memory. The task of a thread that dies is done once
 * more, by another.
 */
export class Workers {
  readonly #options: WorkersOptions;
  readonly #waiting: Waiting[] = [];
  readonly #idle: Worker[] = [];
  readonly #busy = new Map<Worker, Waiting>();
  #isClosed = false;

  constructor(options: WorkersOptions) {
    this.#options = options;
  }

  /** @returns for each client its bundle, or what two threads died of over it */
  async make(clients: MakeTask['clients']): Promise<readonly (Bundled | Error)[]> {
    const make = (some: MakeTask['clients']): Promise<Bundled[]> => this.#do({ do: 'make', clients: some });
    return make(clients).catch(() =>
      // One of them may be what the thread died of: the others are not to suffer for it.
      Promise.all(clients.map((client) => make([client]).then(([made]) => made as Bundled, asError))),
    );
  }

  /**
   * Writes files, before anything else is made. They get what is in them, but are not on the disk yet.
   * @returns for each what went wrong; undefined if nothing did
   */
  async write({ files, isAgain }: Omit<WriteTask, 'do'>): Promise<readonly (string | undefined)[]> {
    const write = (again: boolean): Promise<(string | undefined)[]> =>
      this.#do({ do: 'write', files, isAgain: again });
    return write(isAgain).catch(() => write(true));
  }

  /** Ends the threads, whatever they do. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const all = [...this.#idle, ...this.#busy.keys()];
    await Promise.all(all.map((worker) => worker.terminate()));
    for (const { reject } of this.#waiting.splice(0)) reject(new Error('the threads were ended'));
  }

  #do<T>(task: Task): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) return reject(new Error('the threads were ended'));
      const waiting: Waiting = { task, resolve: (answer) => resolve(answer as T), reject };
      if (task.do === 'write') this.#waiting.unshift(waiting);
      else this.#waiting.push(waiting);
      this.#dispatch();
    });
  }

  #dispatch(): void {
    while (this.#waiting.length > 0) {
      const isFull = this.#busy.size >= this.#options.count;
      const worker = this.#idle.pop() ?? (isFull || this.#isClosed ? undefined : this.#start());
      if (worker === undefined) return;
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#busy.set(worker, next);
      worker.postMessage(next.task);
    }
  }

  #start(): Worker {
    const { authority, program = PROGRAM } = this.#options;
    const data: WorkerData = {
      certificate: authority.certificate.toString(),
      privateKey: authority.privateKey,
    };
    // No other text of this process is the thread's: neither its arguments nor its variables.
    const worker = new Worker(program, { workerData: data, argv: [], env: {} });
    let trouble = new Error('the thread ended');
    worker.on('message', (answer: unknown) => {
      const done = this.#busy.get(worker);
      this.#busy.delete(worker);
      this.#idle.push(worker);
      done?.resolve(answer);
      this.#dispatch();
    });
    worker.on('error', (error) => {
      trouble = error;
    });
    worker.on('exit', () => this.#died(worker, trouble));
    return worker;
  }

  #died(worker: Worker, trouble: Error): void {
    const at = this.#idle.indexOf(worker);
    if (at >= 0) this.#idle.splice(at, 1);
    const lost = this.#busy.get(worker);
    this.#busy.delete(worker);
    lost?.reject(trouble);
    this.#dispatch();
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
