/** The same seed gives the same run, down to the byte: again and again here; in other processes in test/package. */
import fc from 'fast-check';
import { FAULT_KINDS, type FaultKind, SCHEDULES } from 'holdfast/testing';
import { describe, expect, test } from 'vitest';
import { LESSONS, STYLES } from './lessons.ts';
import { mayStray, planned, plannedRuns, runAsPlanned, runAtRandom } from './planned-runs.ts';
import { EFFORT, times } from './support.ts';
import { type Program, traced, TRACED_SCENARIOS } from './traced.ts';

const timeout = 120_000 * Math.max(1, EFFORT);

describe('the trace of a run', () => {
  test.each(SCHEDULES)('is the same to the byte in a thousand runs (%s)', { timeout }, async (schedule) => {
    const program: Program = { kind: 'scenario', name: 'payments' };
    const run = await planned(program, { seed: 3, schedule, watched: true }, FAULT_KINDS);
    expect(run.plan.faults?.length).toBeGreaterThan(0);
    const first = await traced(run);
    expect(first.lines.length).toBeGreaterThan(100);
    const text = first.lines.join('\n');
    for (let count = 1; count < times(1_000); count += 1) {
      const { hash, lines } = await traced(run);
      if (hash !== first.hash || lines.join('\n') !== text) expect(lines).toEqual(first.lines);
    }
  });

  test('is the same for all programs, one after the other and side by side', { timeout }, async () => {
    const runs = await plannedRuns(7);
    const one = [];
    for (const run of runs) one.push((await traced(run)).hash);
    expect(await Promise.all(runs.map(async (run) => (await traced(run)).hash))).toEqual(one);
    expect(new Set(one).size).toBeGreaterThan(0.9 * runs.length);
  });
});

describe('a plan', () => {
  const lessons: fc.Arbitrary<Program> = fc.record({
    kind: fc.constant('lesson'),
    setting: fc.record({
      lesson: fc.constantFrom(...LESSONS),
      style: fc.constantFrom(...STYLES),
      capacity: fc.constantFrom(1, 2, 5),
      showstopperAfter: fc.constant(10),
    }),
    inProcess: fc.boolean(),
  });
  const scenarios: fc.Arbitrary<Program> = fc.record({
    kind: fc.constant('scenario'),
    name: fc.constantFrom(...TRACED_SCENARIOS),
  });
  const ways = fc.record({ seed: fc.nat(), schedule: fc.constantFrom(...SCHEDULES), watched: fc.boolean() });
  const kinds = fc.subarray<FaultKind>([...FAULT_KINDS, 'stray'], { minLength: 1 });

  test('of what a random run did makes the same run again', { timeout }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(lessons, scenarios), ways, kinds, async (program, way, some) => {
        const possible = some.filter((kind) => kind !== 'stray' || mayStray(program));
        const random = await runAtRandom(program, way, possible);
        const again = await runAsPlanned(program, way, random.faults);
        expect(again.trace.hash).toBe(random.trace.hash);
        expect({ ...again, trace: again.trace.lines }).toEqual({ ...random, trace: random.trace.lines });
      }),
      { numRuns: times(300), endOnFailure: true },
    );
  });
});
