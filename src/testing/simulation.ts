import type { Host } from '../ports/host.ts';
import { NodeAsyncContext } from '../ports/node/node-async-context.ts';
import { NodeScheduler } from '../ports/node/node-scheduler.ts';
import type { Ports } from '../ports/ports.ts';
import { SeededRandom } from './seeded-random.ts';
import { SeededScheduler } from './seeded-scheduler.ts';
import { SimulatedWatchdog } from './simulated-watchdog.ts';
import { VirtualClock } from './virtual-clock.ts';

/** Options of a {@link Simulation}. */
export interface SimulationOptions {
  /** Decides what `ctx.random()` and jitter give, and with `shuffle` the order of actors. Default 1. */
  readonly seed?: number;
  /** Ready actors run in random order, instead of in order of arrival. Default false. */
  readonly shuffle?: boolean;
}

/** Rounds of the event loop without anything to do after which everything has come to rest. */
const QUIET_ROUNDS = 3;

/**
 * A world for a graph in a test: time that is moved by hand, seeded randomness, no process.
 *
 * ```ts no-run
 * const sim = new Simulation();
 * const graph = new Graph({ name: 'test', ports: sim.ports });
 * graph.start();
 * await sim.advance(1_000);
 * ```
 */
export class Simulation {
  /** Time; it begins at 0 and moves by `advance` and `runUntil`. */
  readonly clock: VirtualClock = new VirtualClock();
  /** The order of actors. */
  readonly scheduler: SeededScheduler;
  /** What `ctx.random()` and jitter draw from. */
  readonly random: SeededRandom;
  /** The process, for `graph.run()`. */
  readonly host: SimulatedHost = new SimulatedHost();
  readonly watchdog: SimulatedWatchdog = new SimulatedWatchdog();
  /** All of these, for `new Graph({ ports })`. */
  readonly ports: Ports;
  readonly #loop = new NodeScheduler();

  constructor(options: SimulationOptions = {}) {
    const { seed = 1, shuffle = false } = options;
    this.random = new SeededRandom(seed);
    this.scheduler = new SeededScheduler(shuffle ? new SeededRandom(seed ^ 0x5eed) : undefined);
    this.ports = {
      clock: this.clock,
      scheduler: this.scheduler,
      random: this.random,
      host: this.host,
      // Followed in tests on every version of Node: there the mistakes are to be found, and time does not count.
      asyncContext: new NodeAsyncContext(true),
      watchdog: this.watchdog,
    };
  }

  /** Lets everything run that can run without time passing. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_ROUNDS; quiet += 1) {
      if (!this.scheduler.idle) quiet = -1;
      await new Promise<void>((resolve) => this.#loop.afterEventLoop(resolve));
    }
  }

  /** Moves time on by `ms`, firing each timer at its own time and letting everything settle after each. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.clock.nowMs() + ms;
    await this.settle();
    while (this.clock.fireNext(untilMs)) await this.settle();
    this.clock.jumpTo(untilMs);
  }

  /**
   * Moves time on, from timer to timer, until `done` settles.
   *
   * @throws Error if nothing is left that could ever settle it, or virtual time passes `limitMs`.
   */
  async runUntil<T>(done: Promise<T>, limitMs: number = 86_400_000): Promise<T> {
    let settled = false;
    const mark = (): void => {
      settled = true;
    };
    done.then(mark, mark);
    const untilMs = this.clock.nowMs() + limitMs;
    await this.settle();
    while (!settled) {
      if (!this.clock.fireNext(untilMs))
        throw new Error(`nothing is left to happen within ${limitMs} ms of virtual time`);
      await this.settle();
    }
    return done;
  }
}

/** A process that a test drives: it sends the signals, and reads the exit status. */
export class SimulatedHost implements Host {
  readonly #signals = new Set<(signal: 'SIGINT' | 'SIGTERM') => void>();
  readonly #strays = new Set<(error: unknown) => void>();
  /** The status that was set, or that the process was ended with. */
  exitStatus: number | undefined;
  /** What `heapUsedRatio` answers; a test sets it. */
  heapUsed = 0;
  /** The process was ended, rather than left to end. */
  exited = false;

  onSignal(listener: (signal: 'SIGINT' | 'SIGTERM') => void): () => void {
    this.#signals.add(listener);
    return () => this.#signals.delete(listener);
  }

  onStrayError(listener: (error: unknown) => void): () => void {
    this.#strays.add(listener);
    return () => this.#strays.delete(listener);
  }

  setExitStatus(status: number): void {
    this.exitStatus = status;
  }

  exit(status: number): void {
    this.exitStatus = status;
    this.exited = true;
  }

  heapUsedRatio(): number {
    return this.heapUsed;
  }

  /** How many listeners are left, of both kinds. */
  get listeners(): number {
    return this.#signals.size + this.#strays.size;
  }

  /** Sends the process a signal. */
  signal(signal: 'SIGINT' | 'SIGTERM'): void {
    for (const listener of this.#signals) listener(signal);
  }

  /** Throws `error` where nothing catches it. */
  strayError(error: unknown): void {
    for (const listener of this.#strays) listener(error);
  }
}
