import { expect, test } from 'vitest';
import { judge, type ScenarioResult } from './lane-results.ts';
import { renderReport } from './report.ts';
import { checkScenario, type Figures, type Lane, type Scenario } from './scenario.ts';

function lane(name: string): Lane {
  return { name, kind: 'floor', measure: async () => ({}) };
}

const scenario: Scenario = {
  name: 'example',
  about: 'Nothing.',
  metrics: [
    { name: 'speed', better: 'higher', digits: 1 },
    { name: 'cost', better: 'lower', digits: 0 },
  ],
  floor: 'bare',
  lanes: [lane('bare'), lane('half'), lane('absent')],
  targets: [],
};

function resultOf(rounds: readonly Figures[]): ScenarioResult {
  return {
    scenario,
    lanes: [
      { kind: 'measured', lane: lane('bare'), rounds: rounds.map(() => ({ speed: 10, cost: 10 })) },
      { kind: 'measured', lane: lane('half'), rounds },
      { kind: 'skipped', lane: lane('absent'), reason: 'it is not here' },
    ],
  };
}

const half = resultOf([{ speed: 5, cost: 20 }]);

test.each([
  { target: { lane: 'half', against: 'bare', ratio: 0.5 }, verdict: 'met' },
  { target: { lane: 'half', against: 'bare', ratio: 0.51 }, verdict: 'not met' },
  { target: { lane: 'half', against: 'bare', metric: 'cost', ratio: 2 }, verdict: 'met' },
  { target: { lane: 'half', against: 'bare', metric: 'cost', ratio: 1.99 }, verdict: 'not met' },
  { target: { lane: 'half', metric: 'speed', bound: 5 }, verdict: 'met' },
  { target: { lane: 'half', metric: 'speed', bound: 5.1 }, verdict: 'not met' },
  { target: { lane: 'half', metric: 'cost', bound: 20 }, verdict: 'met' },
  { target: { lane: 'half', metric: 'cost', bound: 19 }, verdict: 'not met' },
  { target: { lane: 'absent', metric: 'cost', bound: 19 }, verdict: 'not run' },
  { target: { lane: 'absent', against: 'bare', ratio: 0.5 }, verdict: 'not run' },
])('$target is $verdict', ({ target, verdict }) => {
  expect(judge(half, target).verdict).toBe(verdict);
});

test('the report names the median, the range, the ratio and why a lane was skipped', () => {
  const rounds = [
    { speed: 5, cost: 20 },
    { speed: 4, cost: 20 },
    { speed: 8, cost: 20 },
  ];
  const report = renderReport({ Node: '20' }, { warmUpMs: 1, measureMs: 1, scale: 1, rounds: 3 }, [resultOf(rounds)]);
  expect(report).toContain('| half   | floor |     5.0 |   4.0 to 8.0 | ×0.500 |');
  expect(report).toContain('absent skipped: it is not here');
});

test('the report says what each target promised, in ratios or in the unit of the metric', () => {
  const targets = [
    { lane: 'half', against: 'bare', ratio: 1 / 1.4 },
    { lane: 'half', metric: 'cost', bound: 25 },
  ];
  const report = renderReport({}, { warmUpMs: 1, measureMs: 1, scale: 1, rounds: 1 }, [
    { ...half, scenario: { ...scenario, targets } },
  ]);
  expect(report).toContain('| half at least ×0.714 bare | ×0.500 (×0.500 to ×0.500) | not met |');
  expect(report).toContain('| half: cost at most 25     | 20 (20 to 20)             | met     |');
});

test('an absolute target for a metric that does not exist is an error', () => {
  const targets = [{ lane: 'half', metric: 'weight', bound: 1 }];
  expect(() => checkScenario({ ...scenario, targets })).toThrow('has no metric "weight"');
});

test('a target for a lane that does not exist is an error, not a target that is never run', () => {
  const targets = [{ lane: 'nobody', against: 'bare', ratio: 1 }];
  expect(() => checkScenario({ ...scenario, targets })).toThrow('has no lane "nobody"');
});
