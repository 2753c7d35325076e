interface LineLimitOptions {
  readonly perSecond: number;
  /** Called at the end of each second in which lines were held back, with their number. */
  readonly onHeldBack: (count: number) => void;
}

/** Writes so many lines of a log a second. Others are held back and counted, so that the log tells that it is not complete. */
export class LineLimit {
  readonly #options: LineLimitOptions;
  #written = 0;
  #heldBack = 0;
  /** The timer of the present second; undefined if nothing was written in it. */
  #second: NodeJS.Timeout | undefined;

  constructor(options: LineLimitOptions) {
    this.#options = options;
  }

  /** Calls `write` unless the limit of this second is reached. */
  pass(write: () => void): void {
    if (this.#second === undefined) {
      this.#second = setTimeout(() => this.#end(), SECOND_MS);
      this.#second.unref();
    }
    if (this.#written >= this.#options.perSecond) {
      this.#heldBack += 1;
      return;
    }
    this.#written += 1;
    write();
  }

  /** Ends the present second, so that its held-back lines are told of before the log ends. */
  close(): void {
    clearTimeout(this.#second);
    this.#end();
  }

  #end(): void {
    const heldBack = this.#heldBack;
    this.#second = undefined;
    this.#written = 0;
    this.#heldBack = 0;
    if (heldBack > 0) this.#options.onHeldBack(heldBack);
  }
}

const SECOND_MS = 1_000;
