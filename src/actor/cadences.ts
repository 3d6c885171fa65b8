import type { Runtime } from './runtime.ts';
import { BeatCondition } from './timed-conditions.ts';

/** The fixed cadences of one actor, one for each period. They outlive its incarnations. */
export class Cadences {
  readonly #runtime: Runtime;
  readonly #wake: () => void;
  #beats: Map<number, BeatCondition> | undefined;
  /** Set up by the present turn: gone again if it is rolled back. */
  readonly #fresh: BeatCondition[] = [];

  constructor(runtime: Runtime, wake: () => void) {
    this.#runtime = runtime;
    this.#wake = wake;
  }

  every(periodMs: number): BeatCondition {
    const known = this.#beats?.get(periodMs);
    if (known !== undefined) return known;
    const beat = new BeatCondition(periodMs, this.#runtime.clock, this.#runtime.timers, this.#wake);
    this.#beats ??= new Map();
    this.#beats.set(periodMs, beat);
    this.#fresh.push(beat);
    return beat;
  }

  committed(): void {
    this.#fresh.length = 0;
  }

  rolledBack(): void {
    for (const beat of this.#fresh.splice(0)) {
      beat.stop();
      this.#beats?.delete(beat.periodMs);
    }
  }

  stop(): void {
    if (this.#beats === undefined) return;
    for (const beat of this.#beats.values()) beat.stop();
    this.#beats = undefined;
  }
}
