import { expect, test } from 'vitest';
import { ACTOR_DEFAULTS } from '../actor/settings.ts';
import { RestartDelay } from './restart-delay.ts';

const HALF = { next: () => 0.5 };
const backoff = { minMs: 100, maxMs: 350, factor: 2, jitter: 0, resetAfterMs: 1_000 };
const delays = (times: readonly number[]): number[] => {
  const delay = new RestartDelay();
  return times.map((nowMs) => delay.next(backoff, nowMs, HALF));
};

test('grows with failures in a row up to its maximum', () => {
  expect(delays([0, 1, 2, 3])).toEqual([100, 200, 350, 350]);
});

test('starts anew after the quiet time, not a moment before', () => {
  expect(delays([0, 1_000])).toEqual([100, 100]);
  expect(delays([0, 999.9])).toEqual([100, 200]);
});

test('stays none for an actor without backoff, however often it fails', () => {
  const delay = new RestartDelay();
  for (let n = 0; n < 3_000; n += 1) expect(delay.next(ACTOR_DEFAULTS.backoff, n, HALF)).toBe(0);
});
