import { describe, expect, test } from 'vitest';
import { countValues, plainPlan, STATE_VALUES_WARNED, type StatePlan, statePlanFor } from './state-plan.ts';

const SAMPLE = {
  count: 1,
  name: 'n',
  none: null,
  missing: undefined,
  nested: { list: [1, { x: 2 }] },
  when: new Date(3),
  map: new Map([['k', [1]]]),
  set: new Set([1]),
  bytes: new Uint8Array([7]),
  'odd key "\u2028\n': true,
};

const generated = (sample: object): StatePlan => statePlanFor(new Map(), sample);
const plans: [string, (sample: object) => StatePlan][] = [
  ['with generated code', generated],
  ['without code generation', (sample) => plainPlan(Object.keys(sample))],
];

describe.each(plans)('%s', (_, planFor) => {
  test('a copy equals its source and shares nothing with it', () => {
    const source = structuredClone(SAMPLE);
    const copy = planFor(source).copy(source) as typeof SAMPLE;
    expect(copy).toEqual(SAMPLE);
    source.nested.list.push(9);
    source.when.setTime(9);
    source.map.set('k', [9]);
    source.set.add(9);
    source.bytes[0] = 9;
    source.count = 9;
    expect(copy).toEqual(SAMPLE);
  });

  test('copyInto replaces every value of the target', () => {
    const plan = planFor(SAMPLE);
    const target = plan.copy(SAMPLE);
    const changed = { ...structuredClone(SAMPLE), count: 2, nested: { list: [] }, none: 5 };
    plan.copyInto(target, changed);
    expect(target).toEqual(changed);
    expect((target as typeof changed).nested).not.toBe(changed.nested);
  });

  test('copyInto with a value that cannot be kept leaves the target as it was', () => {
    const plan = planFor({ first: 1, second: 2 });
    const target = plan.copy({ first: 1, second: 2 });
    expect(() => plan.copyInto(target, { first: 10, second: () => 0 })).toThrow(
      expect.objectContaining({
        code: 'ERR_STATE_UNSUPPORTED',
        details: { path: 'state.second', found: 'a function' },
      }) as Error,
    );
    expect(target).toEqual({ first: 1, second: 2 });
  });

  test('a key named __proto__ is a key like any other', () => {
    const source = JSON.parse('{"a": 1, "__proto__": {"x": 1}, "constructor": 2}') as object;
    const plan = planFor(source);
    const copy = plan.copy(source);
    expect(Object.keys(copy)).toEqual(['a', '__proto__', 'constructor']);
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
    plan.copyInto(copy, JSON.parse('{"a": 2, "__proto__": {"x": 2}, "constructor": 3}') as object);
    expect(JSON.stringify(copy)).toBe('{"a":2,"__proto__":{"x":2},"constructor":3}');
  });
});

test('the plan of a shape is made once, and each shape has its own', () => {
  const known = new Map<string, unknown>();
  expect(statePlanFor(known, { a: 1 })).toBe(statePlanFor(known, { a: 2 }));
  expect(statePlanFor(known, { a: 1, b: 1 })).not.toBe(statePlanFor(known, { a: 1 }));
  expect(known.size).toBe(2);
});

class Account {
  balance = 0;
}
test.each([
  ['a class instance', new Account(), 'an instance of Account'],
  ['a Map', new Map(), 'an instance of Map'],
  ['an array', [], 'an array'],
  ['a promise', Promise.resolve({}), 'a promise'],
  ['null', null, 'null'],
  ['a number', 5, 'a value of type number'],
])('a state that is %s is refused: only a plain object can be copied key by key', (_, state, found) => {
  expect(() => statePlanFor(new Map(), state as object)).toThrow(
    expect.objectContaining({ code: 'ERR_STATE_UNSUPPORTED', details: { path: 'state', found } }) as Error,
  );
});

test('counts nested values, up to a little over the number that is warned about', () => {
  expect(countValues({ a: 1, b: [1, 2, { c: 3 }], m: new Map([['k', 1]]) })).toBe(5);
  expect(countValues({ many: Array.from({ length: STATE_VALUES_WARNED }, () => 0) })).toBe(STATE_VALUES_WARNED);
  expect(countValues({ many: new Array<number>(1_000_000).fill(0) })).toBe(STATE_VALUES_WARNED + 1);
});
