import type { StandardSchemaV1 } from '@standard-schema/spec';
import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { MessageFreezer } from './plain-data.ts';
import { checkAgainst, checkSchema, issuesText, type Misfit, misfitOf, mustFit, pathsText } from './schema.ts';

/** A schema by hand: answers whatever it is told to. */
function answering(validate: (value: unknown) => unknown): StandardSchemaV1 {
  return { '~standard': { version: 1, vendor: 'test', validate } } as StandardSchemaV1;
}

function failing(...issues: readonly unknown[]): StandardSchemaV1 {
  return answering(() => ({ issues }));
}

function misfitIn(schema: StandardSchemaV1, value: unknown): Misfit {
  const check = checkAgainst(schema, value);
  if (check.kind !== 'invalid') throw new Error(`it is ${check.kind}`);
  return check;
}

const vendors: [vendor: string, schema: StandardSchemaV1][] = [
  ['zod', z.object({ city: z.string(), lines: z.array(z.object({ price: z.number() })) })],
  ['valibot', v.object({ city: v.string(), lines: v.array(v.object({ price: v.number() })) })],
  ['arktype', type({ city: 'string', lines: type({ price: 'number' }).array() })],
];

describe.each(vendors)('a schema of %s', (_, schema) => {
  test('passes what fits', () => {
    const value = { city: 'Oslo', lines: [{ price: 1 }] };
    expect(checkAgainst(schema, value)).toEqual({ kind: 'valid', value });
  });

  test('says what is wrong and where, as plain data without the value', () => {
    const { issues, omitted } = misfitIn(schema, { city: 5, lines: [{ price: 1 }, { price: 'free' }] });
    expect(issues.map(({ path }) => path)).toEqual([['city'], ['lines', 1, 'price']]);
    expect(omitted).toBe(0);
    for (const issue of issues) {
      expect(Object.keys(issue)).toEqual(['message', 'path']);
      expect(Object.getPrototypeOf(issue.path)).toBe(Array.prototype);
    }
    expect(structuredClone(issues)).toEqual(issues);
  });

  test('is taken as an option', () => {
    expect(checkSchema('schema', schema)).toBe(schema);
  });
});

test('the output of a transformation is the value', () => {
  expect(checkAgainst(z.string().transform(Number), '5')).toEqual({ kind: 'valid', value: 5 });
  expect(checkAgainst(z.object({ n: z.number().default(7) }), {})).toEqual({ kind: 'valid', value: { n: 7 } });
  expect(checkAgainst(z.coerce.number(), '5')).toEqual({ kind: 'valid', value: 5 });
  expect(checkAgainst(v.pipe(v.string(), v.transform(Number)), '5')).toEqual({ kind: 'valid', value: 5 });
  expect(checkAgainst(type('string.numeric.parse'), '5')).toEqual({ kind: 'valid', value: 5 });
});

// Not here: a refinement of zod's that rejects. Zod itself calls it twice and drops the first promise.
describe('an asynchronous schema', () => {
  const boom = (): never => {
    throw new Error('boom');
  };
  test.each<[string, StandardSchemaV1]>([
    ['of zod', z.string().refine(async () => true)],
    ['of zod whose own code throws', z.string().refine(boom)],
    [
      'of valibot',
      v.pipeAsync(
        v.string(),
        v.checkAsync(async () => true),
      ),
    ],
    ['that rejects', answering(async () => boom())],
    [
      'with a thenable',
      answering(() => ({ then: (_: unknown, reject: (error: Error) => void) => reject(new Error()) })),
    ],
  ])('%s is known as one, and its promise reaches nobody', async (_, schema) => {
    const unheard: unknown[] = [];
    const listen = (error: unknown): void => void unheard.push(error);
    process.on('unhandledRejection', listen);
    expect(checkAgainst(schema, 'x')).toEqual({ kind: 'async' });
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', listen);
    expect(unheard).toEqual([]);
  });
});

test.each<[vendor: string, schema: StandardSchemaV1]>([
  ['zod', z.object({ list: z.array(z.object({ n: z.string().transform(Number), extra: z.number().default(7) })) })],
  [
    'valibot',
    v.object({
      list: v.array(v.object({ n: v.pipe(v.string(), v.transform(Number)), extra: v.optional(v.number(), 7) })),
    }),
  ],
  ['arktype', type({ list: type({ n: 'string.numeric.parse', extra: 'number = 7' }).array() })],
])('a schema of %s transforms what is frozen, and leaves it as it was', (_, schema) => {
  const freezer = new MessageFreezer();
  const value = freezer.freeze({ list: [{ n: '5' }] });
  expect(checkAgainst(schema, value)).toEqual({ kind: 'valid', value: { list: [{ n: 5, extra: 7 }] } });
  expect(value).toEqual({ list: [{ n: '5' }] });
  const partly = { list: (value as { list: object[] }).list };
  expect(checkAgainst(schema, partly)).toEqual({ kind: 'valid', value: { list: [{ n: 5, extra: 7 }] } });
  expect(checkAgainst(schema, freezer.freeze({ list: [{ n: 5 }] })).kind).toBe('invalid');
});

test('a schema that throws is not asked again, unless it may have written to what is frozen', () => {
  const asked: unknown[] = [];
  const failing = (error: Error): StandardSchemaV1 =>
    answering((value) => {
      asked.push(value);
      throw error;
    });
  const value = { n: 1 };
  expect(checkAgainst(failing(new RangeError('no')), value).kind).toBe('threw');
  expect(asked).toEqual([value]);
  const error = new TypeError('read only');
  expect(checkAgainst(failing(error), value)).toEqual({ kind: 'threw', error });
  expect(checkAgainst(failing(error), 'no object')).toEqual({ kind: 'threw', error });
  expect(checkAgainst(failing(error), { at: new URL('https://example.org') })).toEqual({ kind: 'threw', error });
  expect(asked.length).toBe(5);
});

test('a schema that throws, or answers what is no answer, is caught', () => {
  const error = new Error('boom');
  const throwing = answering(() => {
    throw error;
  });
  expect(checkAgainst(throwing, 1)).toEqual({ kind: 'threw', error });
  for (const answer of [undefined, null, 5, { issues: 'all wrong' }, { issues: [null] }]) {
    expect(
      checkAgainst(
        answering(() => answer),
        1,
      ),
    ).toMatchObject({ kind: 'threw', error: expect.any(Error) });
  }
});

describe('issues', () => {
  test('have a bound in number, length and depth', () => {
    const path = Array.from({ length: 100 }, (_, index) => `${index}-${'k'.repeat(100)}`);
    const many = Array.from({ length: 50 }, () => ({ message: 'm'.repeat(5_000), path }));
    const check = misfitIn(failing(...many), 1);
    expect([check.issues.length, check.omitted]).toEqual([10, 40]);
    for (const issue of check.issues) {
      expect([issue.message.length, issue.path.length]).toEqual([200, 12]);
      for (const key of issue.path) expect(String(key).length).toBe(60);
    }
    expect(issuesText(check).length).toBeLessThanOrEqual(1_000);
    expect(pathsText(check).length).toBeLessThanOrEqual(1_000);
  });

  test('at the bound are whole, beyond it they end in an ellipsis', () => {
    const kept = (length: number): string =>
      misfitIn(failing({ message: 'm'.repeat(length) }), 1).issues[0]?.message ?? '';
    expect(kept(200)).toBe('m'.repeat(200));
    expect(kept(201)).toBe(`${'m'.repeat(199)}…`);
    const ten = misfitIn(failing(...Array.from({ length: 10 }, () => ({ message: 'm' }))), 1);
    expect([ten.issues.length, ten.omitted]).toEqual([10, 0]);
  });

  test('may have keys of any kind, alone or in a segment', () => {
    const path = ['a', 1, Symbol('s'), { key: 'b' }, { key: 2 }, { key: Symbol('t') }];
    expect(misfitIn(failing({ message: 'm', path }), 1).issues[0]?.path).toEqual([
      'a',
      1,
      'Symbol(s)',
      'b',
      2,
      'Symbol(t)',
    ]);
  });

  test('are told with their paths; a path that the message begins with is not told twice', () => {
    const check = misfitIn(
      failing(
        { message: 'is no string', path: ['orders', 0, 'city'] },
        { message: 'orders[1] is missing', path: ['orders', 1] },
        { message: 'is too large' },
      ),
      1,
    );
    expect(issuesText(check)).toBe('orders[0].city: is no string; orders[1] is missing; is too large');
    expect(pathsText(check)).toBe('at orders[0].city, at orders[1], as a whole');
    expect(issuesText({ ...check, omitted: 4 })).toMatch(/too large; and 4 more$/);
  });

  test('may be missing', () => {
    expect(issuesText(misfitIn(failing(), 1))).toBe('it does not fit, and the schema does not say why');
    expect(issuesText(misfitOf('of our own'))).toBe('of our own');
  });
});

describe('mustFit', () => {
  const port = z.object({ port: z.number() });

  test('gives the output of the schema', () => {
    expect(mustFit(z.object({ n: z.number().default(1) }), {}, 'args', true)).toEqual({ n: 1 });
  });

  test('quotes the issues only where it may', () => {
    const secret = z.literal('s', { error: ({ input }) => `not ${String(input)}` });
    const quoting = (mayQuote: boolean) => () => mustFit(secret, 'private', 'args of actor "x"', mayQuote);
    expect(quoting(true)).toThrow('args of actor "x": does not fit the schema: not private');
    expect(quoting(false)).toThrow('args of actor "x": does not fit the schema: as a whole (details.issues says why)');
    expect(() => mustFit(port, { port: 'a' }, 'args', false)).toThrow(
      expect.objectContaining({
        code: 'ERR_SCHEMA',
        details: {
          subject: 'args',
          issues: [{ message: 'Invalid input: expected number, received string', path: ['port'] }],
        },
      }) as Error,
    );
  });

  test('says of a schema that answers with a promise, or throws, whose it is', () => {
    const error = new Error('boom');
    const throwing = answering(() => {
      throw error;
    });
    expect(() =>
      mustFit(
        answering(async () => ({ value: 1 })),
        1,
        'args of actor "x"',
        true,
      ),
    ).toThrow(
      expect.objectContaining({ code: 'ERR_ASYNC_SCHEMA', details: { subject: 'args of actor "x"' } }) as Error,
    );
    expect(() => mustFit(throwing, 1, 'args of actor "x"', true)).toThrow(
      expect.objectContaining({
        code: 'ERR_SCHEMA_THREW',
        details: { subject: 'args of actor "x"' },
        cause: error,
      }) as Error,
    );
  });
});

test('what is no schema is no option', () => {
  for (const value of [undefined, null, 5, 'string', {}, () => true, { '~standard': {} }, { '~standard': null }]) {
    expect(() => checkSchema('schema of channel "x"', value)).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_OPTION',
        message: expect.stringContaining('schema of channel "x" must be a Standard Schema') as string,
      }) as Error,
    );
  }
});
