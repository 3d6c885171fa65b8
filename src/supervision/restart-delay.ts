import { backoffDelayMs } from '../actor/backoff.ts';
import type { Backoff } from '../actor/settings.ts';
import type { Random } from '../ports/random.ts';

/** The delays before the restarts of one child: each longer than the one before, until it has lasted for a while. */
export class RestartDelay {
  #failuresInARow = 0;
  /** Since when it has not failed: since it came up after its last failure. */
  #quietSinceMs = Infinity;

  /** The child runs at `nowMs` (monotonic). */
  started(nowMs: number): void {
    this.#quietSinceMs = Math.min(this.#quietSinceMs, nowMs);
  }

  /** The delay after a failure at `nowMs` (monotonic), in milliseconds. */
  next(backoff: Backoff, nowMs: number, random: Random): number {
    if (nowMs - this.#quietSinceMs >= backoff.resetAfterMs) this.#failuresInARow = 0;
    this.#quietSinceMs = Infinity;
    this.#failuresInARow += 1;
    return backoffDelayMs(backoff, this.#failuresInARow - 1, random);
  }
}
