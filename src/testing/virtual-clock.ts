import type { Clock } from '../ports/clock.ts';

interface VirtualTimer {
  readonly atMs: number;
  readonly order: number;
  readonly callback: () => void;
}

/** Time that moves only when it is told to. */
export class VirtualClock implements Clock {
  /** Wall-clock time at which the monotonic clock stood at 0. */
  readonly #epochMs: number;
  #nowMs = 0;
  #orders = 0;
  #timers: VirtualTimer[] = [];
  #keptAlive = 0;
  #sleepers = 0;
  #stepMs = 0;
  /** How late the next timer fires, in milliseconds; null: all are in time. */
  lateness: (() => number) | null = null;
  /** Called with the time at which a timer fires. */
  onTimer: ((atMs: number) => void) | null = null;

  /** @param epochMs - Wall-clock time of the start. Default: 2026-01-01, 00:00 UTC. */
  constructor(epochMs: number = Date.UTC(2026, 0, 1)) {
    this.#epochMs = epochMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#epochMs + this.#nowMs + this.#stepMs;
  }

  setTimer(atMs: number, callback: () => void): () => void {
    this.#orders += 1;
    const timer = { atMs: atMs + (this.lateness?.() ?? 0), order: this.#orders, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  keepAlive(): () => void {
    this.#keptAlive += 1;
    let released = false;
    return () => {
      if (!released) this.#keptAlive -= 1;
      released = true;
    };
  }

  /** Resolves when `ms` of virtual time have passed: how long an effect takes, for example. */
  sleep(ms: number): Promise<void> {
    this.#sleepers += 1;
    return new Promise((resolve) => {
      this.setTimer(this.#nowMs + ms, () => {
        this.#sleepers -= 1;
        resolve();
      });
    });
  }

  /** How many {@link sleep}s have not ended. */
  get sleepers(): number {
    return this.#sleepers;
  }

  /** The wall clock is set, by `ms` forwards or, below 0, backwards. Monotonic time goes on as it was. */
  stepWallClock(ms: number): void {
    this.#stepMs += ms;
  }

  /** Timers that have not fired. */
  get pending(): number {
    return this.#timers.length;
  }

  /** Whether anything still keeps the process alive. */
  get keepsAlive(): boolean {
    return this.#keptAlive > 0;
  }

  /** When the next timer fires, in monotonic milliseconds; undefined without one. */
  get nextAtMs(): number | undefined {
    return this.#next()?.atMs;
  }

  /** Moves to `atMs` without firing anything: as a blocked event loop, or a turn that computes, would. */
  jumpTo(atMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, atMs);
  }

  /** Moves to the next timer and fires it. @returns false if there is none at or before `untilMs`. */
  fireNext(untilMs: number = Infinity): boolean {
    const timer = this.#next();
    if (timer === undefined || timer.atMs > untilMs) return false;
    this.jumpTo(timer.atMs);
    this.#timers = this.#timers.filter((other) => other !== timer);
    this.onTimer?.(this.#nowMs);
    timer.callback();
    return true;
  }

  #next(): VirtualTimer | undefined {
    let next: VirtualTimer | undefined;
    for (const timer of this.#timers) {
      const earlier =
        next === undefined || timer.atMs < next.atMs || (timer.atMs === next.atMs && timer.order < next.order);
      if (earlier) next = timer;
    }
    return next;
  }
}
