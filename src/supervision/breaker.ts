import { RestartWindow } from './restart-window.ts';

/** When to leave a child alone that keeps failing, and for how long. */
export interface BreakerSettings {
  /** Failures within `periodMs` that open it. */
  readonly maxFailures: number;
  readonly periodMs: number;
  /** How long it stays open, in milliseconds, before the child is tried again. */
  readonly resetTimeoutMs: number;
}

/** Closed: failures lead to restarts. Open: nothing is started for a while. Half-open: one start is tried. */
export type BreakerState = 'closed' | 'open' | 'halfOpen';

/**
 * A circuit breaker before one child. Closed: failures lead to restarts. Open: nothing is started for a while. Half-open: one
 * start is under way, which closes it again, or opens it for as long again.
 *
 * Source: Akka `CircuitBreaker`. Differs: it is about starts, not calls; failures count within a period, not in a row, because
 * between two failures of an actor there is no single success to speak of.
 */
export class Breaker {
  readonly #settings: BreakerSettings;
  #state: BreakerState = 'closed';
  #failures: RestartWindow;

  constructor(settings: BreakerSettings) {
    this.#settings = settings;
    this.#failures = newWindow(settings);
  }

  get state(): BreakerState {
    return this.#state;
  }

  /**
   * The child has failed at `nowMs` (monotonic), or could not start.
   *
   * @returns for how many milliseconds it must be left alone, because the breaker has opened; undefined: it is closed.
   */
  failed(nowMs: number): number | undefined {
    if (this.#state === 'closed' && this.#failures.record(nowMs) === 'restart') return undefined;
    this.#state = 'open';
    return this.#settings.resetTimeoutMs;
  }

  /** A start is under way. @returns whether that makes it half-open. */
  starting(): boolean {
    if (this.#state !== 'open') return false;
    this.#state = 'halfOpen';
    return true;
  }

  /** The child runs. @returns whether that closes the breaker. */
  started(): boolean {
    return this.#state !== 'closed' && this.reset();
  }

  /** Forgets everything. @returns whether that closes the breaker. */
  reset(): boolean {
    const wasClosed = this.#state === 'closed';
    this.#state = 'closed';
    this.#failures = newWindow(this.#settings);
    return !wasClosed;
  }
}

function newWindow({ maxFailures, periodMs }: BreakerSettings): RestartWindow {
  return new RestartWindow({ maxRestarts: maxFailures - 1, periodMs });
}
