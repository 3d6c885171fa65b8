import type { LoweredLimit } from '../actor/child-policies.ts';
import { BY_IDENTITY } from '../base/plain-data.ts';
import { type ShrinkingLimitOptions, shrinkingLimitSettings } from './child-parts.ts';
import { RestartWindow } from './restart-window.ts';

/** A limit that failures lower, step by step, and that quiet times restore. */
export interface ShrinkingLimitSettings {
  /** The limit as it is meant to be. */
  readonly full: number;
  /** It is never lower than this. */
  readonly min: number;
  /** Each step down multiplies it by this: between 0 and 1. */
  readonly factor: number;
  /** So many failures within `withinMs` are one step down. */
  readonly failures: number;
  readonly withinMs: number;
  /** So long without a failure is one step up, and so long again another. */
  readonly restoreAfterMs: number;
}

/**
 * A limit that a supervisor lowers while failures come and restores when they cease, such as the greatest position while an
 * exchange fails. It has no timer: what it is follows from the time at which it is asked.
 */
export class ShrinkingLimit implements LoweredLimit {
  static {
    // A limit given as an argument, kept in state or sent in a message is neither copied nor frozen.
    Object.defineProperty(ShrinkingLimit.prototype, BY_IDENTITY, { value: true });
  }

  readonly kind = 'shrinkingLimit';
  readonly #settings: ShrinkingLimitSettings;
  #failures: RestartWindow;
  #steps = 0;
  /** From when on the quiet time counts. */
  #quietSinceMs = 0;

  /** @internal */
  constructor(settings: ShrinkingLimitSettings) {
    this.#settings = settings;
    this.#failures = newWindow(settings);
  }

  /** The limit at `nowMs`: monotonic milliseconds, as `ctx.nowMs()` in a turn of the graph whose children lower it. */
  valueAt(nowMs: number): number {
    return this.#valueOf(this.#stepsAt(nowMs));
  }

  /** How many steps it is below its full value at `nowMs`. */
  #stepsAt(nowMs: number): number {
    const restored = Math.floor((nowMs - this.#quietSinceMs) / this.#settings.restoreAfterMs);
    return Math.max(0, this.#steps - restored);
  }

  #valueOf(steps: number): number {
    const { full, min, factor } = this.#settings;
    return Math.max(min, full * factor ** steps);
  }

  /** @internal Something failed at `nowMs`. @returns whether the limit is lower now than a moment ago. */
  failed(nowMs: number): boolean {
    const before = this.#stepsAt(nowMs);
    this.#steps = before;
    this.#quietSinceMs = nowMs;
    if (this.#failures.record(nowMs) === 'restart') return false;
    this.#failures = newWindow(this.#settings);
    if (this.#valueOf(before) === this.#valueOf(before + 1)) return false; // as low as it gets: the way up must not be longer
    this.#steps = before + 1;
    return true;
  }
}

/**
 * Makes a limit for the option `lowers` of children: each failure of theirs lowers it, quiet times restore it. Whoever
 * goes by it has it as an argument and asks for `limit.valueAt(ctx.nowMs())`.
 *
 * @throws HoldfastError `ERR_INVALID_OPTION`.
 */
export function shrinkingLimit(options: ShrinkingLimitOptions): ShrinkingLimit {
  return new ShrinkingLimit(shrinkingLimitSettings('shrinkingLimit', options));
}

function newWindow({ failures, withinMs }: ShrinkingLimitSettings): RestartWindow {
  return new RestartWindow({ maxRestarts: failures - 1, periodMs: withinMs });
}
