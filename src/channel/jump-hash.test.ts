import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jumpHash } from './jump-hash.ts';
import { hashOfKey } from './partition.ts';

const hash = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const size = fc.integer({ min: 1, max: 200 });

describe('jumpHash', () => {
  test('one place more moves a key to that one or not at all', () => {
    fc.assert(
      fc.property(hash, size, (each, places) => {
        const before = jumpHash(each, places);
        const after = jumpHash(each, places + 1);
        expect(before).toBeLessThan(places);
        expect([before, places]).toContain(after);
      }),
    );
  });

  test('keys are spread evenly, and one in so many moves', () => {
    const keys = Array.from({ length: 20_000 }, (_, key) => hashOfKey(`key ${key}`) as number);
    for (const places of [2, 7, 16]) {
      const counts = new Array<number>(places).fill(0);
      for (const key of keys) counts[jumpHash(key, places)]! += 1;
      for (const count of counts) expect(Math.abs(count / (keys.length / places) - 1)).toBeLessThan(0.1);
      const moved = keys.filter((key) => jumpHash(key, places) !== jumpHash(key, places + 1)).length;
      expect(Math.abs(moved / (keys.length / (places + 1)) - 1)).toBeLessThan(0.1);
    }
  });

  test('a key has the same place in every version', () => {
    expect([0, 1, 2 ** 31, 2 ** 32 - 1].map((each) => jumpHash(each, 10))).toEqual([3, 1, 6, 1]);
  });
});
