import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DegradationCause } from '../actor/events.ts';
import { DegradationLadder, type LadderStep } from './degradation-ladder.ts';

const heap = (value: number, limit: number): DegradationCause => ({ trigger: 'heapUsedRatio', value, limit });
/** Three levels that fire at 10, 20 and 30. */
const at = (value: number): DegradationCause[][] => [[heap(value, 10)], [heap(value, 20)], [heap(value, 30)]];

function ladder(recover: { below?: number; afterMs?: number } = {}): DegradationLadder {
  return new DegradationLadder({ below: 0.8, afterMs: 100, ...recover });
}

describe('down', () => {
  test('at the threshold, not below it', () => {
    expect(ladder().check(at(9.99), 0)).toBeUndefined();
    expect(ladder().check(at(10), 0)).toEqual({ from: 0, to: 1, cause: heap(10, 10) });
  });

  test('at once to the deepest level of which a trigger fires', () => {
    expect(ladder().check(at(35), 0)).toEqual({ from: 0, to: 3, cause: heap(35, 30) });
  });

  test('past a level of which no trigger fires', () => {
    const readings = [[heap(0, 10)], [heap(0, 20), { trigger: 'disk full', value: 1, limit: 1 }]];
    expect(ladder().check(readings, 0)).toEqual({
      from: 0,
      to: 2,
      cause: { trigger: 'disk full', value: 1, limit: 1 },
    });
  });

  test('names the trigger that is furthest beyond its threshold', () => {
    expect(ladder().check([[heap(12, 10), heap(26, 20), heap(30, 30)]], 0)?.cause).toEqual(heap(26, 20));
  });

  test('once: a trigger of a level that it is on already, or above, does nothing more', () => {
    const subject = ladder();
    subject.check(at(25), 0);
    expect(subject.check(at(25), 1)).toBeUndefined();
    expect(subject.check(at(15), 2)).toBeUndefined();
    expect(subject.level).toBe(2);
  });
});

describe('up', () => {
  test('one level, when all triggers have been calm for so long, and again after as long', () => {
    const subject = ladder();
    subject.check(at(25), 0);
    expect(subject.check(at(7), 50)).toBeUndefined();
    expect(subject.check(at(7), 149)).toBeUndefined();
    expect(subject.check(at(7), 150)).toEqual({ from: 2, to: 1, cause: heap(7, 20) });
    expect(subject.check(at(7), 249)).toBeUndefined();
    expect(subject.check(at(7), 250)).toEqual({ from: 1, to: 0, cause: heap(7, 10) });
    expect(subject.check(at(7), 1_000)).toBeUndefined();
  });

  test('not at the part of the threshold that counts as calm, but below it', () => {
    const subject = ladder();
    subject.check(at(10), 0);
    expect([subject.check(at(8), 0), subject.check(at(8), 500)]).toEqual([undefined, undefined]);
    subject.check(at(7.99), 500);
    expect(subject.check(at(7.99), 600)?.to).toBe(0);
  });

  test('not while one of several triggers is not calm, which starts the time anew', () => {
    const subject = ladder();
    const both = (first: number, second: number): DegradationCause[][] => [[heap(first, 10), heap(second, 10)]];
    subject.check(both(10, 0), 0);
    subject.check(both(0, 0), 10);
    expect(subject.check(both(0, 9), 109)).toBeUndefined();
    expect(subject.check(both(0, 0), 110)).toBeUndefined();
    expect(subject.check(both(0, 0), 209)).toBeUndefined();
    expect(subject.check(both(0, 0), 210)?.to).toBe(0);
  });

  test('at the next check where afterMs is 0', () => {
    const subject = ladder({ afterMs: 0 });
    subject.check(at(10), 0);
    expect(subject.check(at(0), 1)?.to).toBe(0);
  });
});

test('a reset leads back to level 0, and from there nowhere', () => {
  const subject = ladder();
  const stop = { trigger: 'stopping', value: 1, limit: 1 };
  expect(subject.reset(stop)).toBeUndefined();
  subject.check(at(35), 0);
  expect(subject.reset(stop)).toEqual({ from: 3, to: 0, cause: stop });
  expect(subject.level).toBe(0);
});

/** Some readings of three levels, each a check some time after the one before. */
const history = fc.array(
  fc.record({
    afterMs: fc.integer({ min: 1, max: 60 }),
    values: fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 3, maxLength: 3 }),
  }),
  { maxLength: 80 },
);
type History = typeof history extends fc.Arbitrary<infer T> ? T : never;

function climb(steps: History): { nowMs: number; step: LadderStep | undefined; level: number }[] {
  const subject = ladder();
  let nowMs = 0;
  return steps.map(({ afterMs, values }) => {
    nowMs += afterMs;
    const step = subject.check(
      values.map((value, index) => [heap(value, 10 * (index + 1))]),
      nowMs,
    );
    return { nowMs, step, level: subject.level };
  });
}

test('whatever the readings, it never goes up sooner than the hysteresis allows, nor more than one level', () => {
  fc.assert(
    fc.property(history, (steps) => {
      let lastMs = -Infinity;
      for (const { nowMs, step } of climb(steps)) {
        if (step === undefined) continue;
        if (step.to < step.from) {
          expect(step.from - step.to).toBe(1);
          expect(nowMs - lastMs).toBeGreaterThanOrEqual(100);
        }
        lastMs = nowMs;
      }
    }),
  );
});

test('whatever the readings, no trigger of a level deeper than the present one fires', () => {
  fc.assert(
    fc.property(history, (steps) => {
      for (const [index, { level }] of climb(steps).entries()) {
        const { values } = steps[index] as History[number];
        expect(values.slice(level).some((value, deeper) => value >= 10 * (level + deeper + 1))).toBe(false);
      }
    }),
  );
});

test('higher readings never lead to a lower level', () => {
  const more = fc.array(fc.array(fc.nat(15), { minLength: 3, maxLength: 3 }), { minLength: 80, maxLength: 80 });
  fc.assert(
    fc.property(history, more, (steps, added) => {
      const higher = steps.map(({ afterMs, values }, index) => ({
        afterMs,
        values: values.map((value, level) => value + (added[index]?.[level] ?? 0)),
      }));
      const [low, high] = [climb(steps), climb(higher)];
      for (const [index, { level }] of low.entries()) expect(high[index]?.level).toBeGreaterThanOrEqual(level);
    }),
  );
});
