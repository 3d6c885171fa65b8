/**
 * A bounded first-in first-out ring over one array: the least that any channel has to do.
 *
 *     items   [ c | d | . | . | a | b ]      head = 4, count = 4: takes a, b, c, d
 *
 * `capacity` is a power of two, so that an index wraps with a mask. The caller asks `isFull` before `put` and `isEmpty`
 * before `take`; the ring does not check again.
 */
export class Ring<T> {
  readonly #items: T[];
  readonly #mask: number;
  #head = 0;
  #count = 0;

  constructor(capacity: number, filler: T) {
    if (capacity < 1 || (capacity & (capacity - 1)) !== 0) {
      throw new RangeError(`capacity must be a power of two, got ${capacity}`);
    }
    this.#items = new Array<T>(capacity).fill(filler);
    this.#mask = capacity - 1;
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  get isFull(): boolean {
    return this.#count > this.#mask;
  }

  get room(): number {
    return this.#mask + 1 - this.#count;
  }

  put(item: T): void {
    this.#items[(this.#head + this.#count) & this.#mask] = item;
    this.#count += 1;
  }

  take(): T {
    // In bounds and present: the mask keeps the index inside, and the caller has seen that the ring is not empty.
    const item = this.#items[this.#head] as T;
    this.#head = (this.#head + 1) & this.#mask;
    this.#count -= 1;
    return item;
  }

  /** The caller has made sure that there is room. */
  putMany(items: readonly T[]): void {
    const slots = this.#items;
    const mask = this.#mask;
    const tail = this.#head + this.#count;
    for (let place = 0; place < items.length; place += 1) slots[(tail + place) & mask] = items[place] as T;
    this.#count += items.length;
  }

  /** Up to `max` items, in order. */
  takeMany(max: number): T[] {
    const count = Math.min(max, this.#count);
    const slots = this.#items;
    const from = this.#head;
    const beyond = from + count - slots.length;
    this.#head = (from + count) & this.#mask;
    this.#count -= count;
    return beyond <= 0 ? slots.slice(from, from + count) : slots.slice(from).concat(slots.slice(0, beyond));
  }
}
