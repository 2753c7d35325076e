import { createHash } from 'node:crypto';
import { link, lstat, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { KeywrightError } from '../core/model/errors.js';
import { createFile, type FileContent, readOptional, syncDirectory } from '../disk/durable-file.js';
import { ioError, systemCode } from '../disk/io-error.js';
import { inStaging, STAGING_LOCK } from '../disk/staging.js';
import { checkPlace, placeFile } from './place-file.js';
import { heldSignals } from './signals.js';

/** A file that a command hands over. */
export type OutputFile = readonly [path: string, content: FileContent];

export interface OutputOptions {
  /** How the paths of all files begin. */
  readonly prefix: string;
  /** What is the same in the same command given again: its name, its arguments, its flags. */
  readonly command: unknown;
  /**
   * Tells if what the files are for was done, by the claim that was kept with them.
   * @throws KeywrightError if that cannot be found out
   */
  isDone(claim: string): Promise<boolean>;
}

/** What a killed command leaves beside its files: they are handed over if the thing was done, else removed. */
interface Plan {
  readonly command: string;
  readonly claim: string;
  readonly files: readonly string[];
}

const PLAN = 'plan.json';

/**
 * The files that one command hands over. They are written into a directory beside their places, `.PREFIX.keywright`, and
 * get their places when what they are for is done: until then the former files stay as they are. A place that is free they
 * have before, by a second link, so that nobody can be registered without them. One command at a time
 * uses a prefix. A command that is killed leaves the directory; the next one for that prefix finishes what was done, and
 * removes what was not.
 */
export class OutputFiles {
  readonly #options: OutputOptions;
  readonly #command: string;
  readonly #directory: string;
  readonly #staged: string[] = [];

  constructor(options: OutputOptions) {
    const { prefix, command } = options;
    this.#options = options;
    this.#command = createHash('sha256').update(JSON.stringify(command)).digest('hex');
    this.#directory = join(dirname(prefix), `.${basename(prefix)}.keywright`);
  }

  /**
   * Runs `work` as the only command that hands over files of this prefix. If the same command was killed after its work
   * was done, its files get their places, and `done` runs instead.
   * @param first the first of the files, which an error names
   * @throws KeywrightError `io`, `store-busy`
   */
  async exclusively<T>(
    first: string,
    { done, work }: { done: () => Promise<T>; work: (stop: AbortSignal) => Promise<T> },
  ): Promise<T> {
    return heldSignals((stop) =>
      inStaging(this.#directory, { first, stop }, async () => ((await this.#resume()) ? done() : work(stop))),
    );
  }

  /** Writes files beside their places. @throws KeywrightError `io`; then nothing is left of them */
  async stage(files: readonly OutputFile[]): Promise<void> {
    for (const [path, { data, mode }] of files) {
      this.#staged.push(basename(path));
      try {
        await checkPlace(path);
        await createFile(join(this.#directory, basename(path)), { data, mode });
      } catch (error) {
        await this.discard();
        throw error instanceof KeywrightError && error.cause === undefined
          ? error
          : ioError('write', path, error instanceof KeywrightError ? error.cause : error);
      }
    }
  }

  /** Keeps with the files what they are for. From then on `isDone` decides about them. @throws KeywrightError `io` */
  async seal(claim: string): Promise<void> {
    const plan: Plan = { command: this.#command, claim, files: this.#staged };
    try {
      await createFile(join(this.#directory, PLAN), { data: JSON.stringify(plan), mode: 0o600 });
      await syncDirectory(this.#directory);
      // A place that is taken, and a file system without links, wait.
      for (const name of this.#staged)
        await link(this.#stagedAt(name), this.#placeOf(name)).catch(() => undefined);
      await syncDirectory(dirname(this.#directory));
    } catch (error) {
      if (!(await this.discard())) throw ioError('write', this.#directory, error);
    }
  }

  /** Gives the files their places. @throws KeywrightError `io` that says where they are */
  async place(): Promise<void> {
    try {
      for (const name of this.#staged) await this.#place(name);
    } catch (error) {
      throw new KeywrightError('io', error instanceof Error ? error.message : String(error), {
        hint: `what the files are for is done, and they are in ${this.#directory}: give the same command again to finish`,
        cause: error,
      });
    }
    await syncDirectory(dirname(this.#directory)).catch(() => undefined);
    await this.#clear();
  }

  /**
   * Removes the files, unless what they are for was done.
   * @returns true if it was done, and the files got their places
   */
  async discard(): Promise<boolean> {
    const plan = await this.#plan().catch(() => undefined);
    const isDone = plan !== undefined && (await this.#options.isDone(plan.claim));
    await (isDone ? this.place() : this.#clear());
    return isDone;
  }

  /** @returns true if what this very command is for was done by one that was killed */
  async #resume(): Promise<boolean> {
    const plan = await this.#plan();
    if (plan === undefined || !(await this.#options.isDone(plan.claim))) {
      await this.#clear();
      return false;
    }
    this.#staged.push(...plan.files);
    await this.place();
    this.#staged.length = 0;
    return plan.command === this.#command;
  }

  async #place(name: string): Promise<void> {
    const staged = this.#stagedAt(name);
    if (await isSameFile(staged, this.#placeOf(name))) return rm(staged);
    const isThere = await lstat(staged).then(
      () => true,
      (error) => {
        if (systemCode(error) === 'ENOENT') return false;
        throw ioError('read', staged, error);
      },
    );
    if (isThere) await placeFile(staged, this.#placeOf(name));
  }

  #stagedAt(name: string): string {
    return join(this.#directory, name);
  }

  #placeOf(name: string): string {
    return join(dirname(this.#directory), name);
  }

  /** The plan of a killed command; undefined if there is none, or if it was killed before its plan was whole. */
  async #plan(): Promise<Plan | undefined> {
    const text = await readOptional(join(this.#directory, PLAN));
    try {
      const { command, claim, files } = JSON.parse(text ?? '');
      const isPlan = typeof claim === 'string' && Array.isArray(files) && files.every(isName);
      return isPlan ? { command: String(command), claim, files } : undefined;
    } catch {
      return undefined;
    }
  }

  // The plan goes last: as long as it is there, files that are missing have got their places.
  async #clear(): Promise<void> {
    const names = await readdir(this.#directory).catch(() => []);
    const others = names.filter((name) => name !== PLAN && name !== STAGING_LOCK);
    for (const name of others) {
      if (await isSameFile(this.#stagedAt(name), this.#placeOf(name)))
        await rm(this.#placeOf(name), { force: true }).catch(() => undefined);
    }
    for (const name of [...others, PLAN])
      await rm(join(this.#directory, name), { force: true, recursive: true }).catch(() => undefined);
    this.#staged.length = 0;
  }
}

/** Tells if two paths are links to one file. */
async function isSameFile(one: string, other: string): Promise<boolean> {
  try {
    const [first, second] = await Promise.all([lstat(one), lstat(other)]);
    return first.ino === second.ino && first.dev === second.dev;
  } catch {
    return false;
  }
}

function isName(name: unknown): boolean {
  return typeof name === 'string' && name !== '..' && name !== '.' && basename(name) === name;
}
