interface LineLimitOptions {
  readonly perSecond: number;
  /** Is told once a second how many lines were held back in it, unless none were. */
  readonly onHeldBack: (count: number) => void;
}

/** So many lines of a log a second; what is more is counted, so that whoever reads the log knows that it is not all. */
export class LineLimit {
  readonly #options: LineLimitOptions;
  #written = 0;
  #heldBack = 0;
  /** Runs while there is a second in which something was written. */
  #second: NodeJS.Timeout | undefined;

  constructor(options: LineLimitOptions) {
    this.#options = options;
  }

  /** Calls `write`, unless enough was written in this second. */
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

  /** Ends the second at once, so that what was held back in it is told of before the log ends. */
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
