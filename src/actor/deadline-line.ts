import { Fifo } from '../base/fifo.ts';
import type { Clock } from '../ports/clock.ts';
import { Timer, type TimerQueue } from './timer-queue.ts';

/** What has a deadline, unless it is settled before. */
interface Dated {
  readonly deadlineMs: number;
  readonly isSettled: boolean;
}

/** So many settled ones may stand in a line before they are cleared away. */
const SETTLED_SPARE = 64;

/**
 * Deadlines that come in the order in which they were set, over one timer: adding one costs a place in a queue. What is settled
 * stays there until it comes to the front, or until most of the line is settled.
 */
export class DeadlineLine<D extends Dated> {
  readonly #clock: Clock;
  readonly #timers: TimerQueue;
  readonly #passed: (late: D) => void;
  #line = new Fifo<D>();
  readonly #timer: Timer = new Timer(() => this.#look());
  /** How many are not settled. */
  live = 0;

  /** @param passed - Is called at the deadline of each; settles it, and runs no user code. */
  constructor(clock: Clock, timers: TimerQueue, passed: (late: D) => void) {
    this.#clock = clock;
    this.#timers = timers;
    this.#passed = passed;
  }

  add(dated: D): void {
    this.live += 1;
    this.#line.push(dated);
    // All in one line have the same time: where that is none at all, there is nothing to wait for.
    if (!this.#timer.armed && dated.deadlineMs < Infinity) this.#timers.arm(this.#timer, dated.deadlineMs);
  }

  /** One of them is settled. @returns how many are not. */
  settled(): number {
    this.live -= 1;
    const line = this.#line;
    while (line.size > 0 && line.at(0).isSettled) line.shift();
    if (line.size > 2 * this.live + SETTLED_SPARE) this.#line = this.#withoutSettled();
    return this.live;
  }

  /** Those that are not settled, in order. */
  rest(): D[] {
    return Array.from({ length: this.#line.size }, (_, place) => this.#line.at(place)).filter((d) => !d.isSettled);
  }

  stop(): void {
    this.#timers.disarm(this.#timer);
  }

  #withoutSettled(): Fifo<D> {
    const line = new Fifo<D>();
    for (const dated of this.rest()) line.push(dated);
    return line;
  }

  #look(): void {
    const nowMs = this.#clock.nowMs();
    for (;;) {
      const line = this.#line; // another one, perhaps, after each
      const first = line.size === 0 ? undefined : line.at(0);
      if (first === undefined) return;
      if (!first.isSettled && first.deadlineMs > nowMs) {
        this.#timers.arm(this.#timer, first.deadlineMs);
        return;
      }
      if (first.isSettled) line.shift();
      else this.#passed(first);
    }
  }
}
