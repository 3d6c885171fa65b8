/**
 * Counts restarts in a sliding window.
 *
 * Source: Erlang/OTP `supervisor`, restart intensity and period. Differs: milliseconds, not seconds.
 */
export class RestartWindow {
  readonly #maxRestarts: number;
  readonly #periodMs: number;
  /** Times of the restarts within the period, oldest first; `maxRestarts + 1` at the most. */
  #times: number[] = [];

  constructor(options: { readonly maxRestarts: number; readonly periodMs: number }) {
    this.#maxRestarts = options.maxRestarts;
    this.#periodMs = options.periodMs;
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
    this.#forgetBefore(nowMs - this.#periodMs);
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
    this.#forgetBefore(nowMs - this.#periodMs);
    return this.#times.length;
  }

  #forgetBefore(atMs: number): void {
    this.#times = this.#times.filter((time) => time >= atMs);
  }
}
