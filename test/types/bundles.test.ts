import {
  type Bundle,
  defineActor,
  Graph,
  type Input,
  input,
  type InputBundle,
  inputBundle,
  type Output,
  type OutputBundle,
  outputBundle,
} from 'holdfast';
import { describe, expect, expectTypeOf, test } from 'vitest';

// What must not compile is marked with @ts-expect-error: the type check of the whole tree fails if one of them compiles.

describe('bundles', () => {
  interface Order {
    readonly customer: string;
  }
  const merge = defineActor({
    inputs: { orders: inputBundle<Order>() },
    on: {
      orders(order, { lane }) {
        expectTypeOf(order).toEqualTypeOf<Order>();
        expectTypeOf(lane).toEqualTypeOf<number>();
      },
    },
  });

  test('a loop is given its bundles, and what they give and take', () => {
    defineActor({
      inputs: { orders: inputBundle<Order>() },
      outputs: { results: outputBundle<string>({ route: 'emptiest' }) },
      async run({ inputs: { orders }, outputs: { results }, next, sameLane }) {
        expectTypeOf(orders).toEqualTypeOf<InputBundle<Order>>();
        expectTypeOf(results).toEqualTypeOf<OutputBundle<string>>();
        expectTypeOf(orders.take()).toEqualTypeOf<Order | undefined>();
        expectTypeOf(orders.lane(0)).toEqualTypeOf<Input<Order>>();
        expectTypeOf(results.lane(0)).toEqualTypeOf<Output<string>>();
        for (const lane of results) expectTypeOf(lane).toEqualTypeOf<Output<string>>();
        const { lane } = await next(sameLane(orders.avail(), results.vacant([1, 0])));
        expectTypeOf(lane).toEqualTypeOf<number>();
        // @ts-expect-error a bundle of texts
        results.send(1);
        // @ts-expect-error a lane of texts
        results.lane(0).send(1);
        // @ts-expect-error the condition of one lane is not that of a bundle
        sameLane(orders.lane(0).avail());
      },
    });
  });

  test('partitionBy is given the message, and answers a key', () => {
    outputBundle<Order>({
      partitionBy: (order) => {
        expectTypeOf(order).toEqualTypeOf<Order>();
        return order.customer;
      },
    });
    // @ts-expect-error an object is no key
    outputBundle<Order>({ partitionBy: (order) => order });
    // @ts-expect-error there is no such route
    expect(() => outputBundle<Order>({ route: 'random' })).toThrow();
    // @ts-expect-error either a key or a route
    expect(() => outputBundle<Order>({ partitionBy: () => 1, route: 'emptiest' })).toThrow();
    // @ts-expect-error a bundle is always wired
    expect(() => inputBundle<Order>({ capacity: 1 })).toThrow();
  });

  test('a bundle is wired to an array of channels of its type, and an ordinary port to one channel', () => {
    const graph = new Graph({ name: 'types', logLevel: 'silent' });
    const orders = graph.bundle<Order>('orders', { lanes: 2, capacity: 1 });
    expectTypeOf(orders).toEqualTypeOf<Bundle<Order>>();
    const words = graph.bundle<string>('words', { lanes: 2, capacity: 1 });
    const one = graph.channel<Order>('one', { capacity: 1 });
    const single = defineActor({ inputs: { orders: input<Order>() }, on: { orders() {} } });
    const splitter = defineActor({
      outputs: { lanes: outputBundle<Order>({ partitionBy: ({ customer }) => customer }) },
      source: () => 'done',
    });
    // @ts-expect-error a bundle needs an array of channels
    expect(() => graph.actor('a', merge, { orders: one })).toThrow('needs an array of channels');
    // @ts-expect-error an input needs one channel
    expect(() => graph.actor('b', single, { orders })).toThrow('needs one channel');
    // @ts-expect-error the channels carry words, not orders
    graph.actor('c', merge, { orders: words });
    // @ts-expect-error the actor sends orders, not words
    graph.actor('d', splitter, { lanes: words });
    // @ts-expect-error the bundle is not wired
    expect(() => graph.actor('e', merge, {})).toThrow('not wired');
    graph.actor('f', splitter, { lanes: [...orders, one] });
    const handle = graph.actor('g', merge, { orders: [one, ...orders] });
    expectTypeOf(handle.input('orders')).toEqualTypeOf<Bundle<Order>>();
  });

  test('a handler of a bundle in batches is given arrays', () => {
    defineActor({
      inputs: { orders: inputBundle<Order>({ batch: { size: 8 } }) },
      on: {
        orders(orders, { lane, messageIds }) {
          expectTypeOf(orders).toEqualTypeOf<readonly Order[]>();
          expectTypeOf(lane).toEqualTypeOf<number>();
          expectTypeOf(messageIds).toEqualTypeOf<readonly string[]>();
        },
      },
    });
  });
});
