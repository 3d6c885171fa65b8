import { describe, expect, test } from 'vitest';
import { alertSettings, breakerSettings, fallbackSettings, shrinkingLimitSettings } from './child-parts.ts';
import { checkSignificant, checkSupervision } from './setting-checks.ts';

const LIMITS = { maxRestarts: 5, periodMs: 10_000 };
const STATIC = { strategy: 'oneForOne', isDynamic: false, autoShutdown: 'never', ...LIMITS } as const;
const DYNAMIC = { ...STATIC, isDynamic: true } as const;

const refusedAs = (option: string, received: unknown): object =>
  expect.objectContaining({ code: 'ERR_INVALID_OPTION', details: { option, received } }) as object;

describe('S16: a supervisor', () => {
  test.each<[string, unknown]>([
    ['strategy', 'one_for_one'],
    ['maxRestarts', -1],
    ['maxRestarts', NaN],
    ['maxRestarts', 1.5],
    ['maxRestarts', '5'],
    ['periodMs', 0],
    ['periodMs', -1],
    ['periodMs', Infinity],
    ['periodMs', NaN],
    ['resetAfterMs', 0],
    ['autoShutdown', 'sometimes'],
    ['maxChildren', 3],
  ])('is refused with %s %o', (option, received) => {
    expect(() => checkSupervision({ ...STATIC, [option]: received })).toThrow(refusedAs(option, received));
  });

  test.each<[string, unknown]>([
    ['strategy', 'oneForAll'],
    ['strategy', 'restForOne'],
    ['maxRestarts', 0],
    ['maxRestarts', Infinity],
    ['periodMs', 1],
    ['resetAfterMs', 1],
    ['resetAfterMs', Infinity],
    ['autoShutdown', 'anySignificant'],
    ['autoShutdown', 'allSignificant'],
  ])('may have %s %o', (option, value) => {
    checkSupervision({ ...STATIC, [option]: value });
  });
});

describe('Y13: a dynamic supervisor', () => {
  test.each<[string, unknown]>([
    ['strategy', 'oneForAll'],
    ['strategy', 'restForOne'],
    ['autoShutdown', 'anySignificant'],
    ['maxChildren', 0],
    ['maxChildren', 1.5],
  ])('is refused with %s %o', (option, received) => {
    expect(() => checkSupervision({ ...DYNAMIC, [option]: received })).toThrow(refusedAs(option, received));
  });

  test.each([1, Infinity])('may have %d children', (maxChildren) => {
    checkSupervision({ ...DYNAMIC, maxChildren });
  });

  test('has no significant children', () => {
    const child = { significant: true, restart: 'transient' } as const;
    expect(() => checkSignificant(child, DYNAMIC)).toThrow(/significant must be false under a dynamic supervisor/);
  });
});

describe('A13: a significant child', () => {
  const any = { ...STATIC, autoShutdown: 'anySignificant' } as const;

  test('is refused if it is permanent, and where its end means nothing', () => {
    const refused = refusedAs('significant', true);
    expect(() => checkSignificant({ significant: true, restart: 'permanent' }, any)).toThrow(refused);
    expect(() => checkSignificant({ significant: true, restart: 'transient' }, STATIC)).toThrow(refused);
  });

  test('may be temporary or transient where its end means something', () => {
    for (const restart of ['temporary', 'transient'] as const) checkSignificant({ significant: true, restart }, any);
    checkSignificant({ significant: false, restart: 'permanent' }, STATIC);
  });
});

describe('the parts of a child', () => {
  const breaker = { maxFailures: 3, resetTimeoutMs: 1_000 };
  const shrinking = { full: 100, min: 10 };

  test('have these defaults', () => {
    expect(breakerSettings(breaker)).toEqual({ ...breaker, periodMs: 60_000 });
    expect(fallbackSettings({ after: 3 }, 500)).toEqual({ after: 3, returnAfterMs: 60_000, resetAfterMs: 500 });
    expect(alertSettings({ moreThan: 2, withinMs: 60_000 })).toEqual({ moreThan: 2, withinMs: 60_000 });
    const rest = { factor: 0.5, failures: 1, withinMs: 60_000, restoreAfterMs: 60_000 };
    expect(shrinkingLimitSettings('limit', shrinking)).toEqual({ ...shrinking, ...rest });
  });

  test.each<[string, unknown, (received: never) => unknown]>([
    ['breaker.maxFailures', 0, (maxFailures) => breakerSettings({ ...breaker, maxFailures })],
    ['breaker.maxFailures', undefined, () => breakerSettings({ resetTimeoutMs: 1 } as never)],
    ['breaker.periodMs', 0, (periodMs) => breakerSettings({ ...breaker, periodMs })],
    ['breaker.resetTimeoutMs', 0, (resetTimeoutMs) => breakerSettings({ ...breaker, resetTimeoutMs })],
    ['breaker.resetTimeoutMs', Infinity, (resetTimeoutMs) => breakerSettings({ ...breaker, resetTimeoutMs })],
    ['fallback.after', 0, (after) => fallbackSettings({ after }, 0)],
    ['fallback.returnAfterMs', 0, (returnAfterMs) => fallbackSettings({ after: 1, returnAfterMs }, 0)],
    ['alert.moreThan', -1, (moreThan) => alertSettings({ moreThan, withinMs: 1 })],
    ['alert.withinMs', 0, (withinMs) => alertSettings({ moreThan: 1, withinMs })],
    ['limit.min', -1, (min) => shrinkingLimitSettings('limit', { full: 1, min })],
    ['limit.full', 9, (full) => shrinkingLimitSettings('limit', { ...shrinking, full })],
    ['limit.factor', 0, (factor) => shrinkingLimitSettings('limit', { ...shrinking, factor })],
    ['limit.factor', 1, (factor) => shrinkingLimitSettings('limit', { ...shrinking, factor })],
    ['limit.factor', NaN, (factor) => shrinkingLimitSettings('limit', { ...shrinking, factor })],
    ['limit.failures', 0, (failures) => shrinkingLimitSettings('limit', { ...shrinking, failures })],
    ['limit.withinMs', 0, (withinMs) => shrinkingLimitSettings('limit', { ...shrinking, withinMs })],
    ['limit.restoreAfterMs', 0, (restoreAfterMs) => shrinkingLimitSettings('limit', { ...shrinking, restoreAfterMs })],
  ])('%s is not %o', (option, received, check) => {
    expect(() => check(received as never)).toThrow(refusedAs(option, received));
  });

  test.each<[string, () => unknown]>([
    ['breaker', () => breakerSettings({ ...breaker, resetTimeout: 1 } as never)],
    ['alert', () => alertSettings({ moreThan: 1, withinMs: 1, often: 1 } as never)],
    ['limit', () => shrinkingLimitSettings('limit', { ...shrinking, max: 1 } as never)],
  ])('%s: a misspelt option is not ignored', (what, check) => {
    expect(check).toThrow(new RegExp(`^${what}: unknown option`));
  });
});
