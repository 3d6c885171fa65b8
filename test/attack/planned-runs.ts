/** Runs with what goes wrong in them drawn at random, and then written down as plans. */
import { SCHEDULES, SeededRandom } from 'holdfast/testing';
import { ExploredRun, type RunOutcome, type RunSettings } from '../../src/testing/explored-run.ts';
import { type FaultInjector, PlannedFaults, RandomFaults } from '../../src/testing/fault-injector.ts';
import { type Fault, FAULT_KINDS, type FaultKind } from '../../src/testing/faults.ts';
import { LESSONS, STYLES } from './lessons.ts';
import { buildOf, type Program, TRACED_SCENARIOS, type TracedRun } from './traced.ts';

/** About as many steps as these programs have. */
const STEPS = 400;
/** Attempts that faults may use up. */
const SPARE = 10;

export type Way = Pick<RunSettings, 'seed' | 'schedule' | 'watched'>;

/** Makes a run in which faults come at random. */
export function runAtRandom(program: Program, way: Way, kinds: readonly FaultKind[]): Promise<RunOutcome> {
  const random = new SeededRandom(way.seed ^ 0xfa017);
  return run(program, way, new RandomFaults(random, kinds, { steps: STEPS, faults: 4 }));
}

/** Makes a run in which `faults` come. */
export function runAsPlanned(program: Program, way: Way, faults: readonly Fault[]): Promise<RunOutcome> {
  return run(program, way, new PlannedFaults(faults));
}

function run(program: Program, way: Way, injector: FaultInjector): Promise<RunOutcome> {
  const settings = { ...way, limitMs: 3_600_000, restartLimits: false, spare: SPARE, trace: 'steps' } as const;
  return new ExploredRun(buildOf(program), settings, injector).run();
}

/** A plan with which `replay` makes the run that is made at random. */
export async function planned(program: Program, way: Way, kinds: readonly FaultKind[]): Promise<TracedRun> {
  const { faults } = await runAtRandom(program, way, kinds);
  return { program, plan: { ...way, faults, spare: SPARE } };
}

/** One run of each lesson in each style, and of each scenario, in all orders. */
export function plannedRuns(seed: number): Promise<TracedRun[]> {
  const lessons = LESSONS.flatMap((lesson) => STYLES.map((style) => ({ lesson, style })));
  const programs: Program[] = [
    ...lessons.map(({ lesson, style }, index): Program => {
      const setting = { lesson, style, capacity: lesson === 'minimum' ? 1 : 2, showstopperAfter: 10 };
      return { kind: 'lesson', setting, inProcess: index % 3 === 0 };
    }),
    ...TRACED_SCENARIOS.map((name): Program => ({ kind: 'scenario', name })),
  ];
  return Promise.all(
    programs.map((program, index) => {
      const schedule = SCHEDULES[index % SCHEDULES.length] ?? 'fair';
      const kinds: readonly FaultKind[] = mayStray(program) ? [...FAULT_KINDS, 'stray'] : FAULT_KINDS;
      return planned(program, { seed, schedule, watched: true }, kinds);
    }),
  );
}

export function mayStray(program: Program): boolean {
  return program.kind === 'lesson' && program.inProcess;
}
