import { expect, test } from 'vitest';
import { DRAINED, promiseOf, ready, readyLane, STOPPING } from './wait-results.ts';

const PLACES = [0, 1, 3, 4, 15, 16, 31, 32, 1_000];

test('every part and lane has its own result, whether it is kept or not', async () => {
  for (const index of PLACES) {
    expect(ready(index)).toEqual({ kind: 'ready', index, lane: -1 });
    expect(await promiseOf(ready(index))).toEqual(ready(index));
    for (const lane of [-1, ...PLACES]) {
      const result = readyLane(index, lane);
      expect(result).toEqual({ kind: 'ready', index, lane });
      expect(Object.isFrozen(result)).toBe(true);
      expect(await promiseOf(result)).toEqual(result);
    }
  }
});

test('the common ones are made once, and their promises too', () => {
  expect(ready(15)).toBe(ready(15));
  expect(promiseOf(ready(15))).toBe(promiseOf(ready(15)));
  expect(readyLane(3, 31)).toBe(readyLane(3, 31));
  expect(promiseOf(readyLane(3, 31))).toBe(promiseOf(readyLane(3, 31)));
  expect(readyLane(2, -1)).toBe(ready(2));
});

test('what is no lane has none', async () => {
  expect([STOPPING.lane, DRAINED.lane]).toEqual([-1, -1]);
  expect(await promiseOf(DRAINED)).toBe(DRAINED);
});
