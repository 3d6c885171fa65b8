import type { DeadLetter, NewDeadLetter } from '../actor/dead-letter.ts';
import type { DeadLetterSink } from '../actor/runtime.ts';
import { Ring } from '../channel/ring.ts';

export interface DeadLetterStoreOptions {
  /** Greatest number of dead letters kept. */
  readonly capacity: number;
  /** What happens when it is full: the actor that has one more waits (`block`), or the oldest goes (`evict`). */
  readonly whenFull: 'block' | 'evict';
}

/** Parts of the capacity at which the store says that it fills. */
const WARNED_AT = [0.8, 1];

/** The dead letters of a graph: a bounded channel that every actor writes to and nobody reads but the operator. */
export class DeadLetterStore implements DeadLetterSink {
  readonly ring: Ring;
  readonly #whenFull: 'block' | 'evict';
  readonly #added: (letter: DeadLetter) => void;
  readonly #filling: (size: number, capacity: number) => void;
  #ids = 0;
  #evicted = 0;
  /** Set in a shutdown: what is left in the channels must go somewhere. */
  unbounded = false;

  constructor(
    options: DeadLetterStoreOptions,
    added: (letter: DeadLetter) => void,
    filling: (size: number, capacity: number) => void,
  ) {
    this.ring = new Ring('dead letters', options.capacity);
    this.#whenFull = options.whenFull;
    this.#added = added;
    this.#filling = filling;
  }

  get evicted(): number {
    return this.#evicted;
  }

  /** All letters ever. */
  get total(): number {
    return this.#ids;
  }

  hasRoomFor(count: number): boolean {
    if (this.unbounded || this.#whenFull === 'evict') return true;
    const { size, capacity } = this.ring;
    // More than the capacity at once never fits: the empty store takes it rather than block for ever.
    return size + count <= capacity || (size === 0 && count > capacity);
  }

  add(letter: NewDeadLetter): void {
    const { ring } = this;
    this.#ids += 1;
    const numbered = { id: this.#ids, ...letter };
    const evicts = this.#whenFull === 'evict' && !this.unbounded && ring.size >= ring.capacity;
    if (evicts) {
      ring.drop(1);
      ring.taken += 1;
      this.#evicted += 1;
    }
    ring.push(numbered);
    this.#added(numbered);
    if (evicts) return; // it was full before, and has said so
    if (WARNED_AT.some((part) => ring.size === Math.ceil(ring.capacity * part)))
      this.#filling(ring.size, ring.capacity);
  }

  list(): DeadLetter[] {
    // Only `add` puts anything in.
    return Array.from({ length: this.ring.size }, (_, offset) => this.ring.at(offset) as DeadLetter);
  }

  /** Removes the letters for which `matches` is true. @returns how many there were. */
  discard(matches: (letter: DeadLetter) => boolean): number {
    const { ring } = this;
    // Asked about all of them before any goes: `matches` may throw.
    const matching = this.list().flatMap((letter, offset) => (matches(letter) ? [offset] : []));
    ring.removeAll(matching);
    ring.taken += matching.length;
    if (matching.length > 0) ring.roomAppeared();
    return matching.length;
  }
}
