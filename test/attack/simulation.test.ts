/**
 * A hundred thousand crashes of the lessons, in five orders, many in each run. `npm run sim -- --minutes 5` goes on for longer,
 * from other seeds.
 */
import process from 'node:process';
import { Coverage, explore, STEP_POINTS, type StepPoint } from 'holdfast/testing';
import { expect, test } from 'vitest';
import { lesson, LESSONS, type Setting, STYLES } from './lessons.ts';
import { FIRST_SEED } from './support.ts';

/** Milliseconds to go on for; 0: until there are enough crashes. */
const forMs = Number(process.env['HOLDFAST_SIM_MS'] ?? '0');
const CRASHES = 100_000;
const FAULTS_PER_RUN = 24;
/** So often may a message fail: more often than it is made to. */
const SHOWSTOPPER_AFTER = 60;
const SEEDS_A_ROUND = 8;
/** A point with fewer crashes need not have had one for each fill: crash.test.ts goes to all of them. */
const RARE = 300;

const settings: readonly Setting[] = LESSONS.flatMap((name) =>
  STYLES.flatMap((style) =>
    [1, 2, 5].map((capacity) => ({ lesson: name, style, capacity, showstopperAfter: SHOWSTOPPER_AFTER })),
  ),
);

/** Which points never had a throw or a kill, or no crash next to a channel that was empty, partly filled, or full. */
function missing({ points }: Coverage): string[] {
  return (Object.entries(STEP_POINTS) as [StepPoint, 'throw' | 'kill'][]).flatMap(([point, way]) => {
    const { throws = 0, kills = 0, classes = {} } = points[point] ?? {};
    const isRare = throws + kills < RARE;
    const fills =
      isRare || point === 'slice' ? [] : ['empty', 'part', 'full'].filter((fill) => classes[fill] === undefined);
    return [
      ...(way === 'throw' && throws === 0 ? [`${point}: throw`] : []),
      ...(kills === 0 ? [`${point}: kill`] : []),
      ...fills.map((fill) => `${point}: ${fill}`),
    ];
  });
}

test(
  'a hundred thousand crashes lose, double and reorder nothing',
  async () => {
    const coverage = new Coverage();
    const startMs = performance.now();
    const goesOn = (): boolean =>
      forMs === 0 ? coverage.distinctCrashes < CRASHES : performance.now() - startMs < forMs;
    for (let first = FIRST_SEED; goesOn(); first += SEEDS_A_ROUND) {
      const seeds = Array.from({ length: SEEDS_A_ROUND }, (_, index) => first + index);
      for (const setting of settings) {
        const options = {
          seeds,
          kinds: ['crash', 'kill'],
          faultsPerRun: FAULTS_PER_RUN,
          spare: 0,
          budgetMs: Infinity,
        } as const;
        coverage.add((await explore(lesson(setting), options)).coverage);
      }
    }
    console.log(`${String(coverage)}\n${Math.round((performance.now() - startMs) / 1_000)} s`);
    if (coverage.distinctCrashes >= CRASHES) expect(missing(coverage)).toEqual([]);
  },
  Math.max(300_000, 2 * forMs),
);
