import { expect, test } from 'vitest';
import { RestartWindow } from './restart-window.ts';

test('escalates on the restart after maxRestarts, not on it', () => {
  const window = new RestartWindow({ maxRestarts: 2, periodMs: 5_000 });
  expect([window.record(0), window.record(1), window.record(2)]).toEqual(['restart', 'restart', 'escalate']);
});

test('with 0 the first crash escalates, with Infinity none does', () => {
  expect(new RestartWindow({ maxRestarts: 0, periodMs: 1 }).record(0)).toBe('escalate');
  const unlimited = new RestartWindow({ maxRestarts: Infinity, periodMs: 1 });
  expect(new Set(Array.from({ length: 1_000 }, () => unlimited.record(0)))).toEqual(new Set(['restart']));
});

test('a restart exactly periodMs old still counts, one a moment older does not', () => {
  const at = new RestartWindow({ maxRestarts: 1, periodMs: 1_000 });
  at.record(0);
  expect(at.record(1_000)).toBe('escalate');
  const after = new RestartWindow({ maxRestarts: 1, periodMs: 1_000 });
  after.record(0);
  expect(after.record(1_000.1)).toBe('restart');
});

test('slides: old restarts leave one by one', () => {
  const window = new RestartWindow({ maxRestarts: 2, periodMs: 100 });
  expect([0, 60, 101, 161, 202].map((nowMs) => window.record(nowMs))).not.toContain('escalate');
  expect(window.record(203)).toBe('escalate');
});

test('counts what falls within the period, and no more than one beyond the limit', () => {
  const window = new RestartWindow({ maxRestarts: 2, periodMs: 100 });
  expect(window.count(0)).toBe(0);
  for (const nowMs of [0, 10, 20, 30, 40]) window.record(nowMs);
  expect(window.count(40)).toBe(3);
  expect(window.count(130)).toBe(2);
  expect(window.count(140)).toBe(1);
  expect(window.count(141)).toBe(0);
});

test('forgets everything after a quiet time, not a moment before', () => {
  const window = (): RestartWindow => {
    const made = new RestartWindow({ maxRestarts: 2, periodMs: 10_000, resetAfterMs: 2_000 });
    for (const nowMs of [0, 100]) made.record(nowMs);
    return made;
  };
  expect(window().record(2_099)).toBe('escalate');
  const quiet = window();
  expect(quiet.record(2_100)).toBe('restart');
  expect([quiet.times, quiet.count(2_100)]).toEqual([[2_100], 1]);
});
