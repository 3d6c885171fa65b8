import type { DegradationCause } from '../actor/events.ts';

/** From one level to another, and what caused it. Level 0 is the graph as it is meant to be. */
export interface LadderStep {
  readonly from: number;
  readonly to: number;
  readonly cause: DegradationCause;
}

/**
 * Decides how degraded a graph is, from what its triggers read.
 *
 * Down at once, to the deepest level of which a trigger fires: it has a threshold of its own, and that was passed. Up one
 * level at a time, when all triggers of the present level have been well below their thresholds for a while. So an input
 * that goes up and down faster than that changes nothing.
 */
export class DegradationLadder {
  readonly #below: number;
  readonly #afterMs: number;
  #level = 0;
  /** Since when all triggers of the present level have been calm; undefined while one of them is not. */
  #calmSinceMs: number | undefined;

  /**
   * @param recover - `below`: the part of its threshold below which a trigger is calm; `afterMs`: how long all of them must
   * have been.
   */
  constructor(recover: { readonly below: number; readonly afterMs: number }) {
    this.#below = recover.below;
    this.#afterMs = recover.afterMs;
  }

  get level(): number {
    return this.#level;
  }

  /**
   * Looks at what the triggers read at `nowMs`, and goes down, up one level, or nowhere.
   *
   * @param readings - Of the triggers of each level, level 1 first. The same triggers each time.
   * @param nowMs - Monotonic milliseconds.
   */
  check(readings: readonly (readonly DegradationCause[])[], nowMs: number): LadderStep | undefined {
    const deepest = readings.findLastIndex((triggers) => triggers.some(fires)) + 1;
    if (deepest > this.#level) return this.#goTo(deepest, worst(readings[deepest - 1]), readings, nowMs);
    const own = readings[this.#level - 1];
    if (own === undefined) return undefined;
    if (!this.#isCalm(own)) {
      this.#calmSinceMs = undefined;
      return undefined;
    }
    this.#calmSinceMs ??= nowMs;
    if (nowMs - this.#calmSinceMs < this.#afterMs) return undefined;
    return this.#goTo(this.#level - 1, worst(own), readings, nowMs);
  }

  /** Back to level 0, whatever the triggers read. */
  reset(cause: DegradationCause): LadderStep | undefined {
    if (this.#level === 0) return undefined;
    return this.#goTo(0, cause, [], 0);
  }

  #goTo(
    to: number,
    cause: DegradationCause,
    readings: readonly (readonly DegradationCause[])[],
    nowMs: number,
  ): LadderStep {
    const from = this.#level;
    this.#level = to;
    const own = readings[to - 1];
    this.#calmSinceMs = own !== undefined && this.#isCalm(own) ? nowMs : undefined;
    return { from, to, cause };
  }

  #isCalm(triggers: readonly DegradationCause[]): boolean {
    return triggers.every(({ value, limit }) => value < limit * this.#below);
  }
}

function fires({ value, limit }: DegradationCause): boolean {
  return value >= limit;
}

/** The trigger that is nearest to its threshold, or furthest beyond it. A level has at least one. */
function worst(triggers: readonly DegradationCause[] = []): DegradationCause {
  return triggers.reduce((most, each) => (each.value / each.limit > most.value / most.limit ? each : most));
}
