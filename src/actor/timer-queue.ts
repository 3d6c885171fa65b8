import type { Clock } from '../ports/clock.ts';

/** A timer that can be armed, disarmed and armed again without allocating. */
export class Timer {
  readonly fire: () => void;
  /** Monotonic milliseconds. */
  atMs = 0;
  /** Place in the heap of its queue; -1 while it is not armed. */
  place = -1;
  /** Order of arming, so that timers of the same time fire in that order. */
  order = 0;

  /** @param fire - Must only mark things as ready: no user code runs in a timer. */
  constructor(fire: () => void) {
    this.fire = fire;
  }

  get armed(): boolean {
    return this.place >= 0;
  }
}

/**
 * All timers of a graph, in a binary heap over one timer of the clock.
 *
 * Disarming removes at once: waits with a timeout are begun and given up millions of times, and entries that only die at
 * their time would pile up.
 */
export class TimerQueue {
  readonly #clock: Clock;
  readonly #heap: Timer[] = [];
  #cancelClock: (() => void) | undefined;
  /** When the clock's timer will fire; Infinity while none is set. */
  #setForMs = Infinity;
  #orders = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get armedCount(): number {
    return this.#heap.length;
  }

  arm(timer: Timer, atMs: number): void {
    this.disarm(timer);
    timer.atMs = atMs;
    timer.order = this.#orders += 1;
    timer.place = this.#heap.length;
    this.#heap.push(timer);
    this.#rise(timer);
    if (atMs < this.#setForMs) this.#setClock(atMs);
  }

  disarm(timer: Timer): void {
    const place = timer.place;
    if (place < 0) return;
    timer.place = -1;
    const last = this.#heap.pop() as Timer;
    if (last !== timer) {
      last.place = place;
      this.#heap[place] = last;
      this.#rise(last);
      this.#sink(last);
    }
    // The clock's timer is left as it is: arming and cancelling it for every wait is what would cost. It finds nothing to
    // do, or the next one. Only when no timer is left must it go, or it would keep the process alive.
    if (this.#heap.length === 0) this.#clearClock();
  }

  /** Disarms everything. */
  clear(): void {
    for (const timer of this.#heap) timer.place = -1;
    this.#heap.length = 0;
    this.#clearClock();
  }

  readonly #onClock = (): void => {
    this.#cancelClock = undefined;
    this.#setForMs = Infinity;
    const nowMs = this.#clock.nowMs();
    for (let first = this.#heap[0]; first !== undefined && first.atMs <= nowMs; first = this.#heap[0]) {
      this.disarm(first);
      first.fire();
    }
    const next = this.#heap[0];
    if (next !== undefined && next.atMs < this.#setForMs) this.#setClock(next.atMs);
  };

  #setClock(atMs: number): void {
    this.#cancelClock?.();
    this.#setForMs = atMs;
    this.#cancelClock = this.#clock.setTimer(atMs, this.#onClock);
  }

  #clearClock(): void {
    this.#cancelClock?.();
    this.#cancelClock = undefined;
    this.#setForMs = Infinity;
  }

  #rise(timer: Timer): void {
    for (;;) {
      const parent = this.#heap[(timer.place - 1) >> 1];
      if (timer.place === 0 || parent === undefined || isBefore(parent, timer)) return;
      this.#swap(parent, timer);
    }
  }

  #sink(timer: Timer): void {
    for (;;) {
      const left = this.#heap[timer.place * 2 + 1];
      const right = this.#heap[timer.place * 2 + 2];
      const first = right !== undefined && left !== undefined && isBefore(right, left) ? right : left;
      if (first === undefined || isBefore(timer, first)) return;
      this.#swap(timer, first);
    }
  }

  #swap(a: Timer, b: Timer): void {
    const place = a.place;
    a.place = b.place;
    b.place = place;
    this.#heap[a.place] = a;
    this.#heap[b.place] = b;
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
