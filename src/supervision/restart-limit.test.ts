import { expect, test } from 'vitest';
import { type ChildFailure, RestartLimit } from './restart-limit.ts';

const failure = (wallMs: number): ChildFailure => ({ child: 'a', wallMs, regeneration: 0, error: 'boom' });

test('counts only what counts, and keeps every failure for the report', () => {
  const limit = new RestartLimit({ maxRestarts: 1, periodMs: 1_000 });
  expect(limit.record(failure(0), false, 0)).toBe(false);
  expect(limit.record(failure(1), true, 1)).toBe(false);
  expect(limit.record(failure(2), false, 2)).toBe(false);
  expect(limit.record(failure(3), true, 3)).toBe(true);
  expect(limit.failures.map(({ wallMs }) => wallMs)).toEqual([0, 1, 2, 3]);
  expect(limit.restartsMs).toEqual([1, 3]);
});

test('does not let the report grow with the failures', () => {
  const limit = new RestartLimit({ maxRestarts: 1_000, periodMs: 1_000 });
  for (let n = 0; n < 500; n += 1) limit.record(failure(n), true, n);
  expect(limit.failures).toHaveLength(20);
  expect(limit.failures.at(-1)?.wallMs).toBe(499);
});
