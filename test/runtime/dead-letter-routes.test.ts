/** Dead letters that go into a user's channel instead of the store. */
import { type Channel, type DeadLetter, defineActor, type Graph, Graph as AnyGraph, input, output } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { actorOf, channelOf, collect, stopCleanly, watch, type World, world } from './world.ts';

/** Rejects numbers below 0, fails at 0, passes on the rest. */
const desk = defineActor({
  inputs: { numbers: input<number>() },
  outputs: { out: output<number>() },
  on: {
    numbers(number, { reject, outputs: { out } }) {
      if (number === 0) throw new Error('fails');
      if (number < 0) reject('refused');
      else out.send(number);
    },
  },
});

/** Takes all that there is in one turn, and rejects it. */
const refusing = defineActor({
  inputs: { numbers: input<number>() },
  async run({ inputs: { numbers }, running, next }) {
    while (running()) {
      await next(numbers.avail());
      while (numbers.take() !== undefined) numbers.reject('refused');
    }
  },
});

const payloadsOf = (letters: readonly DeadLetter[]): unknown[] => letters.map(({ payload }) => payload);
const kept = (graph: Graph): unknown[] => payloadsOf(graph.deadLetters.list());

/** A desk with a route of the given capacity, which nobody reads unless a test does. */
function routed(
  capacity: number,
  options: Parameters<typeof world>[0] = {},
): World & { readonly numbers: Channel<number>; readonly letters: Channel<DeadLetter>; readonly passed: number[] } {
  const w = world(options);
  const numbers = w.graph.channel<number>('numbers', { capacity: 8 });
  const out = w.graph.channel<number>('out', { capacity: 8 });
  const letters = w.graph.channel<DeadLetter>('letters', { capacity });
  w.graph.deadLetters.route(letters);
  w.graph.actor('desk', desk, { numbers, out }, { showstopperAfter: 1 });
  return { ...w, numbers, letters, passed: collect(w.graph, out) };
}

async function give(w: World & { readonly numbers: Channel<number> }, ...all: number[]): Promise<void> {
  for (const number of all) await w.numbers.send(number);
  await w.sim.settle();
}

describe('a route', () => {
  test('takes dead letters of every kind into its channel, in order, and the store has none', async () => {
    const w = routed(64);
    const { graph } = w;
    const arrived = collect(graph, w.letters);
    const checked = graph.channel('checked', { capacity: 8, schema: z.number() });
    graph.feed('feed', [1, 'two' as unknown as number], checked);
    graph.sink('broken', checked, () => Promise.reject(new Error('broken')), { showstopperAfter: 1 });
    graph.start();
    await give(w, 1, -2, 0, 3);
    expect(w.passed).toEqual([1, 3]);
    const told = arrived.map(({ channel, actor, reason, payload }) => [channel, actor, reason, payload]);
    expect(told).toEqual(
      expect.arrayContaining([
        ['numbers', 'desk', 'rejected', -2],
        ['numbers', 'desk', 'showstopper', 0],
        ['checked', 'feed', 'invalid', 'two'],
        ['checked', 'broken', 'rejected', 1],
      ]),
    );
    expect(told).toHaveLength(4);
    expect(arrived.map(({ id }) => id)).toEqual([1, 2, 3, 4]);
    expect(graph.snapshot().deadLetters).toMatchObject({ kept: 0, total: 4, routed: 4, evicted: 0 });
    expect(channelOf(graph, 'letters')).toMatchObject({ sent: 4, taken: 4, producers: ['dead letters'] });
    await stopCleanly(w);
  });

  test('is told of as any dead letter, and the message is frozen', async () => {
    const w = routed(4);
    const told: DeadLetter[] = [];
    w.graph.deadLetters.subscribe((letter) => told.push(letter));
    const arrived = collect(w.graph, w.letters);
    w.graph.start();
    await give(w, 0);
    expect(told).toEqual(arrived);
    expect(arrived[0]?.error?.message).toBe('fails');
    expect(Object.isFrozen(arrived[0]) && Object.isFrozen(arrived[0]?.error)).toBe(true);
    await stopCleanly(w);
  });

  test("runs nobody's code on its way: not the getter of an error either", async () => {
    const w = world({ logLevel: 'silent' });
    let reads = 0;
    class Odd extends Error {
      override get stack(): string {
        reads += 1;
        throw new Error('not in the middle of a commit');
      }
    }
    const failing = defineActor({
      inputs: { numbers: input<number>() },
      on: {
        numbers: () => {
          throw new Odd('odd');
        },
      },
    });
    const numbers = w.graph.channel<number>('numbers', { capacity: 4 });
    const letters = w.graph.channel<DeadLetter>('letters', { capacity: 4 });
    w.graph.deadLetters.route(letters);
    w.graph.actor('failing', failing, { numbers }, { showstopperAfter: 1 });
    const arrived = collect(w.graph, letters);
    w.graph.start();
    numbers.trySend(1);
    await w.sim.settle();
    expect(arrived).toMatchObject([{ payload: 1, text: 'Error: odd' }]);
    expect(Object.isFrozen(arrived[0]?.issues)).toBe(true);
    expect(reads).toBe(0);
    await stopCleanly(w);
  });

  test('takes only what fits, and of several the first one does', async () => {
    const w = world();
    const { graph } = w;
    const [a, b] = [graph.channel<number>('a', { capacity: 4 }), graph.channel<number>('b', { capacity: 4 })];
    const out = graph.channel<number>('out', { capacity: 8 });
    const named = (name: string): Channel<DeadLetter> => graph.channel<DeadLetter>(name, { capacity: 8 });
    const routes = { first: named('first'), second: named('second'), third: named('third') };
    graph.deadLetters.route(routes.first, { channel: 'a', reason: 'rejected' });
    graph.deadLetters.route(routes.second, { actor: ['desk a'] });
    graph.deadLetters.route(routes.third, { reason: ['invalid', 'no-consumer'] });
    graph.actor('desk a', desk, { numbers: a, out }, { showstopperAfter: 1 });
    graph.actor('desk b', desk, { numbers: b, out }, { showstopperAfter: 1, restart: 'temporary' });
    collect(graph, out);
    const [first, second, third] = Object.values(routes).map((channel) => collect(graph, channel));
    graph.start();
    for (const channel of [a, b]) for (const number of [-1, 0]) channel.trySend(number);
    await w.sim.settle();
    expect(payloadsOf(first as DeadLetter[])).toEqual([-1]);
    expect(payloadsOf(second as DeadLetter[])).toEqual([0]);
    expect(payloadsOf(third as DeadLetter[])).toEqual([]);
    expect(kept(graph)).toEqual([-1, 0]);
    await stopCleanly(w);
  });

  test('may go into the own channel of an actor', async () => {
    const w = world();
    const numbers = w.graph.channel<number>('numbers', { capacity: 4 });
    const seen: unknown[] = [];
    const clerk = defineActor({
      inputs: { letters: input<DeadLetter>({ capacity: 4 }) },
      on: { letters: ({ payload }) => void seen.push(payload) },
    });
    const handle = w.graph.actor('clerk', clerk, {});
    w.graph.deadLetters.route(handle.input('letters'));
    w.graph.actor('refusing', refusing, { numbers });
    w.graph.start();
    numbers.trySend(7);
    await w.sim.settle();
    expect(seen).toEqual([7]);
    await stopCleanly(w);
  });

  test('holds up who has one more letter than its channel has room for, and goes on in order', async () => {
    const w = routed(2);
    w.graph.start();
    await give(w, -1, -2, -3, 4, 0);
    expect(w.passed).toEqual([]);
    expect(channelOf(w.graph, 'letters')).toMatchObject({ inFlight: 2, waitingForRoom: 1 });
    const reader = w.letters[Symbol.asyncIterator]();
    const read: unknown[] = [];
    for (let count = 0; count < 4; count += 1) {
      const result = await reader.next();
      if (result.done !== true) read.push(result.value.payload);
      await w.sim.settle();
    }
    expect(read).toEqual([-1, -2, -3, 0]);
    expect(w.passed).toEqual([4]);
    expect(kept(w.graph)).toEqual([]);
    await stopCleanly(w);
  });

  test('sends a turn with more letters than its channel can ever hold to the store', async () => {
    const w = world();
    const numbers = w.graph.channel<number>('numbers', { capacity: 8 });
    const letters = w.graph.channel<DeadLetter>('letters', { capacity: 2 });
    w.graph.deadLetters.route(letters);
    w.graph.actor('refusing', refusing, { numbers });
    const arrived = collect(w.graph, letters);
    w.graph.start();
    for (const number of [1, 2, 3]) numbers.trySend(number);
    await w.sim.settle();
    for (const number of [4, 5]) numbers.trySend(number);
    await w.sim.settle();
    expect(kept(w.graph)).toEqual([1, 2, 3]);
    expect(payloadsOf(arrived)).toEqual([4, 5]);
    await stopCleanly(w);
  });

  test('a letter that fails its reader is in the store as what it is: a message of that channel', async () => {
    const w = routed(4);
    const broken = defineActor({
      inputs: { letters: input<DeadLetter>() },
      on: {
        letters({ payload }) {
          if (payload === -1) throw new Error('cannot read it');
        },
      },
    });
    w.graph.actor('broken', broken, { letters: w.letters }, { showstopperAfter: 3 });
    w.graph.start();
    await give(w, -1, -2, 3);
    await w.sim.advance(10_000);
    const [only, ...others] = w.graph.deadLetters.list();
    expect(only).toMatchObject({ channel: 'letters', actor: 'broken', reason: 'showstopper', attempts: 3 });
    expect(only?.payload).toMatchObject({ channel: 'numbers', actor: 'desk', payload: -1, id: 1 });
    expect(others).toEqual([]);
    expect(actorOf(w.graph, 'broken')).toMatchObject({ restarts: 3 });
    expect(w.passed).toEqual([3]);
    expect(w.graph.snapshot().deadLetters).toMatchObject({ total: 3, routed: 2, kept: 1 });
    await stopCleanly(w);
  });

  test('whose reader is gone for good sends the rest to the store, those that wait as well', async () => {
    const w = routed(1);
    w.graph.start();
    await give(w, -1, -2, -3, 4);
    expect(w.passed).toEqual([]);
    const reader = w.letters[Symbol.asyncIterator]();
    await reader.return?.();
    await w.sim.settle();
    expect(w.passed).toEqual([4]);
    const [left, ...rest] = w.graph.deadLetters.list();
    expect(left).toMatchObject({ channel: 'letters', reason: 'no-consumer', payload: { payload: -1 } });
    expect(payloadsOf(rest)).toEqual([-2, -3]);
    await stopCleanly(w);
  });

  test('takes nothing that is imported', async () => {
    const w = routed(4);
    const arrived = collect(w.graph, w.letters);
    const other = routed(4);
    other.graph.start();
    await give(other, -1);
    await stopCleanly(other);
    const lines = [...other.graph.deadLetters.export()];
    expect(lines).toHaveLength(1);
    w.graph.start();
    await w.graph.deadLetters.import(lines);
    await w.sim.settle();
    expect(arrived).toEqual([]);
    expect(w.graph.deadLetters.count()).toBe(1);
    await stopCleanly(w);
  });
});

describe('an actor that reads letters', () => {
  /** Sends each refused number again, as a positive one. */
  const mender = defineActor({
    inputs: { letters: input<DeadLetter>() },
    outputs: { numbers: output<number>() },
    on: {
      letters({ payload }, { outputs: { numbers } }) {
        numbers.send(-(payload as number));
      },
    },
  });

  function mended(
    capacity: number,
    source: number[] | undefined,
  ): World & { readonly passed: number[]; readonly numbers: Channel<number> } {
    const w = world({ actorDefaults: { showstopperAfter: 10 } });
    const { graph } = w;
    const numbers = graph.channel<number>('numbers', { capacity });
    const out = graph.channel<number>('out', { capacity });
    const letters = graph.channel<DeadLetter>('letters', { capacity });
    graph.deadLetters.route(letters);
    if (source !== undefined) graph.feed('source', source, numbers);
    graph.actor('desk', desk, { numbers, out });
    graph.actor('mender', mender, { letters, numbers });
    return { ...w, numbers, passed: collect(graph, out) };
  }

  test.each([1, 2, 5])('may send them again, at capacity %i, and the graph ends by itself', async (capacity) => {
    const w = mended(capacity, [1, -2, -3, 4, -5, -6, -7]);
    w.graph.start();
    const stopped = watch(w.graph.stopped());
    await w.sim.advance(100_000);
    expect(stopped.state).toBe('resolved');
    // What would have waited for itself is in the store.
    const stored = kept(w.graph).map((payload) => -(payload as number));
    expect([...w.passed, ...stored].sort()).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(actorOf(w.graph, 'desk').failures).toBe(0);
    if (capacity === 5) expect(stored).toEqual([]);
    w.graph.checkConservation();
  });

  test('may be all there is besides those that send to it: the graph waits for code outside', async () => {
    const w = mended(4, undefined);
    w.graph.start();
    await w.sim.advance(1_000);
    expect(w.graph.status).toBe('running');
    for (const number of [1, -2, 3]) await w.numbers.send(number);
    await w.sim.advance(1_000);
    expect([w.graph.status, w.passed]).toEqual(['running', [1, 3, 2]]);
    w.numbers.close();
    await w.sim.settle();
    expect(w.graph.status).toBe('stopped');
  });

  test('is not waited for where code outside never sends, and says so', async () => {
    const w = mended(4, undefined);
    w.graph.start();
    await w.sim.settle();
    w.numbers.close();
    await w.sim.settle();
    expect(w.graph.status).toBe('stopped');
  });

  test('loses and doubles nothing when it fails again and again', async () => {
    const w = mended(2, [-1, -2, -3, -4, -5, -6]);
    w.graph.setProbe((point, actor) => {
      if (actor === 'mender' && point === 'commit:decided' && actorOf(w.graph, 'mender').failures < 5)
        throw new Error('planned');
    });
    w.graph.start();
    await w.sim.runUntil(w.graph.stopped());
    const stored = w.graph.deadLetters.list().map(({ payload }) => -(payload as number));
    expect([...w.passed, ...stored].sort()).toEqual([1, 2, 3, 4, 5, 6]);
    expect(actorOf(w.graph, 'mender').failures).toBe(5);
  });
});

describe('who would wait for itself', () => {
  test('an actor that reads its own letters: they go to the store where they have no room', async () => {
    const w = world();
    const numbers = w.graph.channel<number>('numbers', { capacity: 4 });
    const letters = w.graph.channel<DeadLetter>('letters', { capacity: 1 });
    const seen: unknown[] = [];
    const both = defineActor({
      inputs: { letters: input<DeadLetter>(), numbers: input<number>() },
      async run({ inputs, running, next, after }) {
        while (running()) {
          await next(inputs.numbers.avail());
          for (let count = 0; count < 2; count += 1) {
            if (inputs.numbers.take() === undefined) break;
            inputs.numbers.reject('refused');
            await next(after(0));
          }
          const letter = inputs.letters.take();
          if (letter !== undefined) seen.push(letter.payload);
        }
      },
    });
    w.graph.deadLetters.route(letters);
    w.graph.actor('both', both, { numbers, letters });
    w.graph.start();
    for (const number of [1, 2]) numbers.trySend(number);
    await w.sim.advance(10);
    expect(seen).toEqual([1]);
    expect(kept(w.graph)).toEqual([2]);
    expect(actorOf(w.graph, 'both').failures).toBe(0);
    await stopCleanly(w);
  });

  /** Sends what is in each letter on. */
  const passing = defineActor({
    inputs: { letters: input<DeadLetter>() },
    outputs: { out: output<number>() },
    on: { letters: ({ payload }, { outputs: { out } }) => void out.send(payload as number) },
  });

  /** Whoever reads `loop` fails at it, and its letters come back to it through `clerk`: so often, then all goes through. */
  const ROUNDS = 60;

  function circle(place: Place): World & { readonly loop: Channel<number>; readonly through: number[] } {
    const w = world();
    const loop = w.graph.channel<number>('loop', { capacity: 1 });
    const letters = w.graph.channel<DeadLetter>('letters', { capacity: 1 });
    const through: number[] = [];
    let rounds = ROUNDS;
    w.graph.deadLetters.route(letters);
    place(w.graph, loop, (number) => {
      rounds -= 1;
      if (rounds < 0) through.push(number);
      return rounds < 0;
    });
    w.graph.actor('clerk', passing, { letters, out: loop });
    return { ...w, loop, through };
  }

  type Place = (graph: Graph, loop: Channel<number>, isThrough: (number: number) => boolean) => void;
  const inputs = { loop: input<number>() };

  const circles: readonly (readonly [string, Place])[] = [
    [
      'an actor with showstoppers',
      (graph, loop, isThrough): void => {
        const failing = defineActor({
          inputs,
          on: {
            loop(number) {
              if (!isThrough(number)) throw new Error('planned');
            },
          },
        });
        graph.actor('failing', failing, { loop }, { showstopperAfter: 1, maxRestarts: Infinity });
      },
    ],
    [
      'a sink that cannot write',
      (graph, loop, isThrough): void =>
        graph.sink(
          'failing',
          loop,
          (number) => (isThrough(number) ? Promise.resolve() : Promise.reject(new Error('planned'))),
          { showstopperAfter: 1 },
        ),
    ],
    [
      'an actor that rejects',
      (graph, loop, isThrough): void => {
        const on = {
          loop: (number: number, ctx: { reject(reason: string): void }): void =>
            void (isThrough(number) || ctx.reject('planned')),
        };
        graph.actor('failing', defineActor({ inputs, on }), { loop });
      },
    ],
  ];

  test.each(circles)('%s: what does not fit into the circle is kept', async (name, place) => {
    const w = circle(place);
    w.graph.start();
    const sends = [1, 2, 3, 4, 5, 6].map((number) => watch(w.loop.send(number)));
    await w.sim.advance(10);
    expect(sends.map(({ state }) => state)).toEqual(sends.map(() => 'resolved'));
    // Commits that wait for each other go as a group: all that they have fits.
    const isCommit = name === 'an actor that rejects';
    expect(kept(w.graph).length > 0).toBe(!isCommit);
    expect([...kept(w.graph), ...w.through].sort()).toEqual([1, 2, 3, 4, 5, 6]);
    expect(actorOf(w.graph, 'clerk').failures).toBe(0);
    await stopCleanly(w);
  });
});

describe('the end of a route', () => {
  test('comes by itself when nobody else could make letters any more', async () => {
    const w = routed(4);
    const arrived = collect(w.graph, w.letters);
    w.graph.start();
    await give(w, -1, 2, -3);
    const stopped = watch(w.graph.stopped());
    w.numbers.close();
    await w.sim.settle();
    expect(stopped.state).toBe('resolved');
    expect(payloadsOf(arrived)).toEqual([-1, -3]);
    expect(kept(w.graph)).toEqual([]);
  });

  test('comes for a reader outside the graph with that of the graph', async () => {
    const w = routed(4);
    w.graph.start();
    const read: unknown[] = [];
    const reading = (async (): Promise<void> => {
      for await (const { payload } of w.letters) read.push(payload);
    })();
    await give(w, -1, 2, -3);
    w.numbers.close();
    await w.sim.settle();
    await reading;
    expect(read).toEqual([-1, -3]);
    expect(w.graph.status).toBe('stopped');
  });

  test('waits for code outside that may still send to whoever reads letters', async () => {
    const w = world();
    const letters = w.graph.channel<DeadLetter>('letters', { capacity: 4 });
    const other = w.graph.channel<number>('other', { capacity: 4 });
    const seen: unknown[] = [];
    const both = defineActor({
      inputs: { letters: input<DeadLetter>(), other: input<number>() },
      on: {
        letters: ({ payload }) => void seen.push(payload),
        other: (_, { reject }) => reject('refused'),
      },
    });
    w.graph.deadLetters.route(letters);
    w.graph.actor('both', both, { letters, other });
    w.graph.start();
    await w.sim.advance(1_000);
    await other.send(1);
    await w.sim.settle();
    expect(seen).toEqual([1]);
    other.close();
    await w.sim.settle();
    expect(w.graph.status).toBe('stopped');
  });

  test('comes with a request to stop: from then on the store has the letters, and nobody waits any more', async () => {
    const w = world();
    const { graph } = w;
    const letters = graph.channel<DeadLetter>('letters', { capacity: 1 });
    const numbers = [1, 2, 3].map((number) => graph.channel<number>(`numbers ${number}`, { capacity: 2 }));
    graph.deadLetters.route(letters);
    const out = graph.channel<number>('out', { capacity: 1 });
    numbers.forEach((channel, index) => graph.actor(`desk ${index}`, desk, { numbers: channel, out }));
    collect(graph, out);
    graph.start();
    for (const channel of numbers) channel.trySend(-1);
    await w.sim.settle();
    expect(channelOf(graph, 'letters')).toMatchObject({ inFlight: 1, waitingForRoom: 2 });
    await stopCleanly(w);
    const all = graph.deadLetters.list();
    expect(all.map(({ channel, reason }) => [channel, reason])).toEqual([
      ['numbers 2', 'rejected'],
      ['numbers 3', 'rejected'],
      ['letters', 'stopped'],
    ]);
    expect(graph.snapshot().deadLetters).toMatchObject({ total: 4, kept: 3, routed: 1 });
  });

  test('wakes all who wait, also behind a message for the same channel', async () => {
    const w = world();
    const { graph } = w;
    const letters = graph.channel<DeadLetter>('letters', { capacity: 1 });
    const numbers = graph.channel<number>('numbers', { capacity: 4 });
    graph.deadLetters.route(letters);
    graph.actor('refusing', refusing, { numbers });
    const writer = defineActor({
      outputs: { letters: output<DeadLetter>() },
      source: ({ outputs: { letters: to } }) => {
        to.send({ payload: 'by hand' } as DeadLetter);
        return 'more';
      },
    });
    graph.actor('writer', writer, { letters });
    graph.start();
    await w.sim.settle();
    numbers.trySend(1);
    await w.sim.settle();
    expect(channelOf(graph, 'letters')).toMatchObject({ inFlight: 1, waitingForRoom: 2 });
    graph.requestShutdown();
    await w.sim.settle();
    expect(kept(graph)).toContain(1);
    expect(channelOf(graph, 'letters').waitingForRoom).toBe(1);
  });
});

describe('a route is refused', () => {
  const options = (call: () => unknown): { code: string; message: string } => {
    try {
      call();
    } catch (error) {
      return error as { code: string; message: string };
    }
    throw new Error('it was not refused');
  };

  test('where it is none', () => {
    const { graph } = world();
    const letters = graph.channel<DeadLetter>('letters', { capacity: 4 });
    const checked = graph.channel('checked', { capacity: 4, schema: z.custom<DeadLetter>() });
    const foreign = new AnyGraph({ name: 'other' }).channel<DeadLetter>('letters', { capacity: 4 });
    const route = (...given: unknown[]): (() => unknown) => {
      const call = graph.deadLetters.route.bind(graph.deadLetters) as (...all: unknown[]) => void;
      return () => call(...given);
    };
    expect(options(route(undefined))).toMatchObject({ code: 'ERR_INVALID_OPTION' });
    expect(options(route(foreign)).message).toContain('a channel of graph "test"');
    expect(options(route(checked)).message).toContain('a channel without a schema');
    expect(options(route(letters, () => true)).message).toContain('filter must be an object');
    expect(options(route(letters, { id: 1 })).message).toContain('"id"');
    expect(options(route(letters, { reason: 'nonsense' }))).toMatchObject({ code: 'ERR_INVALID_OPTION' });
    expect(channelOf(graph, 'letters').producers).toEqual([]);
  });

  test('after the start', async () => {
    const w = routed(4);
    w.graph.start();
    expect(options(() => w.graph.deadLetters.route(w.letters))).toMatchObject({ code: 'ERR_GRAPH_STATUS' });
    await stopCleanly(w);
  });
});
