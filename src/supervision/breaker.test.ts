import { expect, test } from 'vitest';
import { Breaker } from './breaker.ts';

const SETTINGS = { maxFailures: 3, periodMs: 1_000, resetTimeoutMs: 500 };
const opened = (): Breaker => {
  const breaker = new Breaker(SETTINGS);
  for (const nowMs of [0, 1, 2]) breaker.failed(nowMs);
  return breaker;
};

test('opens at the last failure it allows, not before', () => {
  const breaker = new Breaker(SETTINGS);
  expect([0, 1, 2].map((nowMs) => breaker.failed(nowMs))).toEqual([undefined, undefined, 500]);
  expect(breaker.state).toBe('open');
});

test('with one failure allowed it opens at the first', () => {
  expect(new Breaker({ ...SETTINGS, maxFailures: 1 }).failed(0)).toBe(500);
});

test('does not open for failures that are far apart', () => {
  const breaker = new Breaker(SETTINGS);
  for (const nowMs of [0, 501, 1_002, 1_503, 2_004]) expect(breaker.failed(nowMs)).toBeUndefined();
});

test('is half-open for one start, which opens it for as long again', () => {
  const breaker = opened();
  expect([breaker.starting(), breaker.starting()]).toEqual([true, false]);
  expect(breaker.state).toBe('halfOpen');
  expect(breaker.failed(10_000)).toBe(500);
  expect([breaker.state, breaker.starting()]).toEqual(['open', true]);
});

test('closes by a start, and has forgotten what was before', () => {
  const breaker = opened();
  breaker.starting();
  expect([breaker.started(), breaker.started()]).toEqual([true, false]);
  expect([3, 4, 5].map((nowMs) => breaker.failed(nowMs))).toEqual([undefined, undefined, 500]);
});

test('says of a start and of a reset whether they change its state', () => {
  const breaker = new Breaker(SETTINGS);
  breaker.failed(0);
  breaker.failed(1);
  expect([breaker.starting(), breaker.started()]).toEqual([false, false]);
  expect(breaker.failed(2)).toBe(500); // a start while it was closed has not made it forget
  expect([breaker.reset(), breaker.reset()]).toEqual([true, false]);
  expect(breaker.failed(3)).toBeUndefined();
});
