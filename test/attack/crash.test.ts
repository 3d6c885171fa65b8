/** Crashes at every kind of step of the lessons, and several at random. With more effort (see support.ts), at every step. */
import { Coverage, explore, STEP_POINTS, type StepPoint } from 'holdfast/testing';
import { expect, test } from 'vitest';
import { lesson, type Lesson, LESSONS, type Setting, STYLES } from './lessons.ts';
import { EFFORT, times } from './support.ts';

const CAPACITIES = [1, 2, 5];
const timeoutMs = 120_000 * Math.max(1, EFFORT);
/** The lessons say themselves how often a message may fail. */
const options = { budgetMs: Infinity, spare: 0 };

function settings(name: Lesson, showstopperAfter: number): Setting[] {
  const capacities = name === 'minimum' ? [1] : CAPACITIES;
  return STYLES.flatMap((style) => capacities.map((capacity) => ({ lesson: name, style, capacity, showstopperAfter })));
}

const atSteps = new Coverage();

for (const name of LESSONS) {
  test(
    `${name}: a crash at any step loses, doubles and reorders nothing`,
    async () => {
      for (const setting of settings(name, 3)) {
        const crashes = EFFORT > 1 ? 'everyStep' : 'everyClass';
        atSteps.add((await explore(lesson(setting), { ...options, crashes })).coverage);
      }
    },
    timeoutMs,
  );
}

test('every class of crash points fired', () => {
  const missing: string[] = [];
  for (const [point, way] of Object.entries(STEP_POINTS) as [StepPoint, 'throw' | 'kill'][]) {
    if (point === 'slice') continue; // unwatched runs only: those are random
    const { throws = 0, kills = 0, classes = {} } = atSteps.points[point] ?? {};
    if (way === 'throw' && throws === 0) missing.push(`${point}: throw`);
    if (kills === 0) missing.push(`${point}: kill`);
    for (const fill of ['empty', 'part', 'full']) {
      for (const place of ['first', 'middle', 'last']) {
        if (classes[`${fill} ${place}`] === undefined) missing.push(`${point}: ${fill} ${place}`);
      }
    }
  }
  console.log(String(atSteps));
  expect(missing).toEqual([]);
});

test(
  'several crashes at random lose, double and reorder nothing',
  async () => {
    const coverage = new Coverage();
    for (const name of LESSONS) {
      for (const setting of settings(name, 20)) {
        const random = { ...options, seeds: times(50), kinds: ['crash', 'kill'], faultsPerRun: 4 } as const;
        coverage.add((await explore(lesson(setting), random)).coverage);
      }
    }
    console.log(String(coverage));
    expect(coverage.crashes).toBeGreaterThan(2 * coverage.runs);
  },
  timeoutMs,
);
