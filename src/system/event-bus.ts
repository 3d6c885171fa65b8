import type { CodeTracking } from '../actor/code-tracking.ts';
import type { GraphEvent } from '../actor/events.ts';
import type { RunQueue } from '../actor/run-queue.ts';
import type { Log } from '../ports/log.ts';

/** Hears of each event, between two slices of the run queue; what it throws or rejects with is logged. */
export type GraphListener = (event: GraphEvent) => void;

/** Times that listeners may cause new events before they have to wait for the next slice. */
const ROUNDS_MAX = 16;

/**
 * Hands events to listeners between two slices: never in the middle of a commit, never so that a listener's error reaches
 * an actor, and not as one of the ready ones, among which a seeded scheduler picks: watching must not change the order. What
 * waits here is bounded by what one slice can do.
 */
export class EventBus {
  readonly #runQueue: RunQueue;
  readonly #log: Log;
  readonly #tracking: CodeTracking | null;
  readonly #listeners = new Set<GraphListener>();
  #waiting: GraphEvent[] = [];
  #calls: (() => unknown)[] = [];

  constructor(runQueue: RunQueue, log: Log, tracking: CodeTracking | null) {
    this.#runQueue = runQueue;
    this.#log = log;
    this.#tracking = tracking;
    runQueue.betweenSlices = () => this.flush();
  }

  subscribe(listener: GraphListener): () => void {
    // Wrapped, so that the same function subscribed twice is two subscriptions.
    const own: GraphListener = (event) => listener(event); // returns what it returns: see #tell
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  emit(event: GraphEvent): void {
    if (this.#listeners.size === 0) return;
    this.#waiting.push(event);
    this.#runQueue.poke();
  }

  /** Calls code of a user's as listeners are called. */
  call(code: () => unknown): void {
    this.#calls.push(code);
    this.#runQueue.poke();
  }

  flush(): void {
    if (this.#waiting.length === 0 && this.#calls.length === 0) return;
    // What a listener sets off is no code of the actor after whose slice it happens to be called.
    if (this.#tracking === null) this.#tellWaiting();
    else this.#tracking.runOutside(() => this.#tellWaiting());
  }

  #tellWaiting(): void {
    // Listeners may cause events themselves; those that answer each event with another one are cut short.
    for (let round = 0; round < ROUNDS_MAX && this.#waiting.length + this.#calls.length > 0; round += 1) {
      const events = this.#waiting;
      const calls = this.#calls;
      this.#waiting = [];
      this.#calls = [];
      for (const event of events) this.#tellAll(event);
      for (const call of calls) this.#guard(call, {});
    }
  }

  #tellAll(event: GraphEvent): void {
    // A copy: a listener that is added meanwhile hears of the next event, and one that has left hears no more.
    for (const listener of [...this.#listeners]) if (this.#listeners.has(listener)) this.#tell(listener, event);
  }

  #tell(listener: GraphListener, event: GraphEvent): void {
    this.#guard(() => listener(event), { event: event.kind });
  }

  #guard(code: () => unknown, fields: object): void {
    const failed = (error: unknown): void => this.#log.error({ err: error, ...fields }, 'a listener threw');
    try {
      const result: unknown = code();
      // An asynchronous listener fits the type as well; what it rejects with is no concern of the process.
      if (result instanceof Promise) result.catch(failed);
    } catch (error) {
      failed(error);
    }
  }
}
