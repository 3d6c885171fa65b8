import type { EffectCall } from '../actor/rehearsal.ts';
import { errorText, isHoldfastError } from '../base/errors.ts';
import { FNV_OFFSET, fnv1a } from '../base/fnv1a.ts';
import { invalidOption } from '../base/options.ts';
import { isThenable } from '../base/promises.ts';
import type { Log } from '../ports/log.ts';
import { Graph } from '../system/graph.ts';
import type { GraphPorts } from '../system/graph-options.ts';
import type { Casting } from '../system/rehearsal.ts';
import type { StepPoint } from './crash-points.ts';
import { type Fault, InjectedFault, type Moment } from './faults.ts';
import type { FaultInjector, InjectedRun } from './fault-injector.ts';
import { Ledger } from './ledger.ts';
import { leftovers } from './leftovers.ts';
import type { Schedule } from './schedules.ts';
import type { SeededRandom } from './seeded-random.ts';
import { SILENT } from './silent-log.ts';
import { Simulation } from './simulation.ts';
import type { Trace } from './trace.ts';

/** The world of one run. */
export interface World {
  /** Its simulation, for what drives the graph from outside. */
  readonly sim: Simulation;
  /** For `new Graph({ ports, log })`. */
  readonly ports: GraphPorts;
  /** Says nothing: thousands of runs would say a lot. */
  readonly log: Log;
  /** That of the run. */
  readonly seed: number;
  /** Draws from the seed, for what the program under test does not draw itself. */
  readonly random: SeededRandom;
  /** A place in code of an actor where a crash may be tried, besides all calls of its context. */
  readonly crashPoint: (actor: string) => void;
}

/** A graph that is explored, with what is known of it. */
export interface Explored {
  /** The graph, built and not started. */
  readonly graph: Graph;
  /** What holds at every moment between two turns: it throws if it does not. */
  readonly invariant?: () => void;
  /** What holds when all is over: it throws, or answers what is wrong. */
  readonly verify?: () => readonly string[] | void;
  /** Starts the graph, and brings it to its end. Default: starts it, and waits until it has stopped. */
  readonly drive?: () => Promise<unknown>;
}

/** Builds what is explored, anew for each run. It has to take ports and log from the world. */
export type Build = (world: World) => Explored | Graph;

/** One run, as far as it is decided before it begins. */
export interface RunSettings {
  readonly seed: number;
  readonly schedule: Schedule;
  /** Look at every step. Without it commits may take the short way, as in production, and faults come between slices only. */
  readonly watched: boolean;
  readonly limitMs: number;
  readonly restartLimits: boolean;
  /** Attempts by which showstoppers are put off: those that faults may use up. */
  readonly spare: number;
  /** What is written down of it. */
  readonly trace?: 'events' | 'steps';
}

/** How a run went. */
export interface RunOutcome {
  /** What is wrong; empty if nothing is. */
  readonly problems: readonly string[];
  /** What went wrong on purpose, in order. */
  readonly faults: readonly Fault[];
  /** How many steps it took. */
  readonly steps: number;
  /** Tells runs apart that went different ways. */
  readonly hash: number;
  /** How long it took, in milliseconds of virtual time. */
  readonly virtualMs: number;
  /** What happened; empty unless the plan asked for it. */
  readonly trace: Trace;
}

/** Is told of the steps of a run; for coverage. */
export interface RunWatcher {
  step?(moment: Moment, graph: Graph): void;
  /** A fault has fired, in a run that had gone the way `hash` until then. */
  fault?(fault: Fault, hash: number, graph: Graph): void;
}

/** Problems that are listed at the most. */
const PROBLEMS_MAX = 20;
/** Tasks of the run queue, and turns, after which a run counts as one that never comes to rest. */
const TASKS_MAX = 200_000;
const TURNS_MAX = 250_000;
/** Tasks for which a run goes on that has shown a problem: to see what becomes of it. */
const AFTERMATH_TASKS = 5_000;
/** Tasks between two looks at what only needs to hold now and then. A prime: what repeats in time must not hide. */
const LOOK_EVERY = 13;

/** One run of a graph in a world of its own, under faults. */
export class ExploredRun {
  readonly #settings: RunSettings;
  readonly #injector: FaultInjector;
  readonly #watcher: RunWatcher;
  readonly #sim: Simulation;
  readonly #problems: string[] = [];
  readonly #faults: Fault[] = [];
  readonly #occurrences = new Map<string, number>();
  readonly #calls = new Map<string, number>();
  readonly #turnTimeouts = new Map<string, number>();
  #explored!: Explored;
  /** Nothing of it runs any more, so that whatever waits now waits for that. */
  #isHalted = false;
  #lastTask = Infinity;
  #ledger: Ledger | undefined;
  #known: InjectedRun | undefined;
  #steps = 0;
  #hash = FNV_OFFSET;

  constructor(build: Build, settings: RunSettings, injector: FaultInjector, watcher: RunWatcher = {}) {
    this.#settings = settings;
    this.#injector = injector;
    this.#watcher = watcher;
    const { seed, schedule, trace, watched } = settings;
    // Steps are to be had from a run that is watched; written down, another one would be another run.
    const traced = trace === undefined ? {} : { trace: watched ? trace : ('events' as const) };
    this.#sim = new Simulation({ seed, schedule, foreignWaits: 'forbid', ...traced });
    this.#prepare();
    const sim = this.#sim;
    const crashPoint = (actor: string): void => this.#step('user code', actor);
    const built = build({ sim, ports: sim.ports, log: SILENT, seed, random: sim.random, crashPoint });
    const graph = built instanceof Graph ? built : (built as Explored | null | undefined)?.graph;
    if (graph === undefined || sim.graphs[0] !== graph) {
      throw invalidOption(
        'build',
        'a function that makes the graph with the ports of the world, and answers it at once',
        graph,
      );
    }
    this.#explored = built instanceof Graph ? { graph: built } : built;
    this.#explored.graph.subscribe((event) => {
      if (event.kind === 'failed' || event.kind === 'ended') sim.casting.played.delete(event.actor);
    });
    if (settings.watched) this.#ledger = new Ledger(this.#explored.graph, (text) => this.#problem(text));
  }

  async run(): Promise<RunOutcome> {
    const { graph, drive = () => this.#toTheEnd(), verify } = this.#explored;
    let isStarted = true;
    try {
      await drive();
    } catch (error) {
      // What goes wrong while a part starts for the first time keeps the graph from starting, as it should.
      isStarted = this.#faults.length === 0 || !isHoldfastError(error, 'ERR_START_FAILED');
      if (!this.#isHalted && isStarted) this.#problem(errorText(error));
    }
    if (this.#problems.length === 0) {
      // An effect may outlive the turn that gave it up: outside work cannot be called back.
      const { sleepers } = this.#sim.clock;
      for (const text of leftovers(graph, this.#sim, sleepers)) this.#problem(text);
      this.#holds(() => {
        if (!isStarted) return;
        for (const text of (atOnce('verify', verify?.()) as readonly string[] | undefined) ?? []) this.#problem(text);
      });
      this.#holds(() => graph.checkConservation());
    }
    const virtualMs = this.#sim.clock.nowMs();
    const { trace } = this.#sim;
    return { problems: this.#problems, faults: this.#faults, steps: this.#steps, hash: this.#hash, virtualMs, trace };
  }

  async #toTheEnd(): Promise<void> {
    this.#explored.graph.start();
    await this.#sim.runUntil(this.#explored.graph.stopped(), this.#settings.limitMs);
  }

  #prepare(): void {
    const sim = this.#sim;
    sim.casting.castings.push((actor, casting) => this.#cast(actor, casting));
    sim.casting.liftsRestartLimits = !this.#settings.restartLimits;
    sim.casting.turnInterceptor = (actor, promise) => (this.#hangs(actor) ? neverEnding(promise) : promise);
    sim.effects.interceptor = (call, play) => this.#effect(call, play);
    sim.scheduler.onTask = (number) => this.#betweenSlices(number);
    if (this.#settings.watched) sim.onStep((point, actor) => this.#step(point, actor));
  }

  #cast(actor: string, casting: Casting): Casting {
    const { restartLimits, spare } = this.#settings;
    const { settings } = casting;
    this.#turnTimeouts.set(actor, settings.turnTimeoutMs);
    const showstopperAfter = settings.showstopperAfter + spare;
    const maxRestarts = restartLimits ? settings.maxRestarts : Infinity;
    return { ...casting, settings: { ...settings, maxRestarts, showstopperAfter } };
  }

  // --- What goes wrong ----------------------------------------------------------------------------------------------

  #step(point: StepPoint, actor: string): void {
    this.#steps += 1;
    const occurrence = this.#count(this.#occurrences, `${actor}\n${point}`);
    this.#mix(actor, point);
    const moment = { actor, point, occurrence };
    this.#ledger?.step(point, actor);
    if (point === 'commit:published') this.#checkInvariant();
    this.#watcher.step?.(moment, this.#explored.graph);
    for (const fault of this.#injector.at(moment, this.#run)) this.#strike(fault);
  }

  /** Unwatched, the end of a slice is all that can be told. */
  #betweenSlices(number: number): void {
    if (this.#explored === undefined) return;
    if (this.#isHalted) return;
    if (number > TASKS_MAX || (number % LOOK_EVERY === 0 && this.#turns > TURNS_MAX)) this.#giveUp(number);
    if (this.#problems.length > 0) this.#goOnAWhile(number);
    this.#mix('', 'slice');
    this.#checkInvariant();
    if (number % LOOK_EVERY === 0) this.#ledger?.checkLiveStates();
    if (!this.#settings.watched) this.#step('slice', '');
  }

  #strike(fault: Fault): void {
    this.#fired(fault);
    switch (fault.kind) {
      case 'crash':
        throw new InjectedFault(`crash of "${fault.at.actor}" at ${fault.at.point} ${fault.at.occurrence}`);
      case 'kill':
        this.#explored.graph.backstage.cells.get(fault.actor)?.kill('a fault that was planned');
        return;
      case 'slow':
        this.#sim.clock.jumpTo(this.#sim.clock.nowMs() + fault.ms);
        return;
      case 'clockStep':
        this.#sim.clock.stepWallClock(fault.ms);
        return;
      case 'stray':
        this.#sim.host.strayError(new InjectedFault(`astray in "${fault.at.actor}"`));
        return;
      case 'hang':
      case 'effectDelayed':
      case 'effectFailed':
        return; // those come where they strike, and at no step
    }
  }

  #hangs(actor: string): boolean {
    const call = this.#count(this.#calls, actor);
    if (!Number.isFinite(this.#turnTimeouts.get(actor))) return false;
    const fault = this.#injector.hangs(actor, call);
    if (fault === undefined) return false;
    this.#fired(fault);
    this.#sim.casting.played.add(actor); // until its deadline it waits for nobody
    return true;
  }

  #effect(effect: EffectCall, play: () => unknown): unknown {
    const { actor, name } = effect;
    const call = this.#count(this.#calls, `${actor}\n${name}`);
    const fault = this.#injector.atEffect(actor, name, call);
    if (fault === undefined) return play();
    this.#fired(fault);
    if (fault.kind === 'effectDelayed') return this.#sim.clock.sleep(fault.ms).then(play);
    throw new InjectedFault(`effect "${name}" of "${actor}"`);
  }

  #fired(fault: Fault): void {
    this.#faults.push(fault);
    this.#watcher.fault?.(fault, this.#hash, this.#explored.graph);
  }

  // --- What holds ---------------------------------------------------------------------------------------------------

  #checkInvariant(): void {
    const { invariant } = this.#explored;
    if (invariant !== undefined) this.#holds(() => atOnce('invariant', invariant()));
  }

  #holds(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.#problem(errorText(error));
    }
  }

  #problem(text: string): void {
    if (this.#problems.length < PROBLEMS_MAX && !this.#problems.includes(text)) this.#problems.push(text);
  }

  /** It never comes to rest. Nothing of it runs any more. */
  #giveUp(tasks: number): void {
    // After another problem that is no news.
    if (this.#problems.length === 0) {
      this.#problem(`it does not come to rest: ${tasks} tasks and ${this.#turns} turns, and there is more`);
    }
    this.#halt();
  }

  #goOnAWhile(tasks: number): void {
    if (this.#lastTask === Infinity) this.#lastTask = tasks + AFTERMATH_TASKS;
    else if (tasks >= this.#lastTask) this.#halt();
  }

  #halt(): void {
    this.#isHalted = true;
    this.#sim.scheduler.halt();
  }

  // --- Bookkeeping --------------------------------------------------------------------------------------------------

  get #turns(): number {
    let turns = 0;
    for (const { actor } of this.#explored.graph.backstage.cells.values()) turns += actor?.counters.turns ?? 0;
    return turns;
  }

  /** A graph cannot change after its start. */
  get #run(): InjectedRun {
    return (this.#known ??= { actors: [...this.#explored.graph.backstage.cells.keys()] });
  }

  #count(counts: Map<string, number>, key: string): number {
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return count;
  }

  #mix(...words: readonly string[]): void {
    let mixed = this.#hash ^ this.#sim.clock.nowMs();
    for (const word of words) mixed = fnv1a(mixed, word);
    this.#hash = mixed >>> 0;
  }
}

/** Nobody waits for a check: what an asynchronous one finds would come too late, and it would pass. */
function atOnce<T>(check: string, result: T): T {
  if (!isThenable(result)) return result;
  result.then(undefined, () => undefined);
  throw new Error(`${check} answers a promise, which nobody awaits: it must say at once whether all is well`);
}

/** Whatever becomes of a turn that hangs is nobody's business any more. */
function neverEnding(promise: Promise<unknown>): Promise<never> {
  promise.catch(() => undefined);
  return new Promise(() => undefined);
}
