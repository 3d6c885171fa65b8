import type { Reading } from '../actor/failure-recorder.ts';
import type { EffectCall, TurnAllowance, TurnLoss } from '../actor/rehearsal.ts';
import type { CrashPoint } from '../actor/runtime.ts';
import { HoldfastError } from '../base/errors.ts';
import { checkChoice, checkInteger } from '../base/options.ts';
import { NodeAsyncContext } from '../ports/node/node-async-context.ts';
import { NodeScheduler } from '../ports/node/node-scheduler.ts';
import type { Capsule } from '../system/capsule.ts';
import type { Graph } from '../system/graph.ts';
import type { GraphPorts } from '../system/graph-options.ts';
import type { Casting, Rehearsal, SinkTarget } from '../system/rehearsal.ts';
import type { FeedSource } from '../system/feed.ts';
import { foreignWaits, holdouts } from './holdouts.ts';
import { latenessOf, pickOf, type Schedule, SCHEDULES } from './schedules.ts';
import { SeededRandom } from './seeded-random.ts';
import { SeededScheduler } from './seeded-scheduler.ts';
import { SimulatedCapsuleFiles } from './simulated-capsule-files.ts';
import { SimulatedEffects } from './simulated-effects.ts';
import { SimulatedHost } from './simulated-host.ts';
import { SimulatedWatchdog } from './simulated-watchdog.ts';
import { Trace } from './trace.ts';
import { VirtualClock } from './virtual-clock.ts';

/** Options of a {@link Simulation}. */
export interface SimulationOptions {
  /** Decides what `ctx.random()` and jitter give, and what the schedule draws. Default 1. */
  readonly seed?: number;
  /** In which order ready actors run. Default `fair`: in order of arrival, as in production. */
  readonly schedule?: Schedule;
  /**
   * What becomes of an actor or sink that waits for something that is not simulated, such as a file: `allow` (the default: the
   * test may well be what it waits for), or `forbid`, and then the wait that finds it throws `ERR_SIM_FOREIGN_WAIT`.
   */
  readonly foreignWaits?: 'allow' | 'forbid';
  /** Write down what happens: events and timers, and with `steps` each step of each turn. Default: nothing. */
  readonly trace?: 'events' | 'steps';
}

/** Is told of each step of a turn; may throw where code of a user may. */
export type StepListener = (point: CrashPoint, actor: string, graph: Graph) => void;

/** Rounds of the event loop without anything to do after which everything has come to rest. */
const QUIET_ROUNDS = 3;

/**
 * A world for graphs in a test: time that is moved by hand, seeded randomness, no process.
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
  /** The thread of the option `watchdog`. */
  readonly watchdog: SimulatedWatchdog = new SimulatedWatchdog();
  /** The disk behind the option `capsules` of graphs. */
  readonly capsuleFiles: SimulatedCapsuleFiles = new SimulatedCapsuleFiles();
  /** The world behind `ctx.effect`. */
  readonly effects: SimulatedEffects = new SimulatedEffects();
  /** What happened; empty unless it was asked for. */
  readonly trace: Trace = new Trace();
  /** All of these, for `new Graph({ ports })`. */
  readonly ports: GraphPorts;
  readonly #loop = new NodeScheduler();
  readonly #graphs: Graph[] = [];
  readonly #options: SimulationOptions;
  readonly #stepListeners: StepListener[] = [];
  readonly #rehearsal: SimulatedRehearsal;

  constructor(options: SimulationOptions = {}) {
    const { seed = 1, schedule = 'fair' } = options;
    checkSeed(seed);
    checkChoice('schedule', schedule, SCHEDULES);
    if (options.foreignWaits !== undefined) checkChoice('foreignWaits', options.foreignWaits, ['allow', 'forbid']);
    this.#options = options;
    this.random = new SeededRandom(seed);
    const drawn = new SeededRandom(seed ^ 0x5eed);
    this.scheduler = new SeededScheduler(pickOf(schedule, drawn));
    this.clock.lateness = latenessOf(schedule, drawn);
    this.#rehearsal = new SimulatedRehearsal(this.effects, (graph) => this.#graphMade(graph));
    this.ports = {
      clock: this.clock,
      scheduler: this.scheduler,
      random: this.random,
      host: this.host,
      // Followed in tests on every version of Node: there the mistakes are to be found, and time does not count.
      asyncContext: new NodeAsyncContext(true),
      watchdog: this.watchdog,
      capsuleFiles: this.capsuleFiles,
      rehearsal: this.#rehearsal,
    };
    if (options.trace !== undefined) this.clock.onTimer = (atMs) => this.trace.add(atMs, 'timer');
    if (options.trace === 'steps') this.onStep((point, actor) => this.trace.add(this.clock.nowMs(), point, actor));
  }

  /** The graphs that were made in this world. */
  get graphs(): readonly Graph[] {
    return this.#graphs;
  }

  /** The capsules of failed turns, oldest first, of graphs with the option `capsules`. */
  get capsules(): readonly Capsule[] {
    return this.capsuleFiles.capsules;
  }

  /** @internal Calls `listener` at each step of each turn of the graphs that are made from now on. */
  onStep(listener: StepListener): void {
    this.#stepListeners.push(listener);
  }

  /** @internal What is replaced in graphs that are made from now on. */
  get casting(): SimulatedRehearsal {
    return this.#rehearsal;
  }

  /**
   * Lets everything run that can run without time passing.
   *
   * @throws HoldfastError `ERR_SIM_FOREIGN_WAIT` where that is forbidden.
   */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_ROUNDS; quiet += 1) {
      if (!this.scheduler.idle) quiet = -1;
      await new Promise<void>((resolve) => this.#loop.afterEventLoop(resolve));
      if (this.#options.foreignWaits === 'forbid' && this.scheduler.idle) this.#refuseForeignWaits();
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
   * @throws HoldfastError `ERR_SIM_STUCK` if nothing is left that could ever settle it, or virtual time passes `limitMs`
   * (default: a day).
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
      if (!this.clock.fireNext(untilMs)) throw this.#stuck(limitMs);
      await this.settle();
    }
    return done;
  }

  #graphMade(graph: Graph): void {
    this.#graphs.push(graph);
    if (this.#options.trace !== undefined) {
      graph.subscribe((event) => this.trace.addEvent(this.clock.nowMs(), event));
    }
    if (this.#stepListeners.length === 0) return;
    graph.setProbe((point, actor) => {
      for (const listener of this.#stepListeners) listener(point, actor, graph);
    });
  }

  /** No task is left, so the microtasks have run out: whoever is in the middle of something waits for the world outside. */
  #refuseForeignWaits(): void {
    if (this.clock.sleepers > 0) return;
    for (const graph of this.#graphs) {
      const found = foreignWaits(graph).find(({ name }) => !this.#rehearsal.played.has(name));
      if (found === undefined) continue;
      const { kind, name, heldBy } = found;
      const message = `${kind} "${name}" of graph "${graph.name}" waits for what is not simulated: ${heldBy}. Script it as an effect, or wait with the context`;
      throw new HoldfastError('ERR_SIM_FOREIGN_WAIT', message, { graph: graph.name, part: name, awaits: heldBy });
    }
  }

  #stuck(limitMs: number): HoldfastError<'ERR_SIM_STUCK'> {
    const waiting = this.#graphs.flatMap(holdouts);
    const virtualMs = this.clock.nowMs();
    const list = waiting.map(({ kind, name, heldBy }) => `${kind} "${name}": ${heldBy}`);
    const message = `nothing is left to happen within ${limitMs} ms of virtual time. ${list.join('; ')}`;
    return new HoldfastError('ERR_SIM_STUCK', message, { virtualMs, waiting });
  }
}

/** What a simulation puts in the place of parts of its graphs. By default nothing. */
export class SimulatedRehearsal implements Rehearsal {
  readonly #effects: SimulatedEffects;
  readonly #onGraph: (graph: Graph) => void;
  /** Each may replace what plays a part; the last one that is added sees what the others have made of it. */
  readonly castings: ((actor: string, casting: Casting) => Casting)[] = [];
  readonly sources: ((feed: string, source: FeedSource<unknown>) => FeedSource<unknown>)[] = [];
  readonly targets: ((sink: string, target: SinkTarget) => SinkTarget)[] = [];
  /** Who is played by the test itself, and may wait for it. */
  readonly played: Set<string> = new Set();
  /** For faults: what ends an asynchronous turn. */
  turnInterceptor: ((actor: string, promise: Promise<unknown>) => Promise<unknown>) | null = null;
  /** Who may begin some turns only. */
  readonly allowances: Map<string, TurnAllowance> = new Map();
  /** Are told of each turn that comes to nothing, while what it has staged can still be seen. */
  readonly lossListeners: ((actor: string, loss: TurnLoss) => void)[] = [];
  /** For capsules: what a turn reads of time and randomness, if not what there is. */
  readings: ((what: Reading, value: number) => number) | null = null;
  /** Supervisors never give up. */
  liftsRestartLimits = false;

  constructor(effects: SimulatedEffects, onGraph: (graph: Graph) => void) {
    this.#effects = effects;
    this.#onGraph = onGraph;
  }

  graphMade(graph: Graph): void {
    this.#onGraph(graph);
  }

  cast(actor: string, casting: Casting): Casting {
    return this.castings.reduce((made, replace) => replace(actor, made), casting);
  }

  restartsBorne(_supervisor: string, maxRestarts: number): number {
    return this.liftsRestartLimits ? Infinity : maxRestarts;
  }

  sourceOf(feed: string, source: FeedSource<unknown>): FeedSource<unknown> {
    return this.sources.reduce((made, replace) => replace(feed, made), source);
  }

  targetOf(sink: string, target: SinkTarget): SinkTarget {
    return this.targets.reduce((made, replace) => replace(sink, made), target);
  }

  effect(call: EffectCall): unknown {
    return this.#effects.answer(call);
  }

  allowanceOf(actor: string): TurnAllowance | null {
    return this.allowances.get(actor) ?? null;
  }

  turnLost(actor: string, loss: TurnLoss): void {
    for (const listener of this.lossListeners) listener(actor, loss);
  }

  reading(_actor: string, what: Reading, value: number): number {
    return this.readings?.(what, value) ?? value;
  }

  asyncTurn(actor: string, promise: Promise<unknown>): Promise<unknown> {
    return this.turnInterceptor?.(actor, promise) ?? promise;
  }
}

/** Any integer. Whatever else would be taken for another one. */
export function checkSeed(seed: number): number {
  return checkInteger('seed', seed, Number.MIN_SAFE_INTEGER);
}
