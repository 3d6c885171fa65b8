import { Fifo } from '../base/fifo.ts';

/** An actor in its place, as far as hibernation goes. */
export interface Sleeper {
  /** Goes to sleep, if it is at rest. @returns false if it is at work. */
  hibernate(wakes: number): boolean;
}

/**
 * Actors that may be awake though nothing has been heard of them since they woke. Few, so that what they are made of dies
 * young.
 */
const NEWCOMERS_MAX = 256;
/** Actors that may be awake because they were woken again soon: waking costs more than a turn. At 2,300 bytes each, 300 MB. */
const REGULARS_MAX = 131_072;

/** So many looks at the oldest for each that wakes, and for each that comes to rest while it is crowded. */
const LOOKS = 4;

/**
 * The handlers that are awake, in the order in which they woke. When there are too many, those that have been awake for longest
 * hibernate if they have nothing to do. Those that are at work then have their turn when they rest.
 *
 * A handler that is woken again soon after it went to sleep is a regular, and those have a line of their own: a walk through a
 * million actors, which each need one message handled, does not send the busy ones to sleep.
 *
 * Source of the two lines: 2Q, Johnson and Shasha 1994. Differs: how soon is counted in wake-ups, so no list is kept of those
 * who sleep.
 */
export class Roster {
  readonly #newcomers = new Fifo<Sleeper>();
  readonly #regulars = new Fifo<Sleeper>();
  #newcomersMax = NEWCOMERS_MAX;
  #regularsMax = REGULARS_MAX;
  #wakes = 0;

  /** For tests: how many may be awake. */
  limit(newcomersMax: number, regularsMax: number): void {
    this.#newcomersMax = newcomersMax;
    this.#regularsMax = regularsMax;
  }

  /** `sleeper` is awake. @param sleptAt - What it was given when it went to sleep; -1 if it never did. */
  woke(sleeper: Sleeper, sleptAt: number): void {
    this.#wakes += 1;
    if (sleptAt >= 0 && this.#wakes - sleptAt <= this.#regularsMax) {
      this.#admit(this.#regulars, this.#regularsMax, sleeper);
    } else {
      this.#admit(this.#newcomers, this.#newcomersMax, sleeper);
    }
  }

  /** Too many are awake: those that were to hibernate were at work. */
  get isCrowded(): boolean {
    return this.#newcomers.size > this.#newcomersMax || this.#regulars.size > this.#regularsMax;
  }

  /** Somebody has come to rest while it was crowded. */
  thinOut(): void {
    this.#thinOut(this.#newcomers, this.#newcomersMax);
    this.#thinOut(this.#regulars, this.#regularsMax);
  }

  #admit(line: Fifo<Sleeper>, max: number, sleeper: Sleeper): void {
    this.#thinOut(line, max - 1); // before it is there itself: it has still to find out what it was woken for
    line.push(sleeper);
  }

  #thinOut(line: Fifo<Sleeper>, max: number): void {
    for (let looks = 0; looks < LOOKS && line.size > max && line.size > 0; looks += 1) {
      const oldest = line.shift();
      if (!oldest.hibernate(this.#wakes)) line.push(oldest);
    }
  }
}
