import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { STEP_POINTS, type StepPoint } from './crash-points.ts';
import { type Fault, FAULT_KINDS, type FaultKind, type Moment } from './faults.ts';
import { type FaultInjector, PlannedFaults, RandomFaults } from './fault-injector.ts';
import { SeededRandom } from './seeded-random.ts';

/** What a run asks its injector. */
type Question =
  | { readonly kind: 'step'; readonly actor: string; readonly point: StepPoint }
  | { readonly kind: 'turn'; readonly actor: string }
  | { readonly kind: 'effect'; readonly actor: string; readonly effect: string };

const ACTORS = ['a', 'b'];
const actor = fc.constantFrom(...ACTORS);
const points = Object.keys(STEP_POINTS) as StepPoint[];
const question: fc.Arbitrary<Question> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('step' as const), actor, point: fc.constantFrom(...points) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('turn' as const), actor }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('effect' as const), actor, effect: fc.constantFrom('read', 'write') }),
  },
);
const questions = fc.array(question, { maxLength: 200, size: 'max' });
const kinds = fc.subarray<FaultKind>([...FAULT_KINDS, 'stray']);
const seed = fc.nat();

/** Asks as a run does: each moment and each call has a number, from 1. */
function ask(injector: FaultInjector, asked: readonly Question[]): (readonly Fault[])[] {
  const counts = new Map<string, number>();
  const next = (key: string): number => {
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return count;
  };
  return asked.map((one) => {
    switch (one.kind) {
      case 'step': {
        const { actor: name, point } = one;
        const moment: Moment = { actor: name, point, occurrence: next(`${name} ${point}`) };
        return injector.at(moment, { actors: ACTORS });
      }
      case 'turn': {
        const fault = injector.hangs(one.actor, next(one.actor));
        return fault === undefined ? [] : [fault];
      }
      case 'effect': {
        const fault = injector.atEffect(one.actor, one.effect, next(`${one.actor} effect ${one.effect}`));
        return fault === undefined ? [] : [fault];
      }
    }
  });
}

const random = (from: number, some: readonly FaultKind[], faults: number, steps: number): RandomFaults =>
  new RandomFaults(new SeededRandom(from), some, { steps, faults });

describe('random faults', () => {
  test('are those that were asked for, each where it can be, and no more than twice as many', () => {
    fc.assert(
      fc.property(questions, kinds, seed, fc.nat({ max: 20 }), (asked, some, from, faults) => {
        const answers = ask(random(from, some, faults, 50), asked).flat();
        expect(answers.length).toBeLessThanOrEqual(2 * faults);
        for (const fault of answers) {
          expect(some).toContain(fault.kind);
          if (fault.kind === 'crash' || fault.kind === 'stray') expect(STEP_POINTS[fault.at.point]).toBe('throw');
          if (fault.kind === 'kill') expect(ACTORS).toContain(fault.actor);
          if (fault.kind === 'slow' || fault.kind === 'effectDelayed') expect(fault.ms).toBeGreaterThan(0);
        }
      }),
    );
  });

  test('are the same for the same seed', () => {
    fc.assert(
      fc.property(questions, kinds, seed, (asked, some, from) => {
        expect(ask(random(from, some, 10, 50), asked)).toEqual(ask(random(from, some, 10, 50), asked));
      }),
    );
  });

  test('each kind comes where all are asked for', () => {
    const asked = fc.sample(question, { numRuns: 5_000, seed: 1 });
    const come = new Set(
      ask(random(1, [...FAULT_KINDS, 'stray'], 500, 5_000), asked)
        .flat()
        .map(({ kind }) => kind),
    );
    expect([...come].sort()).toEqual([...FAULT_KINDS, 'stray'].sort());
  });
});

describe('planned faults', () => {
  test('answer as the random ones did whose faults they have', () => {
    fc.assert(
      fc.property(questions, kinds, seed, (asked, some, from) => {
        const answers = ask(random(from, some, 20, 50), asked);
        expect(ask(new PlannedFaults(answers.flat()), asked)).toEqual(answers);
      }),
    );
  });

  test('each comes at its moment and at no other, in their order', () => {
    const at: Moment = { actor: 'a', point: 'send', occurrence: 2 };
    const plan: readonly Fault[] = [
      { kind: 'slow', at, ms: 3 },
      { kind: 'kill', at, actor: 'b' },
    ];
    const step: Question = { kind: 'step', actor: 'a', point: 'send' };
    expect(ask(new PlannedFaults(plan), [step, step, step, { ...step, actor: 'b' }])).toEqual([[], plan, [], []]);
  });
});
