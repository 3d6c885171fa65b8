import process from 'node:process';
import type { Scheduler } from '../scheduler.ts';

const RESOLVED: Promise<void> = Promise.resolve();

/** Node's queues. */
export class NodeScheduler implements Scheduler {
  /** The last hop made: it is nearly always for the same task. */
  #task: (() => void) | undefined;
  #hop: () => void = () => undefined;

  afterMicrotasks(task: () => void): void {
    // A tick queued from a tick runs before the microtasks of what was just resumed; a tick queued from a microtask runs
    // when the microtask queue is empty. So: one hop through a microtask first.
    if (this.#task !== task) {
      this.#task = task;
      this.#hop = () => process.nextTick(task);
    }
    void RESOLVED.then(this.#hop);
  }

  afterEventLoop(task: () => void): void {
    setImmediate(task);
  }
}
