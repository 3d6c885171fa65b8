import type { FailureRecord } from '../base/errors.ts';
import { RestartWindow, type RestartWindowOptions } from './restart-window.ts';

/** One failure of one child. */
export interface ChildFailure extends FailureRecord {
  /** The child's id. */
  readonly child: string;
}

/** How many failures are kept for the report, should the limit be exceeded. */
const FAILURES_KEPT_MAX = 20;

/** So many restarts within such a time, and what they were for. */
export class RestartLimit {
  readonly maxRestarts: number;
  readonly periodMs: number;
  readonly #window: RestartWindow;
  #failures: ChildFailure[] = [];

  constructor(options: RestartWindowOptions) {
    this.maxRestarts = options.maxRestarts;
    this.periodMs = options.periodMs;
    this.#window = new RestartWindow(options);
  }

  /**
   * Keeps a failure for the report and, if it counts, records a restart at `nowMs` (monotonic).
   *
   * @returns whether the limit is exceeded. Where there is none, nothing is kept.
   */
  record(failure: ChildFailure, counts: boolean, nowMs: number): boolean {
    if (this.maxRestarts === Infinity) return false;
    if (this.#failures.length === FAILURES_KEPT_MAX) this.#failures.shift();
    this.#failures.push(failure);
    return counts && this.#window.record(nowMs) === 'escalate';
  }

  /** How many restarts fall within the period that ends at `nowMs`; 0 where there is no limit. */
  count(nowMs: number): number {
    return this.#window.count(nowMs);
  }

  /** The latest failures, oldest first, 20 at the most. */
  get failures(): readonly ChildFailure[] {
    return [...this.#failures];
  }

  /** When the restarts within the period were, oldest first, in monotonic milliseconds. */
  get restartsMs(): readonly number[] {
    return this.#window.times;
  }
}
