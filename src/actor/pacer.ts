import type { Runtime } from './runtime.ts';
import { Timer } from './timer-queue.ts';

/** Keeps a source's steps, turns or pulls, as far apart as a degraded graph asks for. Counted from beginning to beginning. */
export class Pacer {
  readonly #runtime: Runtime;
  readonly #timer: Timer;
  #lastStepMs = -Infinity;

  /** @param wake - It is no longer too early. Must not run user code. */
  constructor(runtime: Runtime, wake: () => void) {
    this.#runtime = runtime;
    this.#timer = new Timer(wake);
  }

  /** Whether the next step must wait. */
  get isEarly(): boolean {
    const { clock } = this.#runtime;
    return this.#delayMs > 0 && clock.nowMs() < this.#lastStepMs + this.#delayMs;
  }

  /** A step begins. @returns false where steps need not be apart. */
  step(): boolean {
    if (this.#delayMs === 0) return false;
    this.#lastStepMs = this.#runtime.clock.nowMs();
    return true;
  }

  /** Has itself woken when it is no longer too early. The delay may be another one by then: look again. */
  wakeInTime(): void {
    this.#runtime.timers.arm(this.#timer, this.#lastStepMs + this.#delayMs);
  }

  stop(): void {
    this.#runtime.timers.disarm(this.#timer);
  }

  get #delayMs(): number {
    return this.#runtime.brakes?.sourceDelayMs ?? 0;
  }
}
