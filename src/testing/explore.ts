import { HoldfastError } from '../base/errors.ts';
import { checkArray, checkChoice, checkInteger, checkKnownKeys, checkNumber, invalidOption } from '../base/options.ts';
import { NodeClock } from '../ports/node/node-clock.ts';
import { Coverage } from './coverage.ts';
import { type Build, ExploredRun, type RunOutcome, type RunSettings, type RunWatcher } from './explored-run.ts';
import { checkFault, type Fault, FAULT_KINDS, type FaultKind, faultText } from './faults.ts';
import { type FaultInjector, NO_FAULTS, PlannedFaults, RandomFaults } from './fault-injector.ts';
import { type Schedule, SCHEDULES } from './schedules.ts';
import { SeededRandom } from './seeded-random.ts';
import { shrink } from './shrink.ts';
import { checkSeed } from './simulation.ts';
import { StepFaults } from './step-faults.ts';

/** How an exploration goes about it. */
export interface ExploreOptions {
  /** How many seeds, or which. Default 20: from 1 to 20. */
  readonly seeds?: number | readonly number[];
  /** In which orders actors run. Default: all five, one after the other as the seeds go. */
  readonly schedules?: readonly Schedule[];
  /**
   * Where it crashes. `random`, the default: wherever chance will have it, several times in a run. `everyStep`: once in each
   * run, at each step of a first run without faults, by a throw and by a kill. `everyClass`: at the first, a middle and the last
   * of the steps of one kind with a channel next to the actor empty, partly filled and full. `none`: nowhere.
   */
  readonly crashes?: 'random' | 'everyStep' | 'everyClass' | 'none';
  /** What goes wrong in random runs. Default: everything but `stray`, which needs `graph.run()`. */
  readonly kinds?: readonly FaultKind[];
  /** Faults in a random run, on average. Default 3. */
  readonly faultsPerRun?: number;
  /** Real milliseconds after which no further run begins. Default 10,000. */
  readonly budgetMs?: number;
  /** Virtual milliseconds that a run may take. Default 3,600,000: an hour. */
  readonly limitMs?: number;
  /** Keep to the restart limits of actors and supervisors. Default false: faults would exceed them that the program is not to blame for. */
  readonly restartLimits?: boolean;
  /**
   * Attempts that are added to `showstopperAfter`, because faults use some up. Default: as many as faults may come in a run; a
   * message that fails each time becomes a dead letter all the same.
   */
  readonly spare?: number;
}

/** One run that can be made again: settings, and what goes wrong in it. */
export interface RunPlan {
  /** Of the world. */
  readonly seed: number;
  /** Default `fair`. */
  readonly schedule?: Schedule;
  /** Default: nothing goes wrong. */
  readonly faults?: readonly Fault[];
  /** Default true. */
  readonly watched?: boolean;
  /** As for `explore`. */
  readonly limitMs?: number;
  /** As for `explore`. */
  readonly restartLimits?: boolean;
  /** As for `explore`. */
  readonly spare?: number;
  /** What the outcome's `trace` has, as for a `Simulation`; of a run that is not watched, never more than `events`. Default: nothing. */
  readonly trace?: 'events' | 'steps';
}

/** What an exploration has done, if it has found nothing. */
export interface Exploration {
  /** What it has tried. */
  readonly coverage: Coverage;
  /** Whether all that was asked for was done before the budget was used up. */
  readonly complete: boolean;
  /** Real milliseconds. */
  readonly elapsedMs: number;
}

interface Settings extends Required<Omit<ExploreOptions, 'seeds'>> {
  readonly seeds: readonly number[];
}

/**
 * Runs a graph again and again, in worlds of its own, in different orders and with faults, and checks all the while that
 * Holdfast's guarantees hold, and what the program promises besides.
 *
 * @throws HoldfastError `ERR_EXPLORATION_FAILED` for the first run in which something does not hold: with the smallest plan that
 * still shows it, to be given to `replay`. `ERR_INVALID_OPTION`.
 */
export async function explore(build: Build, options: ExploreOptions = {}): Promise<Exploration> {
  return new Explorer(build, settingsOf(options)).explore();
}

/**
 * Makes one run, as an exploration has made it.
 *
 * @throws HoldfastError `ERR_EXPLORATION_FAILED` if something does not hold. `ERR_INVALID_OPTION` for a plan that cannot be one.
 */
export async function replay(build: Build, plan: RunPlan): Promise<RunOutcome> {
  checkPlan(plan);
  const outcome = await runPlan(build, plan);
  if (outcome.problems.length > 0) throw failure(plan, outcome.problems);
  return outcome;
}

class Explorer {
  readonly #build: Build;
  readonly #settings: Settings;
  readonly #coverage = new Coverage();
  readonly #clock = new NodeClock();
  readonly #startMs = this.#clock.nowMs();
  #complete = true;

  constructor(build: Build, settings: Settings) {
    this.#build = build;
    this.#settings = settings;
  }

  async explore(): Promise<Exploration> {
    const { crashes } = this.#settings;
    if (crashes === 'everyStep' || crashes === 'everyClass') await this.#atSteps(crashes);
    else await this.#atRandom(crashes === 'random');
    const elapsedMs = this.#clock.nowMs() - this.#startMs;
    return { coverage: this.#coverage, complete: this.#complete, elapsedMs };
  }

  async #atRandom(crashes: boolean): Promise<void> {
    const { seeds, schedules, faultsPerRun } = this.#settings;
    const kinds = this.#settings.kinds.filter((kind) => crashes || (kind !== 'crash' && kind !== 'kill'));
    let steps = 0;
    for (const [index, seed] of seeds.entries()) {
      if (this.#isOver) return;
      const run = this.#runSettings(seed, schedules[index % schedules.length] as Schedule, index % 4 !== 3);
      // The first run of all is without faults: what it shows is the program's own. It also says how long a run is.
      const isFirst = index === 0;
      const faults = new RandomFaults(new SeededRandom(seed ^ 0xfa017), kinds, { steps, faults: faultsPerRun });
      const outcome = await this.#run(run, isFirst ? NO_FAULTS : faults);
      steps = Math.max(steps, outcome.steps);
    }
  }

  /** One crash in each run, at each step that a run without faults has come to. */
  async #atSteps(which: 'everyStep' | 'everyClass'): Promise<void> {
    const { seeds, schedules } = this.#settings;
    for (const schedule of schedules) {
      const run = this.#runSettings(seeds[0] ?? 1, schedule, true);
      const targets = new StepFaults(which);
      await this.#run(run, NO_FAULTS, { step: (moment, graph) => targets.visited(moment, graph) });
      for (const { fault, places } of targets.all()) {
        if (this.#isOver) return;
        const fired = (one: Fault, hash: number, graph: Parameters<NonNullable<RunWatcher['fault']>>[2]): void =>
          this.#coverage.fired(one, hash, graph, places);
        const outcome = await this.#run(run, new PlannedFaults([fault]), { fault: fired });
        if (outcome.faults.length === 0) throw failure({ ...run, faults: [fault] }, [NOT_REACHED]);
      }
    }
  }

  get #isOver(): boolean {
    if (this.#clock.nowMs() - this.#startMs < this.#settings.budgetMs) return false;
    this.#complete = false;
    return true;
  }

  #runSettings(seed: number, schedule: Schedule, watched: boolean): RunSettings {
    const { limitMs, restartLimits, spare } = this.#settings;
    return { seed, schedule, watched, limitMs, restartLimits, spare };
  }

  async #run(settings: RunSettings, injector: FaultInjector, more: RunWatcher = {}): Promise<RunOutcome> {
    const coverage = this.#coverage;
    const outcome = await new ExploredRun(this.#build, settings, injector, {
      step: (moment, graph) => {
        coverage.visited(moment);
        more.step?.(moment, graph);
      },
      fault: (fault, hash, graph) => {
        if (more.fault === undefined) coverage.fired(fault, hash, graph, []);
        else more.fault(fault, hash, graph);
      },
    }).run();
    coverage.ended(outcome.steps, outcome.hash);
    if (outcome.problems.length > 0) throw await this.#failure(settings, outcome);
    return outcome;
  }

  /** The smallest plan that still fails. */
  async #failure(settings: RunSettings, { faults, problems }: RunOutcome): Promise<HoldfastError> {
    const tries = async (plan: RunPlan): Promise<readonly string[]> => (await runPlan(this.#build, plan)).problems;
    const plan = { ...settings, faults };
    // A build that keeps something from run to run fails now and not again: then all there is to show is what was seen.
    if ((await tries(plan)).length === 0) return failure(plan, problems, 'it did not fail again when it was repeated');
    const small = await shrink(plan, async (smaller) => (await tries(smaller)).length > 0);
    return failure(small, await tries(small));
  }
}

async function runPlan(build: Build, plan: RunPlan): Promise<RunOutcome> {
  const {
    seed,
    schedule = 'fair',
    watched = true,
    limitMs = DEFAULTS.limitMs,
    restartLimits = false,
    spare = 6,
    trace,
  } = plan;
  const settings = {
    seed,
    schedule,
    watched,
    limitMs,
    restartLimits,
    spare,
    ...(trace === undefined ? {} : { trace }),
  };
  return new ExploredRun(build, settings, new PlannedFaults(plan.faults ?? [])).run();
}

function failure(plan: RunPlan, problems: readonly string[], note?: string): HoldfastError<'ERR_EXPLORATION_FAILED'> {
  const { seed, schedule = 'fair', watched = true, faults = [] } = plan;
  const call = `replay(build, { seed: ${seed}, schedule: '${schedule}', watched: ${watched}, faults: [${faults.map(faultText).join(', ')}] })`;
  const message = [...problems, ...(note === undefined ? [] : [note]), `To see it again: ${call}`].join('\n');
  return new HoldfastError('ERR_EXPLORATION_FAILED', message, { plan, problems });
}

const NOT_REACHED =
  'a run came to that step, and the same run did not come to it again: something in it is not drawn from the world';

const DEFAULTS = Object.freeze({
  seeds: 20,
  faultsPerRun: 3, // one alone would never meet another, and many end each other's runs
  budgetMs: 10_000, // what somebody waits for
  limitMs: 3_600_000, // the longest delays that Holdfast makes itself are 10 s
});

function settingsOf(options: ExploreOptions): Settings {
  checkKnownKeys('explore', options, [
    'seeds',
    'schedules',
    'crashes',
    'kinds',
    'faultsPerRun',
    'budgetMs',
    'limitMs',
    'restartLimits',
    'spare',
  ]);
  const { crashes = 'random', kinds = FAULT_KINDS, restartLimits = false } = options;
  const faultsPerRun = checkNumber('faultsPerRun', options.faultsPerRun ?? DEFAULTS.faultsPerRun, 0);
  const single = crashes === 'everyStep' || crashes === 'everyClass';
  return {
    seeds: seedsOf(options.seeds ?? DEFAULTS.seeds),
    schedules: schedulesOf(options.schedules ?? (single ? ['fair'] : SCHEDULES)),
    crashes: checkChoice('crashes', crashes, ['random', 'everyStep', 'everyClass', 'none']),
    kinds: checkList('kinds', kinds).map((kind) => checkChoice('kinds', kind, [...FAULT_KINDS, 'stray'])),
    faultsPerRun,
    budgetMs: checkNumber('budgetMs', options.budgetMs ?? DEFAULTS.budgetMs, 1, true),
    limitMs: checkNumber('limitMs', options.limitMs ?? DEFAULTS.limitMs, 1),
    restartLimits,
    spare: checkInteger('spare', options.spare ?? (single ? 1 : Math.ceil(2 * faultsPerRun)), 0),
  };
}

function seedsOf(seeds: number | readonly number[]): readonly number[] {
  if (typeof seeds !== 'number') return filled('seeds', seeds).map((seed) => checkSeed(seed));
  return Array.from({ length: checkInteger('seeds', seeds, 1) }, (_, index) => index + 1);
}

function schedulesOf(schedules: readonly Schedule[]): readonly Schedule[] {
  return filled('schedules', schedules).map((schedule) => checkChoice('schedules', schedule, SCHEDULES));
}

/** With none of them nothing would be tried, and nothing found. */
function filled<T>(option: string, list: readonly T[]): readonly T[] {
  if (checkList(option, list).length > 0) return list;
  throw invalidOption(option, 'an array of one or more', list);
}

function checkList<T>(option: string, list: readonly T[]): readonly T[] {
  checkArray(option, list);
  return list;
}

/** Plans are kept in tests and pasted from messages: one that is not read as it is meant would find nothing. */
function checkPlan(plan: RunPlan): void {
  checkKnownKeys('plan', plan, ['seed', 'schedule', 'faults', 'watched', 'limitMs', 'restartLimits', 'spare', 'trace']);
  const { seed, schedule, faults, limitMs, spare } = plan;
  checkSeed(seed);
  if (schedule !== undefined) checkChoice('schedule', schedule, SCHEDULES);
  if (faults !== undefined) for (const fault of checkList('faults', faults)) checkFault(fault);
  if (limitMs !== undefined) checkNumber('limitMs', limitMs, 1);
  if (spare !== undefined) checkInteger('spare', spare, 0);
}
