import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addTo, type Aggregate, compareCodePoints, detachedKey, resultLine, sortedKeys } from './aggregate.ts';

function aggregateOf(values: readonly number[]): Aggregate | undefined {
  return values.reduce<Aggregate | undefined>(addTo, undefined);
}

function lines(...entries: readonly (readonly [string, readonly number[]])[]): string[] {
  const aggregates = new Map<string, Aggregate>();
  for (const [key, values] of entries)
    for (const value of values) aggregates.set(key, addTo(aggregates.get(key), value));
  return sortedKeys(aggregates.keys()).map((key) => resultLine({ key, ...aggregates.get(key)! }));
}

test('counts, adds and keeps both ends', () => {
  expect(aggregateOf([3])).toEqual({ count: 1, sum: 3, min: 3, max: 3 });
  expect(aggregateOf([3, -1, 5])).toEqual({ count: 3, sum: 7, min: -1, max: 5 });
});

test('adds in the order of the calls', () => {
  expect(aggregateOf([0.1, 0.2, 0.3])?.sum).toBe(0.1 + 0.2 + 0.3);
  expect(aggregateOf([0.3, 0.2, 0.1])?.sum).toBe(0.3 + 0.2 + 0.1);
  expect(0.1 + 0.2 + 0.3).not.toBe(0.3 + 0.2 + 0.1);
});

test('leaves the aggregate it adds to as it was', () => {
  const before = Object.freeze({ count: 1, sum: 1, min: 1, max: 1 });
  expect(addTo(before, 2)).toEqual({ count: 2, sum: 3, min: 1, max: 2 });
});

test('takes -0 for 0', () => {
  expect(aggregateOf([-0])).toEqual({ count: 1, sum: 0, min: 0, max: 0 });
  expect(aggregateOf([0, -0])).toEqual({ count: 2, sum: 0, min: 0, max: 0 });
  expect(lines(['a', [-0]])).toEqual(['{"key":"a","count":1,"sum":0,"min":0,"max":0}']);
});

test('survives a round trip through JSON', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true, min: -1e300, max: 1e300 }), { minLength: 1 }), (values) => {
      const aggregate = aggregateOf(values);
      expect(JSON.parse(JSON.stringify(aggregate))).toEqual(aggregate);
    }),
  );
});

test('writes null for a sum that no double can hold', () => {
  expect(lines(['a', [Number.MAX_VALUE, Number.MAX_VALUE]])).toEqual([
    '{"key":"a","count":2,"sum":null,"min":1.7976931348623157e+308,"max":1.7976931348623157e+308}',
  ]);
});

test('writes nothing for nothing', () => {
  expect(lines()).toEqual([]);
});

test('sorts keys by code point, lone surrogates at their own place', () => {
  const sorted = [
    '',
    '"',
    'a',
    'a\u0000',
    'aa',
    'é',
    '\ud7ff',
    '\ud83d',
    '\ud83da',
    '\ud83d\ue000',
    '\ude00',
    '\uff5e',
    '😀',
    '😀a',
    '😁',
  ];
  expect([...sorted].reverse().sort(compareCodePoints)).toEqual(sorted);
  expect(lines(['😀', [1]], ['\uff5e', [1]], ['\ud83d', [1]], ['"', [1]]).map((line) => line.split(',')[0])).toEqual([
    '{"key":"\\""',
    '{"key":"\\ud83d"',
    '{"key":"\uff5e"',
    '{"key":"😀"',
  ]);
});

test('compares as the lists of code points compare', () => {
  const key = fc.string({
    unit: fc.constantFrom('a', '\ud83d', '\ude00', '\ude01', '\ud83e', '\uff5e', 'é'),
    maxLength: 5,
  });
  const points = (text: string): number[] => [...text].map((character) => character.codePointAt(0) ?? 0);
  const reference = (left: string, right: string): number => {
    const [a, b] = [points(left), points(right)];
    const at = a.findIndex((point, i) => point !== b[i]);
    return at < 0 ? a.length - b.length : Math.sign((a[at] ?? -1) - (b[at] ?? -1));
  };
  fc.assert(
    fc.property(key, key, (left, right) => {
      expect(Math.sign(compareCodePoints(left, right))).toBe(Math.sign(reference(left, right)));
    }),
    { numRuns: 5_000 },
  );
});

test('a detached key is the same key', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', '\ud83d', '\ude00', 'é', '\uffff') }), (key) => {
      expect(detachedKey(key)).toBe(key);
    }),
  );
});
