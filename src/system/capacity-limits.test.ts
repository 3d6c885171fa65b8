import { describe, expect, test } from 'vitest';
import { Ring } from '../channel/ring.ts';
import { CapacityLimits } from './capacity-limits.ts';

const NONE = new Set<Ring>();

/** A full ring in which somebody waits for room. */
function crowded(capacity: number): Ring {
  const ring = new Ring('ring', capacity);
  for (let message = 0; message < capacity; message += 1) ring.push(message);
  ring.joinLine({ ticket: 1, roomAppeared: () => undefined });
  return ring;
}

test('limits what is there and, at the next check, what is new; and lifts it', () => {
  const limits = new CapacityLimits();
  const rings = [new Ring('a', 100), new Ring('b', 3)];
  limits.setFactor(0.5, rings);
  rings.push(new Ring('c', 10));
  limits.check(rings, NONE);
  expect(rings.map(({ limit }) => limit)).toEqual([50, 1, 5]);
  limits.setFactor(0.1, rings);
  expect(rings.map(({ limit }) => limit)).toEqual([10, 1, 1]);
  limits.setFactor(1, rings);
  limits.check(rings, NONE);
  expect(rings.map(({ limit }) => limit)).toEqual([100, 3, 10]);
});

describe('a ring from which nothing is taken although somebody waits', () => {
  test('takes twice as many after three checks, and at each one from then on, up to the capacity', () => {
    const limits = new CapacityLimits();
    const ring = crowded(10);
    limits.setFactor(0.2, [ring]);
    const seen = Array.from({ length: 7 }, () => {
      limits.check([ring], NONE);
      return ring.limit;
    });
    expect(seen).toEqual([2, 2, 4, 8, 10, 10, 10]);
    limits.setFactor(0.1, [ring]);
    expect(ring.limit).toBe(1);
  });

  test('starts anew with each take, or when nobody waits any more', () => {
    const limits = new CapacityLimits();
    const ring = crowded(10);
    const waiter = ring.firstInLine();
    limits.setFactor(0.2, [ring]);
    for (let round = 0; round < 4; round += 1) {
      limits.check([ring], NONE);
      limits.check([ring], NONE);
      if (round % 2 === 0) ring.drop(1);
      else ring.leaveLine(waiter as never);
      limits.check([ring], NONE);
      if (ring.firstInLine() === undefined) ring.joinLine(waiter as never);
    }
    expect(ring.limit).toBe(2);
  });

  test('stays as it is while it is held up on purpose', () => {
    const limits = new CapacityLimits();
    const ring = crowded(10);
    limits.setFactor(0.2, [ring]);
    for (let check = 0; check < 10; check += 1) limits.check([ring], new Set([ring]));
    expect(ring.limit).toBe(2);
  });
});
