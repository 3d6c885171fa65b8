import { expect, test } from 'vitest';
import { ShrinkingLimit, type ShrinkingLimitSettings } from './shrinking-limit.ts';

const limitOf = (settings: Partial<ShrinkingLimitSettings> = {}): ShrinkingLimit =>
  new ShrinkingLimit({
    full: 1_000,
    min: 100,
    factor: 0.5,
    failures: 1,
    withinMs: 1_000,
    restoreAfterMs: 60_000,
    ...settings,
  });

test('is full where nothing fails, at any time', () => {
  const limit = limitOf();
  expect([0, 1e9].map((nowMs) => limit.valueAt(nowMs))).toEqual([1_000, 1_000]);
});

test('goes down a step with each failure, and never below its least', () => {
  const limit = limitOf();
  const values = [0, 1, 2, 3, 4].map((nowMs) => [limit.failed(nowMs), limit.valueAt(nowMs)]);
  expect(values).toEqual([
    [true, 500],
    [true, 250],
    [true, 125],
    [true, 100],
    [false, 100],
  ]);
});

test('goes up a step for each quiet time, from the last failure on', () => {
  const limit = limitOf();
  for (const nowMs of [0, 1, 2, 3, 4, 5, 6]) limit.failed(nowMs);
  const values = [60_005, 60_006, 120_006, 180_006, 240_006, 1e9].map((nowMs) => limit.valueAt(nowMs));
  expect(values).toEqual([100, 125, 250, 500, 1_000, 1_000]);
});

test('goes down from where it has come up to', () => {
  const limit = limitOf();
  for (const nowMs of [0, 1, 2]) limit.failed(nowMs);
  expect(limit.valueAt(60_002)).toBe(250);
  limit.failed(60_002);
  expect(limit.valueAt(60_002)).toBe(125);
  expect(limit.valueAt(120_002)).toBe(250);
});

test('a step takes so many failures within the time, and they count once', () => {
  const limit = limitOf({ failures: 2 });
  const failed = [0, 2_000, 2_500, 2_600, 2_700].map((nowMs) => limit.failed(nowMs));
  expect(failed).toEqual([false, false, true, false, true]);
  expect(limit.valueAt(2_700)).toBe(250);
});

test('a failure that is no step puts off the way up', () => {
  const limit = limitOf({ failures: 2 });
  limit.failed(0);
  limit.failed(0);
  limit.failed(30_000);
  expect([60_000, 90_000].map((nowMs) => limit.valueAt(nowMs))).toEqual([500, 1_000]);
});

test('may stay down for ever', () => {
  const limit = limitOf({ restoreAfterMs: Infinity });
  limit.failed(0);
  expect(limit.valueAt(1e12)).toBe(500);
});
