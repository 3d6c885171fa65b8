import { NodeScheduler } from '../ports/node/node-scheduler.ts';
import type { Scheduler } from '../ports/scheduler.ts';
import type { Picker } from './schedules.ts';

/**
 * Picks the next ready actor by a schedule, and the same one each time for the same seed. It does not touch the order of
 * microtasks: user code runs as it would in production.
 */
export class SeededScheduler implements Scheduler {
  readonly #queues = new NodeScheduler();
  readonly pick: Picker;
  #tasks = 0;
  #taskCount = 0;
  #halted = false;
  /** Called before each task, with its number from 1: a moment at which no code of a user runs. */
  onTask: ((number: number) => void) | null = null;

  /** @param pick - Default: in order of arrival, as in production. */
  constructor(pick: Picker = () => 0) {
    this.pick = pick;
  }

  /** No task waits to be called: whatever the graph does next, a timer or code outside it will have caused. */
  get idle(): boolean {
    return this.#tasks === 0;
  }

  afterMicrotasks(task: () => void): void {
    this.#tasks += 1;
    this.#queues.afterMicrotasks(() => this.#run(task));
  }

  afterEventLoop(task: () => void): void {
    this.#tasks += 1;
    this.#queues.afterEventLoop(() => this.#run(task));
  }

  /** Nothing that has been scheduled, or will be, runs any more. */
  halt(): void {
    this.#halted = true;
  }

  #run(task: () => void): void {
    this.#tasks -= 1;
    this.#taskCount += 1;
    this.onTask?.(this.#taskCount);
    if (!this.#halted) task();
  }
}
