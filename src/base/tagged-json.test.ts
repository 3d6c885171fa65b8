import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BY_IDENTITY } from './plain-data.ts';
import { decodeTagged, encodeTagged, TaggedJsonError } from './tagged-json.ts';

const MANY = 1_000_000;
const write = (value: unknown): string => JSON.stringify(encodeTagged(value, MANY));
const read = (text: string): unknown => decodeTagged(JSON.parse(text));

const shown = (value: unknown): string =>
  inspect(value, { depth: Infinity, maxArrayLength: Infinity, maxStringLength: Infinity });

/** As Node shows them: comparisons take two invalid dates for different, or trip over a key named `constructor`. */
function expectSame(back: unknown, value: unknown): void {
  expect(shown(back)).toBe(shown(value));
  expect(write(back)).toBe(write(value));
}

/** Keys that tell apart the careful from the others. */
const awkwardKeys = [
  '__proto__',
  'constructor',
  'prototype',
  'toJSON',
  '$date',
  '$object',
  '$',
  'length',
  'a.b',
  '\u2028',
  '\ud800',
];

const plain = fc.anything({
  key: fc.oneof({ weight: 3, arbitrary: fc.string() }, { weight: 1, arbitrary: fc.constantFrom(...awkwardKeys) }),
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  maxDepth: 5,
});

test('whatever plain data there is comes back as it was', () => {
  fc.assert(
    fc.property(plain, (value) => {
      expectSame(read(write(value)), value);
    }),
    { numRuns: 3_000 },
  );
});

test('what JSON has stays as JSON has it', () => {
  const value = { name: 'Ada', tags: ['a', 1.5, null, true], nested: { empty: {}, list: [] }, $a: 1, $b: 2 };
  expect(write(value)).toBe(JSON.stringify(value));
});

test.each<[string, unknown, string]>([
  ['undefined', { a: undefined }, '{"a":{"$undefined":true}}'],
  ['NaN', NaN, '{"$number":"NaN"}'],
  ['minus zero', [-0, 0], '[{"$number":"-0"},0]'],
  ['infinities', [Infinity, -Infinity], '[{"$number":"Infinity"},{"$number":"-Infinity"}]'],
  ['a bigint', -12n, '{"$bigint":"-12"}'],
  ['a date', new Date(0), '{"$date":"1970-01-01T00:00:00.000Z"}'],
  ['a date far away', new Date(-8.64e15), '{"$date":"-271821-04-20T00:00:00.000Z"}'],
  ['a date that is none', new Date(NaN), '{"$date":"invalid"}'],
  ['a map', new Map<unknown, unknown>([[{ a: 1 }, undefined]]), '{"$map":[[{"a":1},{"$undefined":true}]]}'],
  ['a set', new Set([NaN, 1n]), '{"$set":[{"$number":"NaN"},{"$bigint":"1"}]}'],
  ['bytes', new Uint8Array([1, 2, 255]), '{"$bytes":["Uint8Array","AQL/"]}'],
  ['a buffer', Buffer.from('hello'), '{"$bytes":["Buffer","aGVsbG8="]}'],
  ['numbers', new Float64Array([1.5, NaN, -0]), '{"$array":["Float64Array",[1.5,{"$number":"NaN"},{"$number":"-0"}]]}'],
  ['bigints', new BigInt64Array([-1n]), '{"$array":["BigInt64Array",[{"$bigint":"-1"}]]}'],
  ['an object that looks like a tag', { $date: 'today' }, '{"$object":{"$date":"today"}}'],
  ['one within another', { $object: { $date: 1 } }, '{"$object":{"$object":{"$object":{"$date":1}}}}'],
])('%s has a form of its own', (_, value, text) => {
  expect(write(value)).toBe(text);
  expectSame(read(text), value);
});

describe('comes back as something simpler:', () => {
  class Money {
    readonly cents: number = 5;
    readonly at: Date = new Date(0);
    get euros(): number {
      return this.cents / 100;
    }
  }

  test('an instance, as its fields, of which each is what it was', () => {
    expect(read(write({ price: new Money() }))).toStrictEqual({ price: { cents: 5, at: new Date(0) } });
  });

  test('an object without a prototype, as an ordinary one', () => {
    expect(read(write(Object.assign(Object.create(null), { a: 1 })))).toStrictEqual({ a: 1 });
  });

  test('a hole in an array, as undefined', () => {
    // eslint-disable-next-line no-sparse-arrays -- that is what this is about
    expect(read(write([1, , 3]))).toStrictEqual([1, undefined, 3]);
  });

  test('an error, as one with the same name, text, stack, cause and fields', () => {
    const error = Object.assign(new TypeError('broken', { cause: new Error('why') }), {
      code: 'E_BROKEN',
      at: new Date(0),
    });
    const back = read(write(error)) as typeof error;
    expect(back).toBeInstanceOf(Error);
    expect([back.name, back.message, back.stack]).toEqual(['TypeError', 'broken', error.stack]);
    expect(Object.entries(back)).toEqual([
      ['code', 'E_BROKEN'],
      ['at', new Date(0)],
    ]);
    expect((back.cause as Error).message).toBe('why');
  });

  test('an object that is there twice, as two', () => {
    const shared = { a: 1 };
    const back = read(write([shared, shared])) as object[];
    expect(back).toEqual([shared, shared]);
    expect(back[0]).not.toBe(back[1]);
  });
});

describe('what would be lost is refused, and named:', () => {
  const cycle: { self?: unknown } = {};
  cycle.self = [cycle];
  const fielded = Object.assign(new Map(), { extra: 1 });
  class Hidden {
    readonly #secret = 1;
    reveal(): number {
      return this.#secret;
    }
  }

  test.each<[string, unknown, RegExp]>([
    ['a function', { order: { lines: [1, () => 1] } }, /^payload\.order\.lines\[1\] is a function$/],
    ['a method', { toJSON: () => 1 }, /^payload\.toJSON is a function$/],
    ['a symbol', [Symbol('x')], /^payload\[0\] is a symbol$/],
    ['a symbol as a key', { a: { [Symbol('x')]: 1 } }, /^payload\.a has a symbol as a key$/],
    ['data that contains itself', cycle, /^payload\.self\[0\].* is nested more than 200 deep, or contains itself$/],
    [
      'an instance with nothing to see',
      { hidden: new Hidden() },
      /^payload\.hidden is an instance of Hidden, of which nothing can/,
    ],
    ['a regular expression', /x/, /^payload is an instance of RegExp, of which nothing can be kept$/],
    ['a promise', Promise.resolve(1), /^payload is an instance of Promise/],
    ['a map with fields', fielded, /^payload is an instance of Map, of which not everything can be kept$/],
    ['a view of another kind', new DataView(new ArrayBuffer(1)), /^payload is an instance of DataView$/],
    [
      'a part of a graph',
      { to: Object.assign(Object.create({ [BY_IDENTITY]: true }), { a: 1 }) },
      /^payload\.to is a part of a graph$/,
    ],
  ])('%s', (_, value, message) => {
    expect(() => write(value)).toThrow(TaggedJsonError);
    expect(() => write(value)).toThrow(message);
  });

  test('a way that is long is cut, and so are its keys', () => {
    let value: unknown = () => 1;
    for (let depth = 0; depth < 100; depth += 1) value = { ['k'.repeat(1_000)]: value };
    expect(() => write(value)).toThrow(/^payload(\.k{60}){6}\.\.\.(\.k{60}){6} is a function$/);
  });

  test('more values than asked for, also where one object stands for all of them', () => {
    let value: unknown = 1;
    for (let doubling = 0; doubling < 60; doubling += 1) value = [value, value];
    expect(() => write(value)).toThrow('payload has more than 1000000 values');
    expect(() => write(new Array(2 ** 32 - 1))).toThrow('payload has more than 1000000 values');
    expect(encodeTagged([1, 2, 3], 4)).toEqual([1, 2, 3]);
    expect(() => encodeTagged([1, 2, 3], 3)).toThrow(TaggedJsonError);
  });
});

test('both go equally deep', () => {
  const nested = (depth: number, innermost: unknown): unknown => {
    let value = innermost;
    for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { a: value };
    return value;
  };
  for (const innermost of [1, NaN, undefined, 1n]) {
    const value = nested(200, innermost);
    expectSame(read(write(value)), value);
    expect(() => write(nested(201, innermost))).toThrow('nested more than 200 deep');
  }
  expect(() => decodeTagged(nested(202, 1))).toThrow('nested more than 200 deep');
  expect(() => read('['.repeat(100_000) + ']'.repeat(100_000))).toThrow('nested more than 200 deep');
});

describe('reading what anybody may have written', () => {
  test.each([
    '{"$undefined":false}',
    '{"$number":"1"}',
    '{"$number":1}',
    '{"$bigint":"1e3"}',
    '{"$bigint":" 1"}',
    '{"$bigint":"-0"}',
    '{"$bigint":1}',
    '{"$date":"yesterday"}',
    '{"$date":"2024-01-01"}',
    '{"$date":0}',
    '{"$map":[[1]]}',
    '{"$map":{"a":1}}',
    '{"$set":"abc"}',
    '{"$bytes":["Uint8Array","not base64!"]}',
    '{"$bytes":["Uint8Array",5000000000]}',
    '{"$bytes":["constructor",""]}',
    '{"$bytes":["Float64Array","AAAA"]}',
    '{"$array":["Float64Array",1000000000]}',
    '{"$array":["Float64Array",["1"]]}',
    '{"$array":["BigInt64Array",[1]]}',
    '{"$array":["Float64Array",[{"$bigint":"1"}]]}',
    '{"$array":["__proto__",[]]}',
    '{"$array":["Float64Array"]}',
    '{"$error":"text"}',
    '{"$object":1}',
    '{"$object":[1]}',
    '{"$gt":5}',
    '{"$constructor":{}}',
    '{"$":1}',
  ])('refuses %s', (text) => {
    expect(() => read(`{"a":[${text}]}`)).toThrow(TaggedJsonError);
    expect(() => read(`{"a":[${text}]}`)).toThrow(/^payload\.a\[0\] has a "\$/);
  });

  test('changes no prototype, whatever the keys are', () => {
    const text =
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"$error":{"__proto__":{"polluted":1}}}';
    const back = read(text) as Record<string, unknown>;
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
    expect(Object.keys(back)).toEqual(['__proto__', 'constructor', '$error']);
    expect(write(back)).toBe(text);
    const error = read('{"$error":{"__proto__":{"polluted":1}}}') as Error;
    expect(Object.getPrototypeOf(error)).toBe(Error.prototype);
    expect('polluted' in error).toBe(false);
  });

  test('throws nothing but its own error, whatever the JSON is', () => {
    const tags = [
      '$undefined',
      '$number',
      '$bigint',
      '$date',
      '$map',
      '$set',
      '$bytes',
      '$array',
      '$error',
      '$object',
      '$x',
    ];
    const names = ['Uint8Array', 'Buffer', 'Float64Array', 'BigInt64Array', 'constructor', 'NaN', '-0', '12', 'AQL/'];
    const { json } = fc.letrec((tie) => ({
      json: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom(...names, null, true, false, 0, 1e308),
        fc.array(tie('json'), { maxLength: 4 }),
        fc.tuple(fc.constantFrom(...tags), tie('json')).map(([tag, content]) => ({ [tag]: content })),
        fc.dictionary(fc.oneof(fc.string(), fc.constantFrom(...awkwardKeys)), tie('json'), { maxKeys: 3 }),
      ),
    }));
    let readable = 0;
    fc.assert(
      fc.property(json, (value) => {
        try {
          const back = read(JSON.stringify(value));
          readable += 1;
          // What it reads it can write, and read again as the same.
          expectSame(read(write(back)), back);
        } catch (error) {
          expect(error).toBeInstanceOf(TaggedJsonError);
        }
      }),
      { numRuns: 3_000 },
    );
    expect(readable).toBeGreaterThan(300);
  });
});
