import { expect, test } from 'vitest';
import { percentile, spreadOf, spreadOfRatios } from './statistics.ts';

test('the median of an even number of values lies between the two in the middle', () => {
  expect(spreadOf([4, 1, 3, 2])).toEqual({ median: 2.5, min: 1, max: 4 });
});

test('a percentile sorts by number, not by text', () => {
  expect(percentile([10, 9, 100], 0.5)).toBe(10);
});

test('a percentile of no values throws', () => {
  expect(() => percentile([], 0.5)).toThrow('at least one value');
});

test('ratios are taken round by round, so a slow round cancels out', () => {
  expect(spreadOfRatios([10, 1, 20], [5, 0.5, 10])).toEqual({ median: 2, min: 2, max: 2 });
});

test('a round without one of the two values is left out', () => {
  expect(spreadOfRatios([undefined, 6], [5, 3])).toEqual({ median: 2, min: 2, max: 2 });
  expect(spreadOfRatios([undefined, 6], [5, undefined])).toBeUndefined();
});
