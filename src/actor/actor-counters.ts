/** What is counted of one actor, over all its incarnations. */
export class ActorCounters {
  /** Committed turns. */
  turns = 0;
  failures = 0;
  restarts = 0;
  busyMs = 0;
  /** Undefined for an actor that has never failed. */
  recoveries: RecoveryTimes | undefined;

  /** A failure at `nowMs`; the first since the last committed turn starts the clock. */
  failed(nowMs: number): void {
    this.failures += 1;
    this.recoveries ??= new RecoveryTimes();
    this.recoveries.failed(nowMs);
  }

  /** A turn has committed at `nowMs`. */
  recovered(nowMs: number): void {
    this.recoveries?.recovered(nowMs);
  }
}

/** Times from a failure to the next committed turn. */
export class RecoveryTimes {
  count = 0;
  lastMs = 0;
  maxMs = 0;
  totalMs = 0;
  #failedAtMs: number | undefined;

  failed(nowMs: number): void {
    this.#failedAtMs ??= nowMs;
  }

  recovered(nowMs: number): void {
    if (this.#failedAtMs === undefined) return;
    const tookMs = nowMs - this.#failedAtMs;
    this.#failedAtMs = undefined;
    this.count += 1;
    this.lastMs = tookMs;
    this.maxMs = Math.max(this.maxMs, tookMs);
    this.totalMs += tookMs;
  }
}
