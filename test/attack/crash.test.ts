/**
 * Crashes at every step of the lessons. Without more effort (see support.ts) kills are tried at a part of the points at
 * which user code may throw as well.
 */
import { expect, test } from 'vitest';
import { crashAt, crashAtRandom, type Fill, type Place, POINTS, targetsOf, visitsOf, type Way } from './explorer.ts';
import { type AnyPoint, type Lesson, LESSONS, type Setting, STYLES } from './lessons.ts';
import { EFFORT, FIRST_SEED, times } from './support.ts';

const CAPACITIES = [1, 2, 5];
/** Without more effort, one in so many points at which user code may throw is also killed at. */
const KILLED_TOO = EFFORT > 1 ? 1 : 2;
const timeoutMs = 120_000 * Math.max(1, EFFORT);

function settings(lesson: Lesson, showstopperAfter: number): Setting[] {
  const capacities = lesson === 'minimum' ? [1] : CAPACITIES;
  return STYLES.flatMap((style) => capacities.map((capacity) => ({ lesson, style, capacity, showstopperAfter })));
}

/** How many points fired: by point, way, fill of a channel next to the actor, and place among those of its class. */
const fired = new Map<string, number>();

function count(point: AnyPoint, way: Way, classes: ReadonlySet<`${Fill} ${Place}`>): void {
  for (const key of [`${point} ${way}`, ...[...classes].map((name) => `${point} ${name}`)]) {
    fired.set(key, (fired.get(key) ?? 0) + 1);
  }
}

for (const lesson of LESSONS) {
  test(
    `${lesson}: a crash at any step loses, doubles and reorders nothing`,
    async () => {
      const failures: string[] = [];
      let tried = 0;
      for (const setting of settings(lesson, 3)) {
        for (const target of await targetsOf(setting)) {
          tried += 1;
          const ways: Way[] = POINTS[target.point] === 'kill' ? ['kill'] : ['throw'];
          if (ways[0] === 'throw' && tried % KILLED_TOO === 0) ways.push('kill');
          for (const way of ways) {
            const problems = await crashAt(setting, target, way);
            count(target.point, way, target.classes);
            if (problems.length === 0) continue;
            const { actor, point, occurrence } = target;
            failures.push(
              `${JSON.stringify(setting)} ${way} in ${actor} at ${point} ${occurrence}: ${problems.join('; ')}`,
            );
          }
        }
      }
      expect(failures).toEqual([]);
    },
    timeoutMs,
  );
}

test('every class of crash points fired', () => {
  const fills: Fill[] = ['empty', 'part', 'full'];
  const places: Place[] = ['first', 'middle', 'last'];
  const rows: Record<string, Record<string, number>> = {};
  const missing: string[] = [];
  for (const [point, way] of Object.entries(POINTS)) {
    const row: Record<string, number> = (rows[point] = {});
    const ways: Way[] = way === 'kill' ? ['kill'] : ['throw', 'kill'];
    for (const name of ways) row[name] = fired.get(`${point} ${name}`) ?? 0;
    for (const fill of fills) {
      for (const place of places) row[`${fill} ${place}`] = fired.get(`${point} ${fill} ${place}`) ?? 0;
    }
    for (const [name, number] of Object.entries(row)) if (number === 0) missing.push(`${point}: ${name}`);
  }
  console.table(rows);
  expect(missing).toEqual([]);
});

test(
  'several crashes at random lose, double and reorder nothing',
  async () => {
    const failures: string[] = [];
    let runs = 0;
    let crashes = 0;
    for (const lesson of LESSONS) {
      for (const setting of settings(lesson, 10)) {
        const visits = await visitsOf(setting);
        for (let index = 0; index < times(50); index += 1) {
          const seed = FIRST_SEED * 1_000_003 + index;
          const shuffled = index % 2 === 0 ? setting : { ...setting, shuffleSeed: seed };
          const outcome = await crashAtRandom(shuffled, seed, visits);
          runs += 1;
          crashes += outcome.crashes;
          if (outcome.problems.length > 0) {
            failures.push(`${JSON.stringify(shuffled)} seed ${seed}: ${outcome.problems.join('; ')}`);
          }
        }
      }
    }
    console.log(`several crashes at random: ${runs} runs, ${crashes} crashes`);
    expect(failures).toEqual([]);
    expect(crashes).toBeGreaterThan(2 * runs);
  },
  timeoutMs,
);
