/** What is counted of one actor, over all its incarnations. */
export class ActorCounters {
  /** Committed turns. */
  turns = 0;
  failures = 0;
  restarts = 0;
  busyMs = 0;
  /** Times from a failure to the next committed turn. */
  recoveries = 0;
  recoveryLastMs = 0;
  recoveryMaxMs = 0;
  recoveryTotalMs = 0;
  #failedAtMs: number | undefined;

  /** A failure at `nowMs`; the first since the last committed turn starts the clock. */
  failed(nowMs: number): void {
    this.failures += 1;
    this.#failedAtMs ??= nowMs;
  }

  /** A turn has committed at `nowMs`. */
  recovered(nowMs: number): void {
    if (this.#failedAtMs === undefined) return;
    const tookMs = nowMs - this.#failedAtMs;
    this.#failedAtMs = undefined;
    this.recoveries += 1;
    this.recoveryLastMs = tookMs;
    this.recoveryMaxMs = Math.max(this.recoveryMaxMs, tookMs);
    this.recoveryTotalMs += tookMs;
  }
}
