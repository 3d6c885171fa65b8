/** Errors that go astray at random moments of the lessons: each is laid to its actor, and nothing is lost or doubled. */
import { expect, test } from 'vitest';
import { strayAtRandom, visitsOf } from './explorer.ts';
import { LESSONS, type Setting, STYLES } from './lessons.ts';
import { EFFORT, FIRST_SEED, times } from './support.ts';

for (const lesson of LESSONS) {
  test(
    `${lesson}: stray errors lose, double and reorder nothing, and find their actors`,
    async () => {
      const failures: string[] = [];
      let strays = 0;
      let runs = 0;
      for (const style of STYLES) {
        for (const capacity of lesson === 'minimum' ? [1] : [1, 3]) {
          const setting: Setting = { lesson, style, capacity, showstopperAfter: 10 };
          const visits = await visitsOf(setting);
          for (let index = 0; index < times(20); index += 1) {
            const seed = FIRST_SEED * 1_000_003 + index;
            const shuffled = index % 2 === 0 ? setting : { ...setting, shuffleSeed: seed };
            const outcome = await strayAtRandom(shuffled, seed, visits);
            runs += 1;
            strays += outcome.strays;
            if (outcome.problems.length > 0) {
              failures.push(`${JSON.stringify(shuffled)} seed ${seed}: ${outcome.problems.join('; ')}`);
            }
          }
        }
      }
      expect(failures).toEqual([]);
      expect(strays).toBeGreaterThan(2 * runs);
    },
    120_000 * Math.max(1, EFFORT),
  );
}
