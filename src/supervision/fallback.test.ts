import { expect, test } from 'vitest';
import { Fallback } from './fallback.ts';

const SETTINGS = { after: 3, returnAfterMs: 60_000, resetAfterMs: 1_000 };
const takenOver = (): Fallback => {
  const fallback = new Fallback(SETTINGS);
  for (const nowMs of [0, 1, 2]) fallback.failed(nowMs);
  return fallback;
};

test('takes over at the last of the failures in a row, once', () => {
  const fallback = new Fallback(SETTINGS);
  expect([0, 1, 2, 3].map((nowMs) => fallback.failed(nowMs))).toEqual([false, false, true, false]);
  expect(fallback.isOn).toBe(true);
});

test('a quiet time since it came up ends the row, not a moment sooner', () => {
  const failedAfter = (quietMs: number): boolean => {
    const fallback = new Fallback(SETTINGS);
    fallback.failed(0);
    fallback.failed(0);
    fallback.started(500);
    fallback.started(700); // with its group: it has not failed
    return fallback.failed(500 + quietMs);
  };
  expect([failedAfter(999), failedAfter(1_000)]).toEqual([true, false]);
});

test('a time in which it did not run is no quiet time', () => {
  const fallback = new Fallback(SETTINGS);
  expect([0, 5_000, 10_000].map((nowMs) => fallback.failed(nowMs))).toEqual([false, false, true]);
});

test('says when to go back, while it stands in', () => {
  expect(new Fallback(SETTINGS).started(0)).toBeUndefined();
  expect(takenOver().started(0)).toBe(60_000);
  const forGood = new Fallback({ after: 1, returnAfterMs: Infinity, resetAfterMs: 0 });
  forGood.failed(0);
  expect(forGood.started(0)).toBeUndefined();
});

test('after the way back one failure is enough, unless a quiet time has passed', () => {
  const restless = takenOver();
  expect([restless.goBack(), restless.goBack()]).toEqual([true, false]);
  restless.started(100);
  expect(restless.failed(1_099)).toBe(true);
  const quiet = takenOver();
  quiet.goBack();
  quiet.started(100);
  expect([1_100, 1_101, 1_102].map((nowMs) => quiet.failed(nowMs))).toEqual([false, false, true]);
});
