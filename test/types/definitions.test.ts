import { args, type Channel, defineActor, Graph, type HandlerDefinition, input, output } from 'holdfast';
import { expect, expectTypeOf, test } from 'vitest';

// What must not compile is marked with @ts-expect-error: the type check of the whole tree fails if one of them compiles.

const doubler = defineActor({
  inputs: { numbers: input<number>() },
  outputs: { doubles: output<number>() },
  state: () => ({ seen: 0 }),
  on: {
    numbers(value, { state, outputs }) {
      state.seen += 1;
      outputs.doubles.send(value * 2);
    },
  },
});

const paced = defineActor({
  args: args<{ readonly rateMs: number }>(),
  outputs: { beats: output<number>() },
  async run({ args: { rateMs }, next, every, running }) {
    while (running()) await next(every(rateMs));
  },
});

function graphWith(): { graph: Graph } {
  return { graph: new Graph({ name: 'types', logLevel: 'silent' }) };
}

test('a handler is given the message and the state of its definition', () => {
  defineActor({
    inputs: { words: input<{ readonly text: string }>() },
    outputs: { lengths: output<number>() },
    state: () => ({ letters: 0, last: '' }),
    on: {
      words(word, { state, outputs, args: none, messageId }) {
        expectTypeOf(word).toEqualTypeOf<{ readonly text: string }>();
        expectTypeOf(state).toEqualTypeOf<{ letters: number; last: string }>();
        expectTypeOf(outputs.lengths.send).parameter(0).toEqualTypeOf<number>();
        expectTypeOf(none).toEqualTypeOf<undefined>();
        expectTypeOf(messageId).toEqualTypeOf<string | undefined>();
        // @ts-expect-error a string is no number
        outputs.lengths.send('three');
        // @ts-expect-error the state has no such key
        state.missing = 1;
      },
    },
  });
});

test('a handler of batches is given arrays, while its input is wired to a channel of single messages', () => {
  interface Order {
    readonly id: number;
  }
  const orders = input<Order>({ batch: { size: 4 } });
  const batcher = defineActor({
    inputs: { orders, numbers: input<number>() },
    outputs: { ids: output<number>() },
    on: {
      orders(batch, { outputs, messageIds, reject }) {
        expectTypeOf(batch).toEqualTypeOf<readonly Order[]>();
        expectTypeOf(messageIds).toEqualTypeOf<readonly string[]>();
        expectTypeOf(reject).toEqualTypeOf<(this: void, index: number, reason: string) => void>();
        outputs.ids.sendMany(batch.map(({ id }) => id));
      },
      numbers(number, { reject }) {
        expectTypeOf(number).toEqualTypeOf<number>();
        expectTypeOf(reject).toEqualTypeOf<(this: void, reason: string) => void>();
      },
    },
  });
  const { graph } = graphWith();
  const single = graph.channel<Order>('orders', { capacity: 4 });
  const numbers = graph.channel<number>('numbers', { capacity: 4 });
  graph.actor('batcher', batcher, { orders: single, numbers, ids: numbers });

  // A batch has no `id`, and an order has no `map`: these are the messages of the type checker.
  type Handlers = HandlerDefinition<{ readonly orders: typeof orders }, Record<never, never>, object, undefined>['on'];
  // @ts-expect-error Type 'readonly Order[]' is not assignable to type 'Order'
  const single1: Handlers['orders'] = (order: Order) => void order;
  // @ts-expect-error Property 'id' does not exist on type 'readonly Order[]'
  const single2: Handlers['orders'] = (order) => void order.id;
  // @ts-expect-error reject needs the place of the message in the batch
  const rejecting: Handlers['orders'] = (_, ctx) => ctx.reject('bad');
  void [single1, single2, rejecting];
  const own = input<Order>({ batch: { size: 4 }, capacity: 4 });
  expectTypeOf(own.capacity).toEqualTypeOf<number>();
  graph.actor('own', defineActor({ inputs: { own }, on: { own: (batch) => void batch.length } }), {});
});

test('a loop is given its inputs, outputs and arguments', () => {
  defineActor({
    inputs: { numbers: input<number>() },
    args: args<{ readonly limit: number }>(),
    async run({ inputs, args: given, next, tryNext }) {
      expectTypeOf(inputs.numbers.take()).toEqualTypeOf<number | undefined>();
      expectTypeOf(inputs.numbers.takeMany(2)).toEqualTypeOf<readonly number[]>();
      expectTypeOf(given.limit).toEqualTypeOf<number>();
      const result = tryNext(inputs.numbers.avail()) ?? (await next(inputs.numbers.avail()));
      expectTypeOf(result.kind).toEqualTypeOf<'ready' | 'timeout' | 'stopping' | 'drained'>();
    },
  });
});

test('a definition without a handler for an input, or with a stray one, does not compile', () => {
  expect(() =>
    // @ts-expect-error no handler for "numbers"
    defineActor({ inputs: { numbers: input<number>() }, on: {} }),
  ).toThrow('no handler for input "numbers"');
  expect(() =>
    // @ts-expect-error a source answers "more" or "done"
    defineActor({ source: () => 'perhaps' }),
  ).not.toThrow();
});

test('a channel of another type, a missing output and a port that is not there do not compile', () => {
  const { graph } = graphWith();
  const numbers = graph.channel<number>('numbers', { capacity: 1 });
  const words = graph.channel<string>('words', { capacity: 1 });
  expect(() =>
    // @ts-expect-error the output "doubles" is not wired
    graph.actor('a', doubler, { numbers }),
  ).toThrow('"doubles" is not wired');
  expect(() =>
    // @ts-expect-error "squares" is no port
    graph.actor('b', doubler, { numbers, doubles: numbers, squares: numbers }),
  ).toThrow('neither an input nor an output');
  // @ts-expect-error the channel carries words, not numbers
  graph.actor('c', doubler, { numbers, doubles: words });
});

test('arguments are asked for exactly where a definition declares them', () => {
  const { graph } = graphWith();
  const beats = graph.channel<number>('beats', { capacity: 1 });
  graph.actor('with', paced, { beats }, { args: { rateMs: 10 } });
  // @ts-expect-error the arguments are missing
  graph.actor('without', paced, { beats });
  // @ts-expect-error rateMs is a number
  graph.actor('wrong', paced, { beats }, { args: { rateMs: 'often' } });
  const numbers = graph.channel<number>('numbers', { capacity: 1 });
  // @ts-expect-error this definition takes none
  graph.actor('extra', doubler, { numbers, doubles: beats }, { args: { rateMs: 10 } });
});

test('a channel takes and gives messages of its type only', () => {
  const { graph } = graphWith();
  const numbers = graph.channel<number>('numbers', { capacity: 2 });
  expect(numbers.trySend(1)).toEqual({ ok: true });
  // @ts-expect-error a channel of numbers
  numbers.trySend('one');
  const handle = graph.actor(
    'own',
    defineActor({ inputs: { in: input<string>({ capacity: 1 }) }, on: { in() {} } }),
    {},
  );
  expectTypeOf(handle.input('in').trySend).parameter(0).toEqualTypeOf<string>();
  // @ts-expect-error no such input
  expect(() => handle.input('out')).toThrow();
});

test('what could be sent or taken wrongly does not compile: channels are of exactly one type', () => {
  const { graph } = graphWith();
  const numbers = graph.channel<number>('numbers', { capacity: 1 });
  // @ts-expect-error a string could be sent into a channel of numbers
  const wider: Channel<number | string> = numbers;
  expect(wider).toBe(numbers);
  const both = defineActor({ outputs: { out: output<number | string>() }, source: () => 'done' });
  // @ts-expect-error the actor may send strings
  graph.actor('both', both, { out: numbers });
});

test('an input without a capacity of its own has to be wired', () => {
  const { graph } = graphWith();
  const reader = defineActor({ inputs: { in: input<number>() }, on: { in() {} } });
  expect(() =>
    // @ts-expect-error the input "in" is not wired
    graph.actor('reader', reader, {}),
  ).toThrow('"in" is not wired');
});

test('only conditions can be waited for', () => {
  defineActor({
    async run({ next }) {
      // @ts-expect-error not made by avail, vacant, all, any, every, after or until
      await next({ describe: () => 'mine' });
    },
  });
});
