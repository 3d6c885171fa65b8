import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ABSENT, SmallMap } from './small-map.ts';

type Step =
  | { readonly kind: 'set'; readonly key: unknown; readonly value: unknown }
  | { readonly kind: 'delete'; readonly key: unknown }
  | { readonly kind: 'clear' | 'reset' | 'asMap' };

// More keys than stay in the arrays; equal to a Map are NaN and NaN, 0 and -0, and not 1 and '1'.
const key = fc.oneof(fc.integer({ min: 0, max: 11 }), fc.constantFrom<unknown>(NaN, -0, '1', 1n, true, ''));
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('set' as const), key, value: fc.constantFrom(1, 2, undefined) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('delete' as const), key }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('clear' as const, 'reset' as const, 'asMap' as const) }) },
);

test('agrees with a Map under random steps, order included', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 60, size: 'max' }), (steps) => {
      const small = new SmallMap<unknown, unknown>();
      const map = new Map<unknown, unknown>();
      for (const step of steps) {
        switch (step.kind) {
          case 'set':
            small.set(step.key, step.value);
            map.set(step.key, step.value);
            break;
          case 'delete':
            expect(small.delete(step.key)).toBe(map.delete(step.key));
            break;
          case 'clear':
          case 'reset':
            small[step.kind]();
            map.clear();
            break;
          case 'asMap':
            expect([...small.asMap()]).toEqual([...map]);
        }
        expect(small.size).toBe(map.size);
        const copy = new Map<unknown, unknown>();
        small.copyInto(copy);
        expect([...copy]).toEqual([...map]);
        for (const known of [...map.keys(), 99]) {
          expect(small.has(known)).toBe(map.has(known));
          expect(small.get(known)).toBe(map.has(known) ? map.get(known) : ABSENT);
        }
        const rest = new Map<unknown, unknown>([...map, [99, 'other']]);
        small.deleteFrom(rest);
        expect([...rest]).toEqual([[99, 'other']]);
      }
    }),
    { numRuns: 50 },
  );
});

test('undefined that was set in the place of a value is still there when the entries move into a Map', () => {
  const small = new SmallMap<string, number | undefined>();
  small.set('a', 1);
  small.set('a', undefined);
  small.asMap();
  expect(small.get('a')).toBeUndefined();
});

test('whoever iterates goes on over what is set after a clear', () => {
  const small = new SmallMap<number, string>();
  small.set(1, 'a');
  small.set(2, 'b');
  const seen: number[] = [];
  for (const [key] of small.asMap()) {
    seen.push(key);
    if (key === 1) {
      small.clear();
      small.set(3, 'c');
    }
  }
  expect(seen).toEqual([1, 3]);
});

test('agrees with a Map when there are very many, a few, and very many again', () => {
  const small = new SmallMap<string, number>();
  const map = new Map<string, number>();
  for (const [round, count] of [3_000, 5, 40, 1_024, 1_025, 9, 8, 200, 2_500, 12].entries()) {
    small.reset();
    map.clear();
    for (let n = 0; n < count; n += 1) {
      const key = `key ${(n * 7 + round) % 3_000}`; // some were there in an earlier round, at another place
      small.set(key, n);
      map.set(key, n);
      if (n % 11 === 10) {
        small.set(`key ${round}`, -n);
        map.set(`key ${round}`, -n);
      }
    }
    for (let n = 0; n < 3_000; n += 1) expect(small.get(`key ${n}`)).toBe(map.get(`key ${n}`) ?? ABSENT);
    const copy = new Map<string, number>();
    small.copyInto(copy);
    expect([...copy]).toEqual([...map]);
    expect(small.delete(`key ${round}`)).toBe(map.delete(`key ${round}`));
    expect([...small.asMap()]).toEqual([...map]);
  }
});
