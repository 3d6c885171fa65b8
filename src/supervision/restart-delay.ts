import { backoffDelayMs } from '../actor/backoff.ts';
import type { Backoff } from '../actor/settings.ts';
import type { Random } from '../ports/random.ts';

/** The delays before the restarts of one child: each longer than the one before, until it has lasted for a while. */
export class RestartDelay {
  #failuresInARow = 0;
  #lastFailureMs = -Infinity;

  /** The delay after a failure at `nowMs` (monotonic), in milliseconds. */
  next(backoff: Backoff, nowMs: number, random: Random): number {
    if (nowMs - this.#lastFailureMs >= backoff.resetAfterMs) this.#failuresInARow = 0;
    this.#lastFailureMs = nowMs;
    this.#failuresInARow += 1;
    return backoffDelayMs(backoff, this.#failuresInARow - 1, random);
  }
}
