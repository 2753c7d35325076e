import type { PageQuery, PlaceInOrder, RecordOrder } from './key-store.js';

const BY_ID: RecordOrder<unknown> = { of: () => 0, isDescending: false };
// Sorting a few more at once takes less time than sorting for each.
const LEAST_SPARE = 100;

interface Candidate<T> extends PlaceInOrder {
  readonly record: T;
}

/** Picks a page out of records that come in any order. It keeps little more than the page. */
export class PagePicker<T extends { readonly id: string }> {
  readonly #order: RecordOrder<T>;
  readonly #limit: number;
  readonly #after: PlaceInOrder | undefined;
  #candidates: Candidate<T>[] = [];
  /** What comes after this one is not on the page. */
  #last: PlaceInOrder | undefined;

  constructor({ order = BY_ID, limit = Number.POSITIVE_INFINITY, after }: PageQuery<T>) {
    this.#order = order;
    this.#limit = limit;
    this.#after = order.after ?? (after === undefined ? undefined : { value: 0, id: after });
  }

  offer(record: T): void {
    const place = { value: this.#order.of(record), id: record.id, record };
    if (this.#after !== undefined && this.#compare(place, this.#after) <= 0) return;
    if (this.#last !== undefined && this.#compare(place, this.#last) > 0) return;
    this.#candidates.push(place);
    if (this.#candidates.length >= this.#limit + Math.max(this.#limit, LEAST_SPARE)) this.#cut();
  }

  /** The id of the record that ends the page unless others come; undefined if the page is not full. */
  get lastId(): string | undefined {
    return this.#last?.id;
  }

  page(): T[] {
    this.#cut();
    return this.#candidates.map(({ record }) => record);
  }

  #cut(): void {
    const inOrder = this.#candidates.sort((one, other) => this.#compare(one, other));
    this.#candidates = inOrder.slice(0, this.#limit);
    if (this.#candidates.length === this.#limit) this.#last = this.#candidates.at(-1);
  }

  #compare(one: PlaceInOrder, other: PlaceInOrder): number {
    const forward = one.value - other.value || (one.id === other.id ? 0 : one.id < other.id ? -1 : 1);
    return this.#order.isDescending ? -forward : forward;
  }
}
