import { expect, test } from 'vitest';
import { ACTOR_DEFAULTS } from '../actor/settings.ts';
import { RestartDelay } from './restart-delay.ts';

const HALF = { next: () => 0.5 };
const backoff = { minMs: 100, maxMs: 350, factor: 2, jitter: 0, resetAfterMs: 1_000 };

/** The delays of failures at such times, each start at once. */
const delays = (times: readonly number[]): number[] => {
  const delay = new RestartDelay();
  return times.map((nowMs) => {
    const delayMs = delay.next(backoff, nowMs, HALF);
    delay.started(nowMs);
    return delayMs;
  });
};

test('grows with failures in a row up to its maximum', () => {
  expect(delays([0, 1, 2, 3])).toEqual([100, 200, 350, 350]);
});

test('starts anew after the quiet time, not a moment before', () => {
  expect(delays([0, 1_000])).toEqual([100, 100]);
  expect(delays([0, 999.9])).toEqual([100, 200]);
});

test('the quiet time begins with the first start after the failure', () => {
  const delay = new RestartDelay();
  delay.next(backoff, 0, HALF);
  delay.started(500);
  delay.started(1_400); // with its group
  expect(delay.next(backoff, 1_499, HALF)).toBe(200);
  delay.started(2_000);
  delay.started(2_900);
  expect(delay.next(backoff, 3_000, HALF)).toBe(100);
});

test('what does not start has no quiet time', () => {
  const delay = new RestartDelay();
  expect([0, 5_000, 10_000].map((nowMs) => delay.next(backoff, nowMs, HALF))).toEqual([100, 200, 350]);
});

test('stays none for an actor without backoff, however often it fails', () => {
  const delay = new RestartDelay();
  for (let n = 0; n < 3_000; n += 1) expect(delay.next(ACTOR_DEFAULTS.backoff, n, HALF)).toBe(0);
});
