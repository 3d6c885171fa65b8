import type { Random } from '../ports/random.ts';

/** A reproducible sequence. Source of the generator: Mulberry32 by Tommy Ettinger, public domain. */
export class SeededRandom implements Random {
  #state: number;

  /** @param seed - An integer; only its lowest 32 bits count. */
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** An integer in `[0, below)`. */
  integer(below: number): number {
    return Math.floor(this.next() * below);
  }
}
