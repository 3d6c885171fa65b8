import type { Exit } from './events.ts';
import type { Runtime } from './runtime.ts';
import { Timer } from './timer-queue.ts';

/** That an incarnation is to stop, by when, and who wants to hear of it. Asking again can only make it sooner. */
export class StopRequest {
  readonly #runtime: Pick<Runtime, 'clock' | 'timers'>;
  readonly #due: () => void;
  readonly #done: ((exit: Exit) => void)[] = [];
  /** Undefined while it may take as long as it likes. */
  #timer: Timer | undefined;
  #dueMs = Infinity;
  #limitMs = Infinity;
  isBrutal = false;
  /** The supervisor of the actor has no part in it: it hears of the end as of any other. */
  isOwn = true;

  /** @param due - It is time to look at the request again. */
  constructor(runtime: Pick<Runtime, 'clock' | 'timers'>, due: () => void) {
    this.#runtime = runtime;
    this.#due = due;
  }

  add(limitMs: number | 'brutal', done: (exit: Exit) => void, isOwn: boolean): void {
    this.#done.push(done);
    if (!isOwn) this.isOwn = false;
    if (limitMs === 'brutal') this.isBrutal = true;
    else {
      const dueMs = this.#runtime.clock.nowMs() + limitMs;
      if (dueMs < this.#dueMs) this.#endBy(dueMs, limitMs);
    }
    this.#due();
  }

  #endBy(dueMs: number, limitMs: number): void {
    this.#dueMs = dueMs;
    this.#limitMs = limitMs;
    this.#timer ??= new Timer(() => this.#due());
    this.#runtime.timers.arm(this.#timer, dueMs);
  }

  /** Its time is up: what still runs is killed. */
  get isOver(): boolean {
    return this.isBrutal || this.#runtime.clock.nowMs() >= this.#dueMs;
  }

  get why(): string {
    return this.isBrutal ? 'it was stopped at once' : `it did not stop within ${this.#limitMs} ms`;
  }

  settle(exit: Exit): void {
    if (this.#timer !== undefined) this.#runtime.timers.disarm(this.#timer);
    for (const done of this.#done) done(exit);
  }
}
