import { describe, expect, test } from 'vitest';
import { type DegradationLevel, degradationSettings } from './degradation-options.ts';

const level = (more: Partial<DegradationLevel> = {}): DegradationLevel => ({
  name: 'low',
  when: { heapUsedRatio: 0.5 },
  ...more,
});

const when = (triggers: unknown) => degradationSettings({ levels: [level({ when: triggers as never })] });

test('completes what was left out, and freezes it', () => {
  const settings = degradationSettings({ levels: [level()] });
  expect(settings).toEqual({
    levels: [
      {
        name: 'low',
        when: { heapUsedRatio: 0.5, custom: {} },
        pauseOptional: false,
        sourceDelayMs: 0,
        capacityFactor: 1,
      },
    ],
    checkEveryMs: 1_000,
    recover: { below: 0.8, afterMs: 10_000 },
  });
  expect([settings, settings.levels, settings.levels[0], settings.levels[0]?.when].every(Object.isFrozen)).toBe(true);
});

test('takes undefined for what was left out', () => {
  const nothing = { pauseOptional: undefined, sourceDelayMs: undefined, capacityFactor: undefined };
  const options = { levels: [level(nothing as never)], recover: { below: undefined, afterMs: undefined } };
  expect(degradationSettings(options as never)).toEqual(degradationSettings({ levels: [level()] }));
});

test('keeps 0 and the ends of each range', () => {
  const settings = degradationSettings({
    levels: [level({ when: { heapUsedRatio: 1, deadLettersRatio: 1, backlogAgeMs: 1 }, capacityFactor: 1 })],
    checkEveryMs: 1,
    recover: { below: 1, afterMs: 0 },
  });
  expect(settings).toMatchObject({ checkEveryMs: 1, recover: { below: 1, afterMs: 0 } });
});

describe('refuses', () => {
  test.each([
    [[], 'one level or more'],
    [undefined, 'one level or more'],
    [[null], 'an object, got null'],
    [[level({ name: '' })], 'name of a level'],
    [[level({ name: 'normal' })], 'one of its own'],
    [[level(), level()], 'one of its own'],
    [[level({ no: 1 } as never)], 'unknown option "no"'],
    [[level({ pauseOptional: 'yes' as never })], 'true or false'],
    [[level({ sourceDelayMs: -1 })], '0 or more'],
    [[level({ capacityFactor: 0 })], 'above 0'],
    [[level({ capacityFactor: 1.01 })], 'above 0'],
  ])('levels %#: %s', (levels, message) => {
    expect(() => degradationSettings({ levels: levels as never })).toThrow(message);
  });

  test.each([
    [undefined, 'an object of triggers'],
    [{}, 'one trigger or more'],
    [{ custom: {} }, 'one trigger or more'],
    [{ no: 1 }, 'unknown option "no"'],
    [{ heapUsedRatio: 0 }, 'above 0'],
    [{ heapUsedRatio: 1.01 }, 'above 0'],
    [{ deadLettersRatio: NaN }, 'above 0'],
    [{ backlogAgeMs: 0 }, '1 or more'],
    [{ restarts: { count: 0, periodMs: 1 } }, '1 or more'],
    [{ restarts: { count: 1, periodMs: 0 } }, '1 or more'],
    [{ restarts: { count: 1, periodMs: 1, no: 1 } }, 'unknown option "no"'],
    [{ heapUsedRatio: 0.5, custom: null }, 'an object, got null'],
    [{ heapUsedRatio: 0.5, custom: 5 }, 'an object, got 5'],
    [{ custom: { 'disk full': true } }, 'a function'],
    [{ custom: { restarts: () => true } }, 'none of the built-in ones'],
  ])('triggers %#: %s', (triggers, message) => {
    expect(() => when(triggers)).toThrow(message);
  });

  test.each([
    [{ checkEveryMs: 0 }, '1 or more'],
    [{ recover: { below: 0 } }, 'above 0'],
    [{ recover: { below: 1.01 } }, 'above 0'],
    [{ recover: { afterMs: -1 } }, '0 or more'],
    [{ recover: { no: 1 } }, 'unknown option "no"'],
    [{ no: 1 }, 'unknown option "no"'],
  ])('options %#: %s', (options, message) => {
    expect(() => degradationSettings({ levels: [level()], ...(options as object) })).toThrow(message);
  });
});
