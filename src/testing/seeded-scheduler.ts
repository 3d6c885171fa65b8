import { NodeScheduler } from '../ports/node/node-scheduler.ts';
import type { Scheduler } from '../ports/scheduler.ts';
import type { SeededRandom } from './seeded-random.ts';

/**
 * Picks the next ready actor at random, and the same one each time for the same seed. It does not touch the order of
 * microtasks: user code runs as it would in production.
 */
export class SeededScheduler implements Scheduler {
  readonly #queues = new NodeScheduler();
  readonly #random: SeededRandom | undefined;
  #tasks = 0;

  /** @param random - Absent: in order of arrival, as in production. */
  constructor(random?: SeededRandom) {
    this.#random = random;
  }

  /** No task waits to be called: whatever the graph does next, a timer or code outside it will have caused. */
  get idle(): boolean {
    return this.#tasks === 0;
  }

  afterMicrotasks(task: () => void): void {
    this.#tasks += 1;
    this.#queues.afterMicrotasks(() => {
      this.#tasks -= 1;
      task();
    });
  }

  afterEventLoop(task: () => void): void {
    this.#tasks += 1;
    this.#queues.afterEventLoop(() => {
      this.#tasks -= 1;
      task();
    });
  }

  readonly pick = (count: number): number => this.#random?.integer(count) ?? 0;
}
