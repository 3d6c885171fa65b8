/** Milliseconds between two reports of the same standstill, at most. */
const REPORT_EVERY_MS = 60_000;

/**
 * Decides, from looks at the event loop every now and then, when it is to be reported as stuck: first after `stuckAfterMs`,
 * then each time that the time has doubled, and at least every minute.
 *
 * A process that was suspended (a signal, a closed laptop) must not look stuck when it goes on. Then whoever looks has stood
 * still as well: a look that comes later than `stuckAfterMs` after the one before proves nothing.
 */
export class StuckDetector {
  readonly #stuckAfterMs: number;
  #beats = -1;
  #sequence = -1;
  #lookedAtMs = -Infinity;
  /** When the loop was last seen to have moved: it has stood still for no less than the time since. */
  #sinceMs = 0;
  #reportAfterMs = 0;

  constructor(stuckAfterMs: number) {
    this.#stuckAfterMs = stuckAfterMs;
  }

  /**
   * @param nowMs - Monotonic milliseconds of whoever looks.
   * @param beats - How often the event loop has come round so far.
   * @param sequence - Changes when a part of the graph gets the event loop, and when it gives it back.
   *
   * @returns for how long the loop has stood still, at least, if that is to be reported now.
   */
  look(nowMs: number, beats: number, sequence: number): number | undefined {
    const moved = beats !== this.#beats || sequence !== this.#sequence;
    const wasSuspended = nowMs - this.#lookedAtMs > this.#stuckAfterMs;
    this.#beats = beats;
    this.#sequence = sequence;
    this.#lookedAtMs = nowMs;
    if (moved || wasSuspended) {
      this.#sinceMs = nowMs;
      this.#reportAfterMs = this.#stuckAfterMs;
      return undefined;
    }
    const elapsedMs = nowMs - this.#sinceMs;
    if (elapsedMs < this.#reportAfterMs) return undefined;
    this.#reportAfterMs = elapsedMs + Math.min(elapsedMs, REPORT_EVERY_MS);
    return elapsedMs;
  }
}
