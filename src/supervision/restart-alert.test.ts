import { expect, test } from 'vitest';
import { RestartAlert } from './restart-alert.ts';

const told = (times: readonly number[], moreThan: number = 2): readonly number[] => {
  const alert = new RestartAlert({ moreThan, withinMs: 60_000 });
  return times.filter((nowMs) => alert.restarted(nowMs));
};

test('tells of the one restart too many, and of no further ones', () => {
  expect(told([0, 1, 2, 3, 4])).toEqual([2]);
});

test('counts a restart that is exactly as old as the time', () => {
  expect(told([0, 1, 60_000])).toEqual([60_000]);
  expect(told([0, 1, 60_001])).toEqual([]);
});

test('tells again only after it was less often', () => {
  expect(told([0, 1, 2, 60_001, 60_002, 120_100, 120_101, 120_102])).toEqual([2, 120_102]);
});

test('with none allowed it tells of the first, and of each that is alone in its time', () => {
  expect(told([0, 1, 100_000], 0)).toEqual([0]);
});
