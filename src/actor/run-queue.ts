import { Fifo } from '../base/fifo.ts';
import type { Clock } from '../ports/clock.ts';
import type { Scheduler } from '../ports/scheduler.ts';
import type { Part } from '../ports/watchdog.ts';

/** Something that gets a slice of time when it has work: an actor, a pump at the graph's edge, an outside send. */
export interface Runnable {
  /** Set by the run queue, so that nothing stands in it twice. */
  queued: boolean;
  /**
   * Works for a slice.
   *
   * @returns true when user code was resumed through a promise, so that the microtask queue must empty before anybody
   * else runs.
   */
  runSlice(): boolean;
  /** How long the slice took, in milliseconds, with the microtasks it caused. */
  sliceTook(elapsedMs: number): void;
  /** Whose code a slice runs; absent where that is no code of a user. */
  readonly part?: Part;
  /** The number of {@link Runnable.part} for whoever watches; 0 while it has none. */
  watchNumber?: number;
}

/** Is told who has the event loop. */
export interface SliceWatch {
  enter(runnable: Runnable): void;
  /** The slice is over, with the microtasks it caused. */
  leave(elapsedMs: number): void;
}

/** Slices before the event loop gets a turn. With 64 a timer of 1 ms is late by about 1 ms; with 4096 by 20 ms. */
const SLICES_PER_EPOCH = 64;
/** Milliseconds before the event loop gets a turn, whatever the number of slices. */
const EPOCH_MS = 5;

/**
 * The one queue through which every wake-up goes: room, messages, commits, results, timers, restarts. One runnable is
 * resumed at a time and runs until the microtask queue is empty, in production as in tests.
 *
 * An epoch lasts from one turn of the event loop to the next. That the queue is empty does not end it: with asynchronous
 * handlers the queue is empty after every slice, and timers would starve for ever.
 */
export class RunQueue {
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;
  /** Bounded by the number of runnables: each stands in it once. */
  readonly #ready = new Fifo<Runnable>();
  /** A pump runs now, or is certain to run. */
  #pumping = false;
  /** An end of epoch is certain to come. */
  #epochArmed = false;
  /** The pump waits for the end of the epoch. */
  #resting = false;
  /**
   * Called with what a slice threw. User code cannot cause that: it is a defect of Holdfast, or of a logger or port that was
   * handed in. The queue goes on, so that the rest can be brought to an end.
   */
  escaped: (error: unknown) => void = (error) => {
    throw error;
  };
  /** Watches the slices; null where nobody does. */
  watch: SliceWatch | null = null;
  /** Called after each slice, and when poked. */
  betweenSlices: () => void = () => undefined;
  /** Called when nobody is ready any more; null where nobody cares. */
  cameToRest: (() => void) | null = null;
  #slices = 0;
  #epochStartMs = 0;
  /** Runs now, microtasks included. */
  #current: Runnable | undefined;
  #sliceStartMs = 0;

  constructor(clock: Clock, scheduler: Scheduler) {
    this.#clock = clock;
    this.#scheduler = scheduler;
  }

  /** When the present slice began, in monotonic milliseconds. */
  get sliceStartMs(): number {
    return this.#sliceStartMs;
  }

  /** Nothing runs or waits to run. */
  get idle(): boolean {
    return !this.#pumping && this.#ready.size === 0;
  }

  enqueue(runnable: Runnable): void {
    if (runnable.queued) return;
    runnable.queued = true;
    this.#ready.push(runnable);
    this.poke();
  }

  /** Something has changed apart from any slice: whoever cares that nobody is ready looks again. */
  stirred(): void {
    if (this.cameToRest !== null) this.poke();
  }

  /** Makes sure that {@link betweenSlices} is called soon, and that whoever is ready runs. */
  poke(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    this.#scheduler.afterMicrotasks(this.#pump);
  }

  readonly #pump = (): void => {
    let nowMs = this.#clock.nowMs();
    this.#sliceEnded(nowMs);
    this.#beginEpoch(nowMs);
    for (;;) {
      if (this.#ready.size === 0) {
        this.#pumping = false;
        if (this.cameToRest !== null) this.cameToRest();
        return;
      }
      if (this.#slices >= SLICES_PER_EPOCH || nowMs - this.#epochStartMs >= EPOCH_MS) {
        this.#resting = true;
        return;
      }
      this.#slices += 1;
      const runnable = this.#pick();
      runnable.queued = false;
      this.#current = runnable;
      this.#sliceStartMs = nowMs;
      if (this.watch !== null) this.watch.enter(runnable);
      if (this.#run(runnable)) {
        this.#scheduler.afterMicrotasks(this.#pump);
        return;
      }
      nowMs = this.#clock.nowMs();
      this.#sliceEnded(nowMs);
    }
  };

  #run(runnable: Runnable): boolean {
    try {
      return runnable.runSlice();
    } catch (error) {
      this.escaped(error);
      return true;
    }
  }

  #pick(): Runnable {
    const { pick } = this.#scheduler;
    const count = this.#ready.size;
    return pick === undefined || count < 2 ? this.#ready.shift() : this.#ready.removeAt(pick(count, this.#nameAt));
  }

  readonly #nameAt = (place: number): string => this.#ready.at(place).part?.name ?? '';

  #sliceEnded(nowMs: number): void {
    const current = this.#current;
    if (current !== undefined) {
      this.#current = undefined;
      if (this.watch !== null) this.watch.leave(nowMs - this.#sliceStartMs);
      current.sliceTook(nowMs - this.#sliceStartMs);
    }
    this.betweenSlices();
  }

  #beginEpoch(nowMs: number): void {
    if (this.#epochArmed) return;
    this.#epochArmed = true;
    this.#epochStartMs = nowMs;
    this.#scheduler.afterEventLoop(this.#endEpoch);
  }

  readonly #endEpoch = (): void => {
    this.#epochArmed = false;
    this.#slices = 0;
    if (!this.#resting) return;
    this.#resting = false;
    this.#pump();
  };
}

/** Calls `callback` in a slice of its own. @returns a function that takes it back. */
export function runSoon(runQueue: RunQueue, callback: () => unknown): () => void {
  let isOver = false;
  const runSlice = (): boolean => {
    if (!isOver) callback();
    return false;
  };
  runQueue.enqueue({ queued: false, runSlice, sliceTook: () => undefined });
  return () => {
    isOver = true;
  };
}
