import { expect, test } from 'vitest';
import { backoffDelayMs } from './backoff.ts';

const BACKOFF = { minMs: 100, maxMs: 10_000, factor: 2, jitter: 0.5, resetAfterMs: 0 };
const always = (value: number): { next: () => number } => ({ next: () => value });

test('doubles from the least to the greatest delay', () => {
  const delays = [0, 1, 2, 6, 7, 2_000].map((step) => backoffDelayMs(BACKOFF, step, always(0)));
  expect(delays).toEqual([100, 200, 400, 6_400, 10_000, 10_000]);
});

test('jitter takes away at the most its part of the delay', () => {
  expect(backoffDelayMs(BACKOFF, 0, always(0.999_999))).toBeCloseTo(50, 2);
  expect(backoffDelayMs({ ...BACKOFF, jitter: 0 }, 0, always(0.9))).toBe(100);
  expect(backoffDelayMs({ ...BACKOFF, jitter: 1 }, 0, always(0.5))).toBe(50);
});

test('no delay stays no delay at any step, also where the factor has grown beyond all numbers', () => {
  expect([0, 1_023, 1_024, 5_000].map((step) => backoffDelayMs({ ...BACKOFF, minMs: 0 }, step, always(0)))).toEqual([
    0, 0, 0, 0,
  ]);
});
