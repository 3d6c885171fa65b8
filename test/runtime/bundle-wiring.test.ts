import { type Channel, defineActor, input, inputBundle, output, outputBundle } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { channelOf, stopCleanly, world } from './world.ts';

const merge = defineActor({
  inputs: { orders: inputBundle<number>() },
  state: (): { seen: [lane: number, message: number][] } => ({ seen: [] }),
  on: {
    orders(message, { state, lane }) {
      state.seen.push([lane, message]);
    },
  },
});

const split = defineActor({
  inputs: { in: input<number>() },
  outputs: { lanes: outputBundle<number>() },
  on: {
    in(message, { outputs, lane }) {
      outputs.lanes.send(message + lane); // the lane of a plain input is -1
    },
  },
});

const wrong = (port: string, words: string): Error =>
  expect.objectContaining({
    code: 'ERR_WIRING',
    details: { actor: 'x', port },
    message: expect.stringContaining(words) as unknown,
  }) as Error;

describe('a bundle', () => {
  test('is an array of channels with names of their own, and cannot be changed', () => {
    const { graph } = world();
    const lanes = graph.bundle<number>('parts', { lanes: 3, capacity: 4, maxWaiting: 2 });
    expect(lanes.map(({ name, capacity }) => [name, capacity])).toEqual([
      ['parts[0]', 4],
      ['parts[1]', 4],
      ['parts[2]', 4],
    ]);
    expect(Object.isFrozen(lanes)).toBe(true);
    expect(graph.snapshot().channels.map(({ name }) => name)).toEqual(['parts[0]', 'parts[1]', 'parts[2]']);
  });

  test.each<[string, object | null]>([
    ['bundle "b"', null],
    ['lanes of bundle "b"', { capacity: 1 }],
    ['lanes of bundle "b"', { capacity: 1, lanes: 0 }],
    ['lanes of bundle "b"', { capacity: 1, lanes: 1.5 }],
    ['capacity of channel "b[0]"', { capacity: 0, lanes: 1 }],
    ['lane', { capacity: 1, lanes: 1, lane: 1 }],
  ])('refuses %s', (option, options) => {
    const { graph } = world();
    expect(() => graph.bundle('b', options as never)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_OPTION' }) as Error,
    );
    expect(() => graph.bundle('b', options as never)).toThrow(option);
    expect(graph.snapshot().channels).toEqual([]);
  });

  test('with a name that is taken adds none of its channels', () => {
    const { graph } = world();
    graph.channel('b[1]', { capacity: 1 });
    expect(() => graph.bundle('b', { lanes: 2, capacity: 1 })).toThrow(
      expect.objectContaining({ code: 'ERR_DUPLICATE_NAME', details: { name: 'b[1]' } }) as Error,
    );
    expect(graph.snapshot().channels).toHaveLength(1);
    graph.start();
    expect(() => graph.bundle('late', { lanes: 2, capacity: 1 })).toThrow(
      expect.objectContaining({ code: 'ERR_GRAPH_STATUS' }) as Error,
    );
  });
});

describe('wiring a bundle', () => {
  test('takes any array of channels; one lane may be an ordinary port of somebody else', async () => {
    const w = world();
    const source = w.graph.channel<number>('source', { capacity: 8 });
    const lanes = w.graph.bundle<number>('lanes', { lanes: 2, capacity: 8 });
    const extra = w.graph.channel<number>('extra', { capacity: 8 });
    const doubled = w.graph.channel<number>('doubled', { capacity: 8 });
    const doubler = defineActor({
      inputs: { in: input<number>() },
      outputs: { out: output<number>() },
      on: {
        in(message, { outputs }) {
          outputs.out.send(message * 2);
        },
      },
    });
    const given = [doubled, lanes[1] as Channel<number>, extra];
    w.graph.actor('split', split, { in: source, lanes });
    w.graph.actor('doubler', doubler, { in: lanes[0] as Channel<number>, out: doubled });
    const handle = w.graph.actor('merge', merge, { orders: given });
    given.length = 0; // what becomes of the array is none of the graph's business
    expect(handle.input('orders').map(({ name }) => name)).toEqual(['doubled', 'lanes[1]', 'extra']);
    w.graph.start();
    for (const message of [1, 2, 3, 4]) await source.send(message);
    await handle.input('orders')[2]?.send(100);
    await w.sim.settle();
    const { seen } = w.graph.snapshot().actors.find(({ name }) => name === 'merge')?.state as {
      seen: [number, number][];
    };
    expect(seen.filter(([lane]) => lane === 0)).toEqual([
      [0, 0],
      [0, 4],
    ]);
    expect(seen.filter(([lane]) => lane === 1)).toEqual([
      [1, 1],
      [1, 3],
    ]);
    expect(seen.filter(([lane]) => lane === 2)).toEqual([[2, 100]]);
    expect(channelOf(w.graph, 'lanes[1]')).toMatchObject({ producers: ['split'], consumer: 'merge' });
    await stopCleanly(w);
  });

  test('refuses what is no array of different channels of this graph, and leaves nothing half done', async () => {
    const w = world();
    const { graph } = w;
    const [a, b] = graph.bundle<number>('lanes', { lanes: 2, capacity: 1 }) as [Channel<number>, Channel<number>];
    const read = graph.channel<number>('read', { capacity: 1 });
    graph.sink('reader', read, () => undefined);
    const foreign = world().graph.channel<number>('lanes[0]', { capacity: 1 });
    const place = (orders: unknown) => () => graph.actor('x', merge, { orders } as never);
    expect(place([])).toThrow(wrong('orders', 'empty array'));
    expect(place(undefined)).toThrow(wrong('orders', 'not wired: it needs an array of channels'));
    expect(place(a)).toThrow(wrong('orders', 'is a bundle: it needs an array of channels, such as [lanes[0]]'));
    expect(place([a, b, a])).toThrow(wrong('orders[2]', 'channel "lanes[0]", as "orders[0]" is'));
    expect(place([a, read])).toThrow(wrong('orders[1]', '"reader" reads already'));
    expect(place([a, undefined])).toThrow(wrong('orders[1]', 'not wired'));
    expect(place([a, [b]])).toThrow(wrong('orders[1]', 'array of channels, and needs one channel'));
    expect(place([foreign])).toThrow(wrong('orders[0]', 'another graph'));
    expect(place(new Array(1))).toThrow(wrong('orders[0]', 'not wired'));
    const out =
      (lanes: unknown, given: unknown = a) =>
      () =>
        graph.actor('x', split, { in: given, lanes } as never);
    expect(out([b, b])).toThrow(wrong('lanes[1]', 'as "lanes[0]" is'));
    expect(out([])).toThrow(wrong('lanes', 'empty array'));
    expect(out([b], [a])).toThrow(wrong('in', 'array of channels, and needs one channel'));
    graph.actor('x', merge, { orders: [a, b] });
    graph.start();
    await stopCleanly(w);
  });

  test('a channel cannot be a lane and another input of the same actor', () => {
    const { graph } = world();
    const a = graph.channel<number>('a', { capacity: 1 });
    const both = defineActor({
      inputs: { plain: input<number>(), bundle: inputBundle<number>() },
      on: { plain: () => undefined, bundle: () => undefined },
    });
    expect(() => graph.actor('x', both, { plain: a, bundle: [a] })).toThrow(
      wrong('bundle[0]', 'as another of its inputs is'),
    );
  });

  test('a lane may be an output of its own as well: both share its room and its order', async () => {
    const w = world();
    const source = w.graph.channel<number>('source', { capacity: 4 });
    const lanes = w.graph.bundle<number>('lanes', { lanes: 2, capacity: 2 });
    const twice = defineActor({
      inputs: { in: input<number>() },
      outputs: { first: output<number>(), all: outputBundle<number>({ route: 'everyLane' }) },
      on: {
        in(message, { outputs }) {
          outputs.first.send(message);
          outputs.all.send(-message);
        },
      },
    });
    w.graph.actor('twice', twice, { in: source, first: lanes[0] as Channel<number>, all: lanes });
    const seen = w.graph.actor('merge', merge, { orders: lanes });
    w.graph.start();
    for (const message of [1, 2, 3]) await source.send(message);
    await w.sim.settle();
    const { state } = w.graph.snapshot().actors.find(({ name }) => name === seen.name) ?? {};
    const arrived = (state as { seen: [number, number][] }).seen;
    expect(arrived.filter(([lane]) => lane === 0).map(([, message]) => message)).toEqual([1, -1, 2, -2, 3, -3]);
    expect(arrived.filter(([lane]) => lane === 1).map(([, message]) => message)).toEqual([-1, -2, -3]);
    await stopCleanly(w);
  });
});

describe('declaring a bundle', () => {
  test.each<[string, () => unknown]>([
    ['inputBundle', () => inputBundle(null as never)],
    ['capacity', () => inputBundle({ capacity: 1 } as never)],
    ['ticks', () => inputBundle({ ticks: true } as never)],
    ['outputBundle: route', () => outputBundle({ route: 'random' as never })],
    ['outputBundle: partitionBy', () => outputBundle({ partitionBy: 'customer' as never })],
    ['outputBundle: route', () => outputBundle({ partitionBy: () => 1, route: 'emptiest' } as never)],
    ['by', () => outputBundle({ by: () => 1 } as never)],
  ])('refuses a wrong %s', (option, declare) => {
    expect(declare).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }) as Error);
    expect(declare).toThrow(option);
  });
});
