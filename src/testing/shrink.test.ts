import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RunPlan } from './explore.ts';
import type { Fault } from './faults.ts';
import { SCHEDULES } from './schedules.ts';
import { shrink } from './shrink.ts';

const fault = (occurrence: number): Fault => ({ kind: 'crash', at: { actor: 'a', point: 'send', occurrence } });
const faultsOf = (count: number): Fault[] => Array.from({ length: count }, (_, index) => fault(index + 1));
const schedule = fc.constantFrom(...SCHEDULES);
const seed = fc.nat();

/** Faults, and those of them without which nothing fails. */
const withCulprits = fc
  .integer({ min: 0, max: 20 })
  .chain((count) => fc.record({ faults: fc.constant(faultsOf(count)), culprits: fc.subarray(faultsOf(count)) }));

function isSubsequence(part: readonly Fault[], whole: readonly Fault[]): boolean {
  const rest = [...whole];
  return part.every((each) => {
    while (rest.length > 0) if (rest.shift() === each) return true;
    return false;
  });
}

const occurrences = ({ faults = [] }: RunPlan): number[] =>
  faults.map((each) => ('at' in each ? each.at.occurrence : 0));

test('leaves the faults that it takes, in their order, and nothing else', async () => {
  await fc.assert(
    fc.asyncProperty(withCulprits, schedule, fc.boolean(), seed, async ({ faults, culprits }, order, needsIt, from) => {
      const needed = occurrences({ seed: 1, faults: culprits });
      const fails = (plan: RunPlan): Promise<boolean> => {
        const there = occurrences(plan);
        return Promise.resolve(needed.every((each) => there.includes(each)) && (!needsIt || plan.schedule === order));
      };
      const small = await shrink({ seed: from, schedule: order, faults, limitMs: 7 }, fails);
      expect(occurrences(small)).toEqual(needed);
      expect(small).toMatchObject({ seed: from, limitMs: 7, schedule: needsIt ? order : 'fair' });
    }),
  );
});

test('gives a plan that was seen to fail, whatever makes it fail', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 60 }),
      schedule,
      fc.infiniteStream(fc.boolean()),
      async (count, order, answers) => {
        const plan: RunPlan = { seed: 1, schedule: order, faults: faultsOf(count) };
        const failed: RunPlan[] = [plan];
        let tries = 0;
        const small = await shrink(plan, (smaller) => {
          tries += 1;
          const { value } = answers.next();
          if (value === true) failed.push(smaller);
          return Promise.resolve(value === true);
        });
        expect(failed).toContainEqual(small);
        expect(isSubsequence(small.faults ?? [], plan.faults ?? [])).toBe(true);
        expect(tries).toBeLessThanOrEqual(200);
      },
    ),
  );
});

test('makes no more than 200 runs, and keeps what it has', async () => {
  let tries = 0;
  const plan: RunPlan = { seed: 1, schedule: 'random', faults: faultsOf(1_000) };
  const small = await shrink(plan, () => {
    tries += 1;
    return Promise.resolve(false);
  });
  expect(tries).toBe(200);
  expect(small).toEqual(plan);
});

test('a plan without faults is tried in order of arrival only', async () => {
  const tried: RunPlan[] = [];
  const small = await shrink({ seed: 4, schedule: 'unfair' }, (plan) => {
    tried.push(plan);
    return Promise.resolve(true);
  });
  expect(tried).toEqual([{ seed: 4, schedule: 'fair', faults: [] }]);
  expect(small).toEqual(tried[0]);
});
