import { addTo, type Aggregate, detachedKey } from './aggregate.ts';

/**
 * The aggregates of all keys: what an actor would keep in its state if that were not copied at every commit.
 *
 * They live beside the state and follow it. A turn stages its changes here under the number of its batch, and counts its
 * batches in the state, which a commit keeps and a failure rolls back. Whoever looks next compares the two: if the state
 * has come to count the staged batch, its changes are real, and if not, they never happened. So a turn costs what it
 * changes and not what there is, and the totals are as atomic as the state itself.
 *
 * Measured with 1 GiB, 18 million records, two cores of a server: 1.6 million records a second with 100 keys and 0.6
 * million with 100,000, where a look into a Map that outgrows the processor's caches takes 0.5 µs. A Map in the state
 * would be copied at each of 70,000 turns: 0.02 ms with 100 keys, 50 ms with 100,000, an hour in all.
 */
export class Totals {
  readonly #settled = new Map<string, Aggregate>();
  #staged = new Map<string, Aggregate>();
  #stagedBatch = 0;

  /**
   * Makes the staged changes real, or forgets them if their turn was rolled back; then begins the next batch.
   *
   * @param batchesCommitted - The batches that the state counts at the beginning of the turn.
   */
  begin(batchesCommitted: number): void {
    if (this.#stagedBatch <= batchesCommitted) this.#settle();
    this.#staged = new Map();
    this.#stagedBatch = batchesCommitted + 1;
  }

  /** Adds `value` to the aggregate of `key`, as part of the batch that was begun. */
  add(key: string, value: number): void {
    this.#staged.set(key, addTo(this.#staged.get(key) ?? this.#settled.get(key), value));
  }

  /** The aggregate of each key, as last settled. */
  get aggregates(): ReadonlyMap<string, Aggregate> {
    return this.#settled;
  }

  #settle(): void {
    for (const [key, aggregate] of this.#staged) {
      this.#settled.set(this.#settled.has(key) ? key : detachedKey(key), aggregate);
    }
  }
}
