// What one addition moves at most; a run that is longer becomes two.
const LONGEST_RUN = 1_000;

/** Ids in their order, in runs: one more or one less moves few others. */
export class SortedIds {
  /** None is empty, unless it is the only one. */
  readonly #runs: string[][] = [[]];

  /** Adds an id, unless it is there. */
  add(id: string): void {
    const [index, run] = this.#runOf(id);
    const place = firstFrom(run, id);
    if (run[place] === id) return;
    run.splice(place, 0, id);
    if (run.length > LONGEST_RUN) this.#runs.splice(index + 1, 0, run.splice(LONGEST_RUN / 2));
  }

  delete(id: string): void {
    const [index, run] = this.#runOf(id);
    const place = firstFrom(run, id);
    if (run[place] !== id) return;
    run.splice(place, 1);
    if (run.length === 0 && this.#runs.length > 1) this.#runs.splice(index, 1);
  }

  /** Some ids that come next after one, or after none (`''`); none if it was the last. */
  after(id: string): readonly string[] {
    const [index, run] = this.#runOf(id);
    const rest = run.slice(firstFrom(run, `${id}\0`));
    return rest.length > 0 ? rest : (this.#runs[index + 1]?.slice() ?? []);
  }

  /** The run that an id is in, or would be in: the last that begins with it or before. */
  #runOf(id: string): [index: number, run: string[]] {
    let [low, high] = [0, this.#runs.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#runs[middle]?.[0] ?? '') <= id) low = middle;
      else high = middle - 1;
    }
    return [low, this.#runs[low] ?? []];
  }
}

/** The place of the first id that is not before this one. */
function firstFrom(run: readonly string[], id: string): number {
  let [low, high] = [0, run.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((run[middle] ?? '') < id) low = middle + 1;
    else high = middle;
  }
  return low;
}
