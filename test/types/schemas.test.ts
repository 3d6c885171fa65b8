import {
  args,
  type ArgsSpec,
  type Bundle,
  type Channel,
  defineActor,
  Graph,
  input,
  inputBundle,
  output,
  outputBundle,
  type OwnInputSpec,
} from 'holdfast';
import { type } from 'arktype';
import * as v from 'valibot';
import { expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';

// What must not compile is marked with @ts-expect-error: the type check of the whole tree fails if one of them compiles.

function graph(): Graph {
  return new Graph({ name: 'types', logLevel: 'silent' });
}

const numeral = z.string().transform(Number);

test('a channel takes what its schema takes, and gives what its schema makes of it', () => {
  const g = graph();
  const order = z.object({ id: z.string().transform(Number), tags: z.array(z.string()).default([]) });
  expectTypeOf(g.channel('zod', { capacity: 1, schema: order })).toEqualTypeOf<
    Channel<{ id: number; tags: string[] }, { id: string; tags?: string[] | undefined }>
  >();
  expectTypeOf(g.channel('valibot', { capacity: 1, schema: v.pipe(v.string(), v.transform(Number)) })).toEqualTypeOf<
    Channel<number, string>
  >();
  expectTypeOf(g.channel('arktype', { capacity: 1, schema: type({ n: 'string.numeric.parse' }) })).toEqualTypeOf<
    Channel<{ n: number }, { n: string }>
  >();
  const union = z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('a') }),
    z.object({ kind: z.literal('b'), n: numeral }),
  ]);
  expectTypeOf(g.channel('union', { capacity: 1, schema: union })).toEqualTypeOf<
    Channel<{ kind: 'a' } | { kind: 'b'; n: number }, { kind: 'a' } | { kind: 'b'; n: string }>
  >();
  expectTypeOf(g.channel('plain', { capacity: 1, schema: z.number() })).toEqualTypeOf<Channel<number>>();
});

test('a bundle has the types of its channels', () => {
  const g = graph();
  const lanes = g.bundle('lanes', { lanes: 2, capacity: 1, schema: numeral });
  expectTypeOf(lanes).toEqualTypeOf<Bundle<number, string>>();
  const writer = defineActor({ outputs: { out: outputBundle<string>() }, source: () => 'done' });
  const reader = defineActor({ inputs: { in: inputBundle<number>() }, on: { in() {} } });
  g.actor('writer', writer, { out: lanes });
  g.actor('reader', reader, { in: lanes });
  const wrongReader = defineActor({ inputs: { in: inputBundle<string>() }, on: { in() {} } });
  const more = g.bundle('more', { lanes: 2, capacity: 1, schema: numeral });
  // @ts-expect-error the schema gives numbers, the actor takes texts
  g.actor('wrong reader', wrongReader, { in: more });
});

test('a channel without a schema gives what it takes', () => {
  expectTypeOf(graph().channel<number>('numbers', { capacity: 1 })).toEqualTypeOf<Channel<number, number>>();
  expectTypeOf(graph().channel('any', { capacity: 1 })).toEqualTypeOf<Channel<unknown>>();
});

test('a type that is given beside the schema must be that of the schema', () => {
  const g = graph();
  g.channel<number>('same', { capacity: 1, schema: z.number() });
  g.channel<number, string>('both', { capacity: 1, schema: numeral });
  // @ts-expect-error what may be sent is a string, not a number
  g.channel<number>('one', { capacity: 1, schema: numeral });
  // @ts-expect-error the schema gives numbers
  g.channel<string>('other', { capacity: 1, schema: z.number() });
});

test('code outside sends what the schema takes, and reads what it gives', () => {
  const numbers = graph().channel('numbers', { capacity: 4, schema: numeral });
  expectTypeOf(numbers.send).parameter(0).toEqualTypeOf<string>();
  expectTypeOf(numbers.sender().trySend).parameter(0).toEqualTypeOf<string>();
  expectTypeOf(numbers[Symbol.asyncIterator]()).toEqualTypeOf<AsyncIterator<number>>();
  const result = numbers.trySend('x');
  if (!result.ok) {
    expectTypeOf(result.message).toEqualTypeOf<string>();
    if (result.reason === 'invalid') {
      expectTypeOf(result.issues).toEqualTypeOf<
        readonly { readonly message: string; readonly path: readonly (string | number)[] }[]
      >();
    }
  }
  // @ts-expect-error it takes texts
  numbers.trySend(1);
});

test('a mailbox takes what its schema takes, and its handler gets what it gives', () => {
  const counter = defineActor({
    inputs: {
      one: input({ capacity: 1, schema: numeral }),
      some: input({ capacity: 8, batch: { size: 8 }, schema: numeral }),
    },
    on: {
      one(n) {
        expectTypeOf(n).toEqualTypeOf<number>();
      },
      some(batch) {
        expectTypeOf(batch).toEqualTypeOf<readonly number[]>();
      },
    },
  });
  const handle = graph().actor('counter', counter, {});
  expectTypeOf(handle.input('one')).toEqualTypeOf<Channel<number, string>>();
  expectTypeOf(handle.input('some')).toEqualTypeOf<Channel<number, string>>();
  expectTypeOf(input<number>({ capacity: 1 })).toEqualTypeOf<OwnInputSpec<number>>();
  expectTypeOf(input<number>({ capacity: 1, schema: z.number() })).toEqualTypeOf<OwnInputSpec<number>>();
  // @ts-expect-error the schema gives numbers
  input<string>({ capacity: 1, schema: z.number() });
});

test('outputs and feeds are wired by what may be sent, inputs and sinks by what is taken', () => {
  const g = graph();
  const numbers = g.channel('numbers', { capacity: 1, schema: numeral });
  const more = g.channel('more', { capacity: 1, schema: numeral });
  const writer = defineActor({ outputs: { out: output<string>() }, source: () => 'done' });
  const reader = defineActor({ inputs: { in: input<number>() }, on: { in() {} } });
  g.actor('writer', writer, { out: numbers });
  g.actor('reader', reader, { in: numbers });
  g.feed('feed', ['1'], numbers);
  g.sink('sink', more, (n) => {
    expectTypeOf(n).toEqualTypeOf<number>();
  });

  const wrongWriter = defineActor({ outputs: { out: output<number>() }, source: () => 'done' });
  const wrongReader = defineActor({ inputs: { in: input<string>() }, on: { in() {} } });
  const third = g.channel('third', { capacity: 1, schema: numeral });
  // @ts-expect-error the schema takes texts, the actor sends numbers
  g.actor('wrong writer', wrongWriter, { out: third });
  // @ts-expect-error the schema gives numbers, the actor takes texts
  g.actor('wrong reader', wrongReader, { in: third });
  // @ts-expect-error the schema takes texts
  g.feed('wrong feed', [1], third);
  const fourth = g.channel('fourth', { capacity: 1, schema: numeral });
  // @ts-expect-error the schema gives numbers
  g.sink('wrong sink', fourth, (text: string) => void text);
});

test('arguments are given as their schema takes them, and read as it gives them', () => {
  const settings = z.object({ port: z.string().transform(Number), host: z.string().default('localhost') });
  const server = defineActor({
    args: args(settings),
    state(given) {
      expectTypeOf(given).toEqualTypeOf<{ port: number; host: string }>();
      return { port: given.port };
    },
    run({ args: given }) {
      expectTypeOf(given).toEqualTypeOf<{ port: number; host: string }>();
    },
  });
  const g = graph();
  g.actor('right', server, {}, { args: { port: '1' } });
  expect(() =>
    // @ts-expect-error the port is a text
    g.actor('wrong', server, {}, { args: { port: {} } }),
  ).toThrow();
  expect(() =>
    // @ts-expect-error the arguments are missing
    g.actor('missing', server, {}),
  ).toThrow();
  const optional = defineActor({ args: args(settings.default({ port: 1, host: 'h' })), run() {} });
  g.actor('left out', optional, {});
  g.actor('given', optional, {}, { args: { port: '1' } });
  expectTypeOf(args(v.pipe(v.string(), v.transform(Number)))).toEqualTypeOf<ArgsSpec<number, string>>();
  expectTypeOf(args(type('string.numeric.parse'))).toEqualTypeOf<ArgsSpec<number, string>>();
  expectTypeOf(args<number>()).toEqualTypeOf<ArgsSpec<number>>();
});

test('the schema of a state gives the type of the state', () => {
  const tally = z.object({ sum: z.number(), mode: z.enum(['up', 'down']), list: z.array(z.string()).default([]) });
  defineActor({
    state: (): z.infer<typeof tally> => ({ sum: 0, mode: 'up', list: [] }),
    stateSchema: tally,
    run({ state }) {
      expectTypeOf(state).toEqualTypeOf<{ sum: number; mode: 'up' | 'down'; list: string[] }>();
    },
  });
  // Where the state says as much by itself, nothing needs to be said.
  defineActor({ state: () => ({ sum: 0 }), stateSchema: v.object({ sum: v.number() }), run() {} });
  defineActor({ state: () => ({ sum: 0 }), stateSchema: type({ sum: 'number' }), run() {} });
  // @ts-expect-error the sum of the schema is a text
  defineActor({ state: () => ({ sum: 0 }), stateSchema: z.object({ sum: z.string() }), run() {} });
  // @ts-expect-error the schema leaves out a key
  defineActor({ state: () => ({ sum: 0, count: 0 }), stateSchema: z.object({ sum: z.number() }), run() {} });
});
