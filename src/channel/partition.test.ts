import { describe, expect, test } from 'vitest';
import { laneOf, type PartitionKey } from './partition.ts';

describe('the lane of a key', () => {
  // Whoever keeps state by lane finds it by these. They never change: not with a version, a machine or a process.
  test.each<[PartitionKey, of8: number, of1000: number]>([
    ['', 5, 668],
    ['a', 0, 103],
    ['customer-1', 7, 908],
    ['customer-2', 0, 28],
    ['Grüße', 1, 194],
    ['😀', 3, 416],
    [0, 0, 0],
    [-0, 0, 0],
    [1, 1, 187],
    [-1, 6, 805],
    [42, 5, 725],
    [2 ** 31, 1, 138],
    [2 ** 32, 2, 317],
    [2 ** 32 + 1, 1, 240],
    [2 ** 53 - 1, 5, 722],
    [1.5, 0, 76],
    [Infinity, 5, 721],
    [1e21, 5, 738],
    [7n, 3, 403],
    [2n ** 64n, 3, 470],
    [true, 1, 187],
    [false, 0, 0],
  ])('is for ever: %s', (key, of8, of1000) => {
    expect([laneOf(key, 8), laneOf(key, 1_000)]).toEqual([of8, of1000]);
  });

  test('is the same for integers, bigints and booleans that are equal', () => {
    for (const number of [0, 1, 2, -5, 123_456_789, 2 ** 40]) {
      expect(laneOf(BigInt(number), 64)).toBe(laneOf(number, 64));
    }
    expect(laneOf(true, 64)).toBe(laneOf(1, 64));
  });

  test('is the only one where there is one', () => {
    expect(['a', 1, 2n, true].map((key) => laneOf(key, 1))).toEqual([0, 0, 0, 0]);
  });

  const KEYS = 10_000;
  test.each<[string, (n: number) => PartitionKey]>([
    ['integers in a row', (n) => n],
    ['negative integers', (n) => -n],
    ['multiples of the number of lanes', (n) => n * 64],
    ['integers that differ above 32 bits only', (n) => n * 2 ** 32],
    ['fractions', (n) => n + 0.5],
    ['bigints above 2 ** 53', (n) => 2n ** 64n + BigInt(n)],
    ['texts with the same beginning', (n) => `customer-${n}`],
    ['texts with the same end', (n) => `${n}@example.com`],
    ['texts that differ in their last place only', (n) => 'x'.repeat(30) + String.fromCharCode(n)],
  ])('spreads %s evenly', (_, key) => {
    for (const lanes of [2, 3, 8, 10, 64]) {
      const counts = new Array<number>(lanes).fill(0);
      for (let n = 0; n < KEYS; n += 1) {
        const lane = laneOf(key(n), lanes);
        counts[lane] = (counts[lane] as number) + 1;
      }
      const expected = KEYS / lanes;
      const chiSquared = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
      // What drawing lots would exceed once in more than 10,000 times.
      expect(chiSquared).toBeLessThan(lanes - 1 + 4 * Math.sqrt(2 * (lanes - 1)) + 8);
    }
  });

  test.each([undefined, null, NaN, {}, [], Symbol('key'), (): number => 1, new Date(0)])('%o is no key', (key) => {
    expect(() => laneOf(key as never, 8)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_KEY', details: { by: 'laneOf', received: key } }) as Error,
    );
  });

  test('needs a number of lanes', () => {
    for (const lanes of [0, -1, 1.5, NaN]) {
      expect(() => laneOf('a', lanes)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }) as Error);
    }
  });
});
