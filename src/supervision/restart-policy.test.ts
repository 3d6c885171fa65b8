import { describe, expect, test } from 'vitest';
import type { Exit } from '../actor/events.ts';
import { ACTOR_DEFAULTS, type ActorOptions, actorSettings } from '../actor/settings.ts';
import { RestartPolicy, shouldRestart } from './restart-policy.ts';

const HALF = { next: () => 0.5 };
const CRASH: Exit = { kind: 'crashed', error: new Error('boom') };
const policyOf = (options: ActorOptions): RestartPolicy =>
  new RestartPolicy(actorSettings('actor', options, ACTOR_DEFAULTS), HALF);
const failure = (wallMs: number): { wallMs: number; regeneration: number; error: unknown } => ({
  wallMs,
  regeneration: 0,
  error: 'boom',
});

test.each([
  ['permanent', { crashed: true, killed: true, normal: true, shutdown: true, completed: false }],
  ['transient', { crashed: true, killed: true, normal: false, shutdown: false, completed: false }],
  ['temporary', { crashed: false, killed: false, normal: false, shutdown: false, completed: false }],
] as const)('%s comes back after: %o', (restart, expected) => {
  const exits: Exit[] = [CRASH, ...(['killed', 'normal', 'shutdown', 'completed'] as const).map((kind) => ({ kind }))];
  expect(Object.fromEntries(exits.map((exit) => [exit.kind, shouldRestart(restart, exit)]))).toEqual(expected);
});

describe('the limit', () => {
  test('counts only what counts, and keeps every failure for the report', () => {
    const policy = policyOf({ maxRestarts: 1, periodMs: 1_000 });
    expect(policy.childEnded(CRASH, false, 0, failure(0)).kind).toBe('restart');
    expect(policy.childEnded(CRASH, true, 1, failure(1)).kind).toBe('restart');
    expect(policy.childEnded(CRASH, false, 2, failure(2)).kind).toBe('restart');
    expect(policy.childEnded(CRASH, true, 3, failure(3)).kind).toBe('escalate');
    expect(policy.failures.map(({ wallMs }) => wallMs)).toEqual([0, 1, 2, 3]);
  });

  test('does not let the report grow with the failures', () => {
    const policy = policyOf({ maxRestarts: Infinity });
    for (let n = 0; n < 500; n += 1) policy.childEnded(CRASH, true, n, failure(n));
    expect(policy.failures).toHaveLength(20);
    expect(policy.failures.at(-1)?.wallMs).toBe(499);
  });
});

describe('the delay', () => {
  const backoff = { minMs: 100, maxMs: 350, factor: 2, jitter: 0, resetAfterMs: 1_000 };
  const delay = (policy: RestartPolicy, nowMs: number, exit: Exit = CRASH): number => {
    const decision = policy.childEnded(exit, true, nowMs, failure(nowMs));
    return decision.kind === 'restart' ? decision.delayMs : NaN;
  };

  test('grows with failures in a row up to its maximum', () => {
    const policy = policyOf({ backoff, maxRestarts: Infinity });
    expect([0, 1, 2, 3].map((nowMs) => delay(policy, nowMs))).toEqual([100, 200, 350, 350]);
  });

  test('starts anew after the quiet time, not a moment before', () => {
    const quiet = policyOf({ backoff, maxRestarts: Infinity });
    expect([0, 1_000].map((nowMs) => delay(quiet, nowMs))).toEqual([100, 100]);
    const restless = policyOf({ backoff, maxRestarts: Infinity });
    expect([0, 999.9].map((nowMs) => delay(restless, nowMs))).toEqual([100, 200]);
  });

  test('is the shortest one after an exit by its own wish, which is no failure', () => {
    const policy = policyOf({ backoff, maxRestarts: Infinity });
    expect([delay(policy, 0), delay(policy, 1, { kind: 'normal' }), delay(policy, 2)]).toEqual([100, 100, 200]);
  });

  test('stays none for an actor without backoff, however often it fails', () => {
    const policy = policyOf({ maxRestarts: Infinity });
    for (let n = 0; n < 3_000; n += 1) expect(delay(policy, n)).toBe(0);
  });
});
