export interface RestartWindowOptions {
  readonly maxRestarts: number;
  readonly periodMs: number;
  readonly resetAfterMs?: number;
}

/**
 * Counts restarts in a sliding window.
 *
 * Source: Erlang/OTP `supervisor`, restart intensity and period. Differs: milliseconds, not seconds.
 */
export class RestartWindow {
  readonly #maxRestarts: number;
  readonly #periodMs: number;
  readonly #resetAfterMs: number;
  /** Times of the restarts within the period, oldest first; `maxRestarts + 1` at the most. */
  #times: number[] = [];

  /** @param options - After `resetAfterMs` without a restart all earlier ones are forgotten. Default: never. */
  constructor(options: RestartWindowOptions) {
    this.#maxRestarts = options.maxRestarts;
    this.#periodMs = options.periodMs;
    this.#resetAfterMs = options.resetAfterMs ?? Infinity;
  }

  /**
   * Records a restart at `nowMs` and says whether the supervisor may restart or must escalate.
   *
   * Escalates when MORE THAN `maxRestarts` restarts fall within `periodMs`, so 0 escalates the first crash. A restart
   * exactly `periodMs` old still counts.
   *
   * @param nowMs - Monotonic milliseconds. A wall clock that steps back would forgive a crash loop.
   */
  record(nowMs: number): 'restart' | 'escalate' {
    if (this.#maxRestarts === Infinity) return 'restart';
    this.#forget(nowMs);
    this.#times.push(nowMs);
    if (this.#times.length > this.#maxRestarts + 1) this.#times.shift(); // whoever goes on regardless
    return this.#times.length > this.#maxRestarts ? 'escalate' : 'restart';
  }

  /** When the restarts were that were last found within the period, oldest first. */
  get times(): readonly number[] {
    return [...this.#times];
  }

  /** How many restarts fall within the period that ends at `nowMs`; `maxRestarts + 1` stands for more as well. */
  count(nowMs: number): number {
    this.#forget(nowMs);
    return this.#times.length;
  }

  #forget(nowMs: number): void {
    const last = this.#times.at(-1);
    if (last === undefined) return;
    const isQuiet = nowMs - last >= this.#resetAfterMs;
    if (isQuiet) this.#times = [];
    // Only the oldest are looked at: there may be as many as the limit allows, at each restart.
    const kept = this.#times.findIndex((time) => nowMs - time <= this.#periodMs);
    if (kept !== 0) this.#times.splice(0, kept < 0 ? this.#times.length : kept);
  }
}
