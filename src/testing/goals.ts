import type { Simulation } from './simulation.ts';

/** Something that a test waits for, on virtual time. */
export interface Goal {
  /** When it is given up, in monotonic milliseconds. */
  readonly atMs: number;
  /** Looks whether it is there, and if so settles. @returns true if it has settled. */
  poll(): boolean;
  /** Its time is over. */
  expire(): void;
  /** The world has refused to go on. */
  fail(error: unknown): void;
}

/**
 * Moves time on for as long as anybody waits for something, from timer to timer, and no further. One for all that wait: two that
 * moved time on by themselves would not let everything settle in between.
 */
export class Goals {
  readonly #sim: Simulation;
  #goals: Goal[] = [];
  #runs = false;

  constructor(sim: Simulation) {
    this.#sim = sim;
  }

  add(goal: Goal): void {
    this.#goals.push(goal);
    if (!this.#runs) void this.#run();
  }

  async #run(): Promise<void> {
    this.#runs = true;
    try {
      while (this.#goals.length > 0) await this.#goOn();
    } catch (error) {
      const failed = this.#goals;
      this.#goals = [];
      for (const goal of failed) goal.fail(error);
    } finally {
      this.#runs = false;
    }
  }

  async #goOn(): Promise<void> {
    const { clock } = this.#sim;
    await this.#sim.settle();
    this.#goals = this.#goals.filter((goal) => !goal.poll());
    if (this.#goals.length === 0) return;
    const untilMs = Math.min(...this.#goals.map(({ atMs }) => atMs));
    if (clock.fireNext(untilMs)) return;
    clock.jumpTo(untilMs);
    const due = this.#goals.filter(({ atMs }) => atMs <= untilMs);
    this.#goals = this.#goals.filter((goal) => !due.includes(goal));
    for (const goal of due) goal.expire();
  }
}
