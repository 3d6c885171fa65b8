import { checkNumber } from '../base/options.ts';
import type { Condition, DueBeat, TimeoutCondition, Waker } from '../channel/condition.ts';
import type { Clock } from '../ports/clock.ts';
import type { Beat } from './context.ts';
import { Timer, type TimerQueue } from './timer-queue.ts';

/** `every(periodMs)`: a fixed cadence that belongs to the actor and outlives its incarnations. */
export class BeatCondition implements Beat, DueBeat {
  readonly isCondition = true;
  readonly readsInputs = false;
  readonly timed = true;
  readonly laned = false;
  readonly periodMs: number;
  readonly #clock: Clock;
  readonly #timers: TimerQueue;
  readonly #timer: Timer;
  #nextMs: number;
  #due = false;
  /**
   * When the first beat was due that the current turn uses up; undefined while it uses none. A turn that pauses may use
   * several.
   */
  #firstUsedMs: number | undefined;
  #missed = 0;

  /** @param wake - Tells the actor that the beat is due. */
  constructor(periodMs: number, clock: Clock, timers: TimerQueue, wake: () => void) {
    this.periodMs = checkNumber('every: periodMs', periodMs, 1);
    this.#clock = clock;
    this.#timers = timers;
    this.#nextMs = clock.nowMs() + periodMs;
    this.#timer = new Timer(() => {
      this.#due = true;
      wake();
    });
    timers.arm(this.#timer, this.#nextMs);
  }

  get missed(): number {
    return this.#missed;
  }

  holds(): boolean {
    return this.#due;
  }

  timePassed(): boolean {
    return this.holds();
  }

  isSpent(): boolean {
    return false;
  }

  attach(): void {}
  noteAsked(): void {}

  collectDue(beats: DueBeat[]): void {
    if (!this.#due) return;
    if (this.#firstUsedMs === undefined) {
      this.#firstUsedMs = this.#nextMs;
      beats.push(this);
    }
    this.#missed = this.#beatsPassed();
    this.#due = false;
    // Reckoned from the beat's own time, not from now: that is what keeps the cadence free of drift.
    this.#nextMs += (this.#missed + 1) * this.periodMs;
    this.#timers.arm(this.#timer, this.#nextMs);
  }

  consume(): void {
    this.#firstUsedMs = undefined;
  }

  release(): void {
    if (this.#firstUsedMs === undefined) return;
    this.#nextMs = this.#firstUsedMs;
    this.#firstUsedMs = undefined;
    this.#due = true;
    this.#timers.disarm(this.#timer);
  }

  stop(): void {
    this.#timers.disarm(this.#timer);
  }

  describe(): string {
    return `every(${this.periodMs})`;
  }

  /** Whole periods that have passed since the beat that is due. */
  #beatsPassed(): number {
    return Math.max(0, Math.floor((this.#clock.nowMs() - this.#nextMs) / this.periodMs));
  }
}

/** `after(timeoutMs)`: measured from the moment the wait begins. */
export class AfterCondition implements Condition, TimeoutCondition {
  readonly isCondition = true;
  readonly readsInputs = false;
  readonly timed = true;
  readonly laned = false;
  readonly timeoutMs: number;
  due = false;

  constructor(timeoutMs: number) {
    this.timeoutMs = checkNumber('after: timeoutMs', timeoutMs, 0);
  }

  holds(): boolean {
    return this.due;
  }

  timePassed(): boolean {
    return this.due;
  }

  isSpent(): boolean {
    return false;
  }

  attach(waker: Waker): void {
    waker.armTimeout(this);
  }

  collectDue(): void {}
  noteAsked(): void {}

  describe(): string {
    return `after(${this.timeoutMs})`;
  }
}

/** Whom a settled promise wakes; nobody any more when the actor has ended, so that the promise does not keep it alive. */
export interface Sleeper {
  wake: (() => void) | undefined;
}

/** `until(promise)`. One per promise and actor, so that a loop that asks again adds no second reaction to it. */
export class UntilCondition implements Condition {
  readonly isCondition = true;
  readonly readsInputs = false;
  readonly timed = true;
  readonly laned = false;
  #settled = false;

  constructor(promise: Promise<unknown>, sleeper: Sleeper) {
    const settled = (): void => {
      this.#settled = true;
      sleeper.wake?.();
    };
    promise.then(settled, settled);
  }

  holds(): boolean {
    return this.#settled;
  }

  timePassed(): boolean {
    return this.#settled;
  }

  isSpent(): boolean {
    return false;
  }

  attach(): void {}
  collectDue(): void {}
  noteAsked(): void {}

  describe(): string {
    return 'until(promise)';
  }
}
