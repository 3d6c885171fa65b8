import process from 'node:process';
import type { Scheduler } from '../scheduler.ts';

const RESOLVED: Promise<void> = Promise.resolve();

/** Node's queues. */
export class NodeScheduler implements Scheduler {
  afterMicrotasks(task: () => void): void {
    // A tick queued from a tick runs before the microtasks of what was just resumed; a tick queued from a microtask runs
    // when the microtask queue is empty. So: one hop through a microtask first.
    void RESOLVED.then(() => process.nextTick(task));
  }

  afterEventLoop(task: () => void): void {
    setImmediate(task);
  }
}
