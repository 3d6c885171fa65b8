import { HoldfastError } from '../base/errors.ts';
import type { Ring, RingConsumer } from '../channel/ring.ts';

/** Reads a channel from outside the graph. A message counts as taken when it is handed over. */
export class OutsideReader<T> implements AsyncIterator<T>, RingConsumer {
  readonly #ring: Ring;
  readonly #left: () => void;
  #resolve: ((result: IteratorResult<T>) => void) | undefined;

  /** @param left - Called when the reader leaves: what is in the ring has to go somewhere. */
  constructor(ring: Ring, left: () => void) {
    this.#ring = ring;
    this.#left = left;
  }

  next(): Promise<IteratorResult<T>> {
    if (this.#resolve !== undefined) {
      const message = `channel "${this.#ring.name}" is read twice at the same time: await one next() before the other`;
      return Promise.reject(
        new HoldfastError('ERR_ALREADY_WAITING', message, { actor: 'a reader outside the graph', verb: 'next' }),
      );
    }
    const result = this.#poll();
    if (result !== undefined) return Promise.resolve(result);
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#ring.parked = true;
    });
  }

  return(): Promise<IteratorResult<T>> {
    this.#left();
    this.#ring.parked = false;
    this.#ring.abandon();
    this.#ring.roomAppeared();
    this.#resolve?.({ done: true, value: undefined });
    this.#resolve = undefined;
    return Promise.resolve({ done: true, value: undefined });
  }

  readable(): void {
    const resolve = this.#resolve;
    if (resolve === undefined) return;
    const result = this.#poll();
    if (result === undefined) return;
    this.#resolve = undefined;
    this.#ring.parked = false;
    resolve(result);
  }

  #poll(): IteratorResult<T> | undefined {
    const ring = this.#ring;
    if (ring.size > 0) {
      // What is in the ring was checked by the types of whoever sent it.
      const value = ring.at(0) as T;
      ring.taken += 1;
      ring.drop(1);
      if (ring.roomWanted) ring.roomAppeared();
      return { done: false, value };
    }
    return ring.closed || ring.abandoned ? { done: true, value: undefined } : undefined;
  }
}
