import type { GraphEvent } from '../actor/events.ts';
import type { Runnable, RunQueue } from '../actor/run-queue.ts';
import type { Log } from '../ports/log.ts';

export type GraphListener = (event: GraphEvent) => void;

/**
 * Hands events to listeners, from the run queue: never in the middle of a commit, and never so that a listener's error
 * reaches an actor. What waits here is bounded by what one round of the ready queue can do.
 */
export class EventBus implements Runnable {
  queued = false;
  readonly #runQueue: RunQueue;
  readonly #log: Log;
  readonly #listeners = new Set<GraphListener>();
  #waiting: GraphEvent[] = [];

  constructor(runQueue: RunQueue, log: Log) {
    this.#runQueue = runQueue;
    this.#log = log;
  }

  subscribe(listener: GraphListener): () => void {
    // Wrapped, so that the same function subscribed twice is two subscriptions.
    const own: GraphListener = (event) => listener(event);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  emit(event: GraphEvent): void {
    if (this.#listeners.size === 0) return;
    this.#waiting.push(event);
    this.#runQueue.enqueue(this);
  }

  runSlice(): boolean {
    this.flush();
    return true;
  }

  flush(): void {
    const events = this.#waiting;
    this.#waiting = [];
    for (const event of events) {
      for (const listener of this.#listeners) {
        try {
          listener(event);
        } catch (error) {
          this.#log.error({ err: error, event: event.kind }, 'a listener threw');
        }
      }
    }
  }

  sliceTook(): void {}
}
