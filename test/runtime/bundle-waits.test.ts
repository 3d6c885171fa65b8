import {
  type ActorHandle,
  type ActorOptions,
  type Bundle,
  type Condition,
  defineActor,
  type InputBundle,
  inputBundle,
  type InputBundleSpec,
  type LoopContext,
  outputBundle,
  type OutputBundleSpec,
  type WaitResult,
} from 'holdfast';
import { describe, expect, test } from 'vitest';
import { actorOf, collect, stopCleanly, type World, world } from './world.ts';

type Inputs = { readonly orders: InputBundleSpec<number> };
type Context = LoopContext<Inputs, { readonly results: OutputBundleSpec<number> }, { turns: number }, undefined>;

interface Lanes extends World {
  readonly orders: Bundle<number>;
  readonly results: Bundle<number>;
  readonly actor: ActorHandle<Inputs>;
  /** What the loop has noted. */
  readonly notes: unknown[];
}

interface LaneOptions {
  readonly lanes?: number;
  readonly capacity?: number;
  readonly actor?: ActorOptions;
  /** What waits in the lanes when the actor starts. */
  readonly orders?: readonly (readonly number[])[];
  readonly resultsRead?: boolean;
}

/** A loop between two bundles of as many lanes. `body` runs once in an incarnation. */
function lanesWorld(body: (ctx: Context, notes: unknown[]) => Promise<void>, options: LaneOptions = {}): Lanes {
  const { lanes = 3, capacity = 8 } = options;
  const w = world({ actorDefaults: { retryBackoff: { minMs: 0 }, maxRestarts: Infinity } });
  const orders = w.graph.bundle<number>('in', { lanes, capacity });
  const results = w.graph.bundle<number>('out', { lanes, capacity });
  const notes: unknown[] = [];
  const worker = defineActor({
    inputs: { orders: inputBundle<number>() },
    outputs: { results: outputBundle<number>() },
    state: () => ({ turns: 0 }),
    run: (ctx) => body(ctx, notes),
  });
  // A body that returns has ended; one that fails or is killed comes back.
  const actor = w.graph.actor('worker', worker, { orders, results }, { restart: 'transient', ...options.actor });
  if (options.resultsRead !== false) for (const lane of results) collect(w.graph, lane);
  options.orders?.forEach((messages, lane) => fill(orders, lane, messages));
  w.graph.start();
  return { ...w, orders, results, actor, notes };
}

function fill(bundle: Bundle<number>, lane: number, messages: readonly number[]): void {
  for (const message of messages) expect(bundle[lane]?.trySend(message)).toEqual({ ok: true });
}

/** Waits for one condition after the other, and takes from the lane that was ready. */
function served(condition: (ctx: Context) => Condition): (ctx: Context, notes: unknown[]) => Promise<void> {
  return async (ctx, notes) => {
    while (ctx.running()) {
      const { lane } = await ctx.next(condition(ctx));
      if (lane >= 0) notes.push([lane, ctx.inputs.orders.lane(lane).take()]);
    }
  };
}

const numbers = (count: number, from: number = 0): number[] => Array.from({ length: count }, (_, n) => from + n);
const lanesOf = (notes: readonly unknown[]): unknown[] => notes.map((note) => (note as readonly unknown[])[0]);

describe('a wait for a lane of a bundle', () => {
  test('says which one was ready, in turn, and serves none twice while another is ready', async () => {
    const w = lanesWorld(
      served(({ inputs }) => inputs.orders.avail()),
      { orders: [numbers(6), numbers(2), numbers(3)] },
    );
    await w.sim.settle();
    expect(lanesOf(w.notes)).toEqual([0, 1, 2, 0, 1, 2, 0, 2, 0, 0, 0]);
    await stopCleanly(w);
  });

  test('is never sticky: a busy lane gives way to one message in another', async () => {
    const w = lanesWorld(served(({ inputs }) => inputs.orders.avail()));
    fill(w.orders, 1, numbers(4));
    fill(w.orders, 2, [100]);
    await w.sim.settle();
    expect(w.notes).toEqual([
      [1, 0],
      [2, 100],
      [1, 1],
      [1, 2],
      [1, 3],
    ]);
    await stopCleanly(w);
  });

  test.each<[string, (ctx: Context) => Condition]>([
    ['any', ({ any, inputs, after }) => any(after(1_000_000), inputs.orders.avail())],
    ['all', ({ all, inputs, outputs }) => all(inputs.orders.avail(), outputs.results.vacant())],
    [
      'any in all',
      ({ all, any, inputs, outputs }) =>
        all(any(inputs.orders.avail(2), inputs.orders.avail()), outputs.results.lane(0).vacant()),
    ],
    [
      'all in any',
      ({ all, any, inputs, every }) => any(all(every(1_000_000), inputs.orders.avail()), all(inputs.orders.avail())),
    ],
    ['sameLane', ({ sameLane, inputs, outputs }) => sameLane(inputs.orders.avail(), outputs.results.vacant())],
  ])('takes turns within %s as well', async (_, condition) => {
    const w = lanesWorld(served(condition), { orders: [numbers(3), numbers(3), numbers(3)] });
    await w.sim.settle();
    expect(lanesOf(w.notes)).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2]);
    await stopCleanly(w);
  });

  test('goes on behind the lane that was served last after a failure and after a kill', async () => {
    const w = lanesWorld(
      async (ctx, notes) => {
        while (ctx.running()) {
          const { lane } = await ctx.next(ctx.inputs.orders.avail());
          if (lane < 0) continue;
          const message = ctx.inputs.orders.lane(lane).take();
          notes.push([lane, message]);
          if (message === 13 && ctx.attempt === 1) throw new Error('once');
        }
      },
      { orders: [numbers(2), [13, 1], numbers(2)] },
    );
    await w.sim.settle();
    expect(w.notes).toEqual([
      [0, 0],
      [1, 13], // fails, and is back in its place
      [2, 0],
      [0, 1],
      [1, 13],
      [2, 1],
      [1, 1],
    ]);
    w.actor.kill();
    await w.sim.settle();
    for (const lane of [0, 1, 2]) fill(w.orders, lane, [7]);
    await w.sim.settle();
    expect(lanesOf(w.notes.slice(7))).toEqual([2, 0, 1]);
    await stopCleanly(w);
  });

  test('the kind, index and lane of results', async () => {
    const w = lanesWorld(
      async ({ next, tryNext, pause, any, all, inputs: { orders }, after, outputs: { results } }, notes) => {
        notes.push(await next(any(after(10), orders.avail())));
        notes.push(await next(any(after(10), orders.avail())));
        orders.take();
        notes.push(tryNext(orders.avail()));
        notes.push(await next(all(results.vacant([0, 8, 0]), orders.avail())));
        notes.push(await pause(orders.avail()));
        notes.push(await next(all(orders.lane(2).avail(), orders.lane(0).avail())));
        orders.take();
        orders.take();
        notes.push(await next(orders.avail()), await next(any(after(5), orders.avail())));
      },
      { orders: [] },
    );
    await w.sim.advance(10);
    fill(w.orders, 2, [1, 2]);
    fill(w.orders, 0, [3]);
    await w.sim.settle();
    w.graph.requestShutdown();
    await w.sim.runUntil(w.graph.stopped());
    expect(w.notes).toEqual([
      { kind: 'timeout', index: 0, lane: -1 },
      { kind: 'ready', index: 1, lane: 0 },
      { kind: 'ready', index: 0, lane: 2 },
      { kind: 'ready', index: 0, lane: 1 }, // of several bundles in all, the first
      { kind: 'ready', index: 0, lane: 2 },
      { kind: 'ready', index: 0, lane: -1 },
      { kind: 'drained', index: -1, lane: -1 },
      { kind: 'timeout', index: 0, lane: -1 },
    ]);
  });
});

describe('counts', () => {
  test('one for each lane; 0 is not looked at; the last of a closed lane are enough', async () => {
    const w = lanesWorld(
      served(({ inputs }) => inputs.orders.avail([2, 0, 3])),
      { orders: [numbers(2), numbers(8), numbers(2)] },
    );
    await w.sim.settle();
    expect(w.notes).toEqual([[0, 0]]);
    fill(w.orders, 2, [2]);
    await w.sim.settle();
    expect(lanesOf(w.notes)).toEqual([0, 2]);
    w.orders[0]?.close();
    await w.sim.settle();
    expect(w.notes.slice(2)).toEqual([[0, 1]]);
    await w.sim.runUntil(stopAnyhow(w));
  });

  test.each<[string, (ctx: Context) => unknown, string]>([
    ['too few', ({ inputs }) => inputs.orders.avail([1, 1]), 'ERR_INVALID_OPTION'],
    ['too many', ({ outputs }) => outputs.results.vacant([1, 1, 1, 1]), 'ERR_INVALID_OPTION'],
    ['all 0', ({ inputs }) => inputs.orders.avail([0, 0, 0]), 'ERR_INVALID_OPTION'],
    ['0', ({ inputs }) => inputs.orders.avail(0), 'ERR_INVALID_OPTION'],
    ['no number', ({ inputs }) => inputs.orders.avail('1' as never), 'ERR_INVALID_OPTION'],
    ['a negative one', ({ inputs }) => inputs.orders.avail([1, -1, 1]), 'ERR_INVALID_OPTION'],
    ['a hole', ({ inputs }) => inputs.orders.avail(new Array(3)), 'ERR_INVALID_OPTION'],
    ['more than a lane holds', ({ inputs }) => inputs.orders.avail(9), 'ERR_OVER_CAPACITY'],
    ['more than one lane holds', ({ outputs }) => outputs.results.vacant([0, 9, 0]), 'ERR_OVER_CAPACITY'],
  ])('%s are refused where the condition is built', async (_, build, code) => {
    let error: unknown;
    const w = lanesWorld(async (ctx) => {
      try {
        build(ctx);
      } catch (caught) {
        error = caught;
      }
      await ctx.next(ctx.inputs.orders.avail());
    });
    await w.sim.settle();
    expect(error).toMatchObject({ code });
    await stopCleanly(w);
  });

  test('as many as a lane holds are not too many', async () => {
    const w = lanesWorld(
      served(({ inputs }) => inputs.orders.avail(8)),
      { orders: [[], numbers(8)] },
    );
    await w.sim.settle();
    expect(w.notes).toEqual([[1, 0]]);
    await stopCleanly(w);
  });
});

describe('room in a lane', () => {
  test('vacant says which lane has room, in turn, and is woken when there comes to be some', async () => {
    const w = lanesWorld(
      async ({ next, outputs: { results } }, notes) => {
        for (let n = 0; n < 5; n += 1) {
          const { lane } = await next(results.vacant());
          notes.push(lane);
          results.lane(lane).send(n);
        }
      },
      { capacity: 1, resultsRead: false },
    );
    await w.sim.settle();
    expect(w.notes).toEqual([0, 1, 2]);
    const reader = w.results[1]?.[Symbol.asyncIterator]();
    for (const expected of [
      [0, 1, 2, 1],
      [0, 1, 2, 1, 1],
    ]) {
      void reader?.next();
      await w.sim.settle();
      expect(w.notes).toEqual(expected);
    }
    await w.sim.runUntil(stopAnyhow(w));
  });

  test('a lane that nobody reads any more has room', async () => {
    const w = lanesWorld(
      async ({ next, outputs: { results } }, notes) => {
        for (let n = 0; n < 4; n += 1) {
          const { lane } = await next(results.vacant([0, 1, 0]));
          notes.push(lane);
          results.lane(lane).send(n);
        }
      },
      { capacity: 1, resultsRead: false },
    );
    await w.results[1]?.[Symbol.asyncIterator]().return?.();
    await w.sim.settle();
    expect(w.notes).toEqual([1, 1, 1, 1]);
    expect(w.graph.deadLetters.total).toBe(4);
    await stopCleanly(w);
  });

  test('of a bundle in which each lane gets each message: every lane has it, and no lane ended the wait', async () => {
    const w = world();
    const copies = w.graph.bundle<number>('copies', { lanes: 2, capacity: 1 });
    const results: WaitResult[] = [];
    const sender = defineActor({
      outputs: { copies: outputBundle<number>({ route: 'everyLane' }) },
      async run({ next, outputs }) {
        for (let n = 0; n < 3; n += 1) {
          results.push(await next(outputs.copies.vacant()));
          outputs.copies.send(n);
        }
      },
    });
    w.graph.actor('sender', sender, { copies });
    const first = collect(w.graph, copies[0] as never);
    w.graph.start();
    await w.sim.settle();
    expect(first).toEqual([0]);
    expect(results).toEqual([{ kind: 'ready', index: 0, lane: -1 }]);
    void copies[1]?.[Symbol.asyncIterator]().next();
    await w.sim.settle();
    expect(first).toEqual([0, 1]);
    await w.sim.runUntil(stopAnyhow(w));
  });
});

describe('sameLane', () => {
  test('is a lane with data and room', async () => {
    const w = lanesWorld(
      async ({ running, next, sameLane, inputs: { orders }, outputs: { results } }, notes) => {
        while (running()) {
          const { lane } = await next(sameLane(orders.avail(), results.vacant()));
          if (lane < 0) continue;
          notes.push(lane);
          results.lane(lane).send(orders.lane(lane).take() as number);
        }
      },
      { capacity: 2, resultsRead: false, orders: [numbers(2), [], numbers(2)] },
    );
    fill(w.results, 0, [9]);
    await w.sim.settle();
    expect(w.notes).toEqual([0, 2, 2]); // lane 0 has one order more, and no room for its result
    fill(w.orders, 1, [5]);
    await w.sim.settle();
    expect(w.notes.slice(3)).toEqual([1]);
    void w.results[0]?.[Symbol.asyncIterator]().next();
    await w.sim.settle();
    expect(w.notes.slice(4)).toEqual([0]);
    await w.sim.runUntil(stopAnyhow(w));
  });

  test('a lane whose data has drained is no candidate, and the loop ends', async () => {
    const w = lanesWorld(
      served(({ sameLane, inputs, outputs }) => sameLane(inputs.orders.avail(), outputs.results.vacant())),
      { orders: [numbers(2), numbers(1), []] },
    );
    for (const lane of w.orders) lane.close();
    await w.sim.runUntil(w.graph.stopped());
    expect(lanesOf(w.notes)).toEqual([0, 1, 0]);
    expect(actorOf(w.graph, 'worker').exit).toBe('completed');
  });

  test('counts may skip lanes; conditions may be kept and used again, and put together once more', async () => {
    const w = lanesWorld(
      async ({ running, next, sameLane, inputs: { orders }, outputs: { results } }, notes) => {
        const ready = sameLane(sameLane(orders.avail([1, 0, 1]), results.vacant()), results.vacant([0, 1, 1]));
        while (running()) {
          const { lane } = await next(ready);
          if (lane >= 0) notes.push([lane, orders.lane(lane).take()]);
        }
      },
      { orders: [numbers(2), numbers(2), numbers(2)] },
    );
    await w.sim.settle();
    expect(w.notes).toEqual([
      [2, 0],
      [2, 1],
    ]);
    await w.sim.runUntil(stopAnyhow(w));
  });

  test.each<[string, (ctx: Context) => unknown]>([
    ['nothing', ({ sameLane }) => sameLane()],
    ['a condition of no bundle', ({ sameLane, inputs }) => sameLane(inputs.orders.lane(0).avail() as never)],
    ['no condition', ({ sameLane }) => sameLane(1 as never)],
    [
      'no lane in common',
      ({ sameLane, inputs, outputs }) => sameLane(inputs.orders.avail([1, 0, 0]), outputs.results.vacant([0, 1, 1])),
    ],
  ])('refuses %s', async (_, build) => {
    let error: unknown;
    const w = lanesWorld(async (ctx) => {
      try {
        build(ctx);
      } catch (caught) {
        error = caught;
      }
      await ctx.next(ctx.inputs.orders.avail());
    });
    await w.sim.settle();
    expect(error).toMatchObject({ code: 'ERR_INVALID_OPTION' });
    await stopCleanly(w);
  });

  test('refuses bundles with different numbers of lanes', async () => {
    const w = world();
    const two = w.graph.bundle<number>('two', { lanes: 2, capacity: 1 });
    const three = w.graph.bundle<number>('three', { lanes: 3, capacity: 1 });
    const uneven = defineActor({
      inputs: { two: inputBundle<number>(), three: inputBundle<number>() },
      async run({ next, sameLane, inputs }) {
        await next(sameLane(inputs.two.avail(), inputs.three.avail()));
      },
    });
    w.graph.actor('uneven', uneven, { two, three }, { maxRestarts: 0 });
    w.graph.start();
    await expect(w.sim.runUntil(w.graph.stopped())).rejects.toMatchObject({
      cause: {
        message: expect.stringContaining('sameLane: lanes of each condition must be an integer from 2 to 2') as unknown,
      },
    });
  });
});

describe('a loop that merges', () => {
  test('take begins with the lane that ended the wait, and lanes with messages take turns', async () => {
    const w = lanesWorld(
      async (ctx, notes) => {
        const { orders } = ctx.inputs;
        while (ctx.running()) {
          const { lane } = await ctx.next(orders.avail());
          if (lane < 0) continue;
          const [peeked, size] = [orders.peek(), orders.size];
          const message = orders.take();
          notes.push([lane, ctx.lane, peeked === message, message, size]);
        }
      },
      { orders: [[1, 2], [], [21, 22, 23]] },
    );
    await w.sim.settle();
    expect(w.notes).toEqual([
      [0, 0, true, 1, 5],
      [2, 2, true, 21, 4],
      [0, 0, true, 2, 3],
      [2, 2, true, 22, 2],
      [2, 2, true, 23, 1],
    ]);
    await stopCleanly(w);
  });

  test('take begins with the lane that ended the wait, also where others have messages', async () => {
    const w = lanesWorld(
      async (ctx, notes) => {
        const { orders } = ctx.inputs;
        while (ctx.running()) {
          const { lane } = await ctx.next(orders.avail(2));
          if (lane >= 0) notes.push([lane, orders.peek(), orders.takeMany(2)]);
        }
      },
      { orders: [[1], [11, 12], [21, 22]] },
    );
    await w.sim.settle();
    expect(w.notes).toEqual([[1, 11, [11, 21]]]);
    fill(w.orders, 2, [23]);
    await w.sim.settle();
    expect(w.notes.slice(1)).toEqual([[2, 22, [22, 1]]]);
    await w.sim.runUntil(stopAnyhow(w));
  });

  test('takeMany takes one from each lane in turn; the next turn goes on behind it', async () => {
    const w = lanesWorld(
      async ({ running, next, inputs: { orders } }, notes) => {
        while (running()) {
          await next(orders.avail());
          notes.push(orders.takeMany(4));
        }
      },
      {
        orders: [
          [1, 2, 3, 4],
          [11, 12],
          [21, 22, 23],
        ],
      },
    );
    await w.sim.settle();
    expect(w.notes).toEqual([[1, 11, 21, 2], [12, 22, 3, 23], [4]]);
    await stopCleanly(w);
  });

  test('a lane that is never empty keeps no message of another waiting for more than one turn', async () => {
    const w = lanesWorld(
      async ({ running, next, inputs: { orders } }, notes) => {
        while (running()) {
          await next(orders.avail());
          const message = orders.take();
          if (message !== undefined) notes.push(message);
        }
      },
      { lanes: 4 },
    );
    const waited: number[] = [];
    for (let round = 0; round < 50; round += 1) {
      for (let n = w.orders[0]?.size ?? 0; n < 8; n += 1) fill(w.orders, 0, [0]);
      fill(w.orders, 1 + (round % 3), [round + 1]);
      await w.sim.settle();
      const zeros = w.notes.splice(0);
      waited.push(zeros.indexOf(round + 1));
    }
    expect(Math.max(...waited)).toBeLessThanOrEqual(1);
    expect(Math.min(...waited)).toBeGreaterThanOrEqual(0);
    await stopCleanly(w);
  });

  test('peek, isEmpty, isDrained, size, length and iteration see the whole bundle', async () => {
    const w = lanesWorld(
      async ({ next, inputs: { orders }, outputs: { results } }, notes) => {
        await next(orders.avail());
        const seen = (): unknown[] => [orders.peek(), orders.size, orders.isEmpty(), orders.isDrained()];
        notes.push(
          seen(),
          [orders.length, results.length],
          [...orders].map(({ size }) => size),
          [...results].length,
        );
        orders.takeMany(Infinity);
        notes.push(seen(), orders.take(), orders.takeMany(3));
      },
      { orders: [[1], [2, 3], []] },
    );
    for (const lane of w.orders) lane.close();
    await w.sim.runUntil(w.graph.stopped());
    expect(w.notes).toEqual([[1, 3, false, false], [3, 3], [1, 2, 0], 3, [undefined, 0, true, true], undefined, []]);
  });

  test('reject is for the message taken last from the bundle, whichever lane it came from', async () => {
    const w = lanesWorld(
      async ({ running, next, inputs: { orders } }) => {
        while (running()) {
          await next(orders.avail());
          orders.takeMany(2);
          orders.lane(0).take();
          orders.lane(2).take();
          if (orders.size === 0) orders.reject('of lane 2');
        }
      },
      { orders: [[1, 2], [11], [21]] },
    );
    await w.sim.settle();
    expect(w.graph.deadLetters.list()).toMatchObject([{ payload: 21, channel: 'in[2]', text: 'of lane 2' }]);
    await stopCleanly(w);
  });

  test('reject with nothing taken from the bundle fails the turn', async () => {
    const w = lanesWorld(
      async ({ next, inputs: { orders } }) => {
        if ((await next(orders.avail())).kind === 'drained') return;
        orders.peek();
        orders.reject('nothing');
      },
      { orders: [[1]], actor: { showstopperAfter: 1 } },
    );
    await w.sim.settle();
    expect(w.graph.deadLetters.list()).toMatchObject([{ payload: 1, error: { code: 'ERR_NOTHING_TO_REJECT' } }]);
    await stopCleanly(w);
  });
});

describe('several in hand of a turn that failed', () => {
  /** Takes all there is; fails while a message above 100 is in hand. */
  async function greedy(ctx: Context, notes: unknown[]): Promise<void> {
    const { orders } = ctx.inputs;
    while (ctx.running()) {
      await ctx.next(orders.avail());
      const messages = orders.takeMany(Infinity);
      notes.push(messages);
      if (messages.some((message) => message > 100)) throw new Error('bad');
    }
  }

  test.each([false, true])('are shown lane by lane (isolated: %s), so that only the culprit dies', async (isolate) => {
    for (const lane of [0, 1, 2]) {
      const orders = [numbers(3), numbers(3, 10), numbers(3, 20)];
      (orders[lane] as number[])[1] = 666;
      const w = lanesWorld(greedy, { orders, actor: { showstopperAfter: 3, isolate } });
      await w.sim.settle();
      await w.sim.advance(60_000);
      expect(w.graph.deadLetters.list().map(({ payload }) => payload)).toEqual([666]);
      expect(w.notes[0]).toHaveLength(9);
      expect(w.notes.slice(1).every((messages) => (messages as number[]).length === 1)).toBe(true);
      const committed = w.notes.slice(1).flatMap((messages) => messages as number[]);
      expect(committed.filter((message) => message !== 666).sort((a, b) => a - b)).toEqual(
        orders.flat().filter((message) => message !== 666),
      );
      fill(w.orders, 0, [50, 51]);
      fill(w.orders, 1, [60]);
      await w.sim.settle();
      expect((w.notes.at(-1) as number[]).length).toBe(3); // and then the turns see everything again
      await stopCleanly(w);
    }
  });

  test('a loop that takes from one lane only, whichever was ready, is not held up for ever', async () => {
    const w = lanesWorld(
      async (ctx, notes) => {
        const { orders } = ctx.inputs;
        while (ctx.running()) {
          await ctx.next(orders.avail());
          const message = orders.lane(2).take() ?? orders.lane(0).take();
          if (message !== undefined) notes.push(message);
          if (ctx.attempt === 1 && message === 20) {
            orders.lane(0).take();
            throw new Error('two in hand');
          }
        }
      },
      { orders: [[1, 2], [], [20, 21]] },
    );
    await w.sim.settle();
    expect([...(w.notes as number[])].sort((a, b) => a - b)).toEqual([1, 2, 20, 20, 21]);
    await stopCleanly(w);
  });
});

test('after a failure of several, a lane that the wait skips can be read all the same', async () => {
  const w = lanesWorld(
    async (ctx, notes) => {
      const { orders } = ctx.inputs;
      while (ctx.running()) {
        await ctx.next(orders.avail([1, 0, 0]));
        const both = [orders.lane(0).take(), orders.lane(2).take()];
        notes.push(both);
        if (ctx.attempt === 1 && both[1] === 20) throw new Error('two in hand');
      }
    },
    { orders: [[1, 2, 3], [], [20, 21]] },
  );
  await w.sim.settle();
  expect(w.notes).toEqual([
    [1, 20],
    [1, 20],
    [2, 21],
    [3, undefined],
  ]);
  await stopCleanly(w);
});

describe('drained lanes', () => {
  test('a lane that has drained is no candidate; the bundle is drained when all are', async () => {
    const results: WaitResult[] = [];
    const w = lanesWorld(
      async ({ running, next, any, every, inputs }) => {
        const orders: InputBundle<number> = inputs.orders;
        while (running()) {
          results.push(await next(any(orders.avail(), every(1_000))));
          orders.take();
        }
      },
      { orders: [[1], [], [2, 3]] },
    );
    w.orders[0]?.close();
    w.orders[2]?.close();
    await w.sim.settle();
    expect(results.map(({ lane }) => lane)).toEqual([0, 2, 2]);
    await w.sim.advance(1_000); // no spinning meanwhile, and the beat comes
    expect(results.slice(3)).toMatchObject([{ kind: 'ready', index: 1, lane: -1 }]);
    w.orders[1]?.close();
    await w.sim.runUntil(w.graph.stopped());
    expect(results.slice(4)).toMatchObject([{ kind: 'drained' }]);
  });

  test('within all, a bundle that has drained counts as met', async () => {
    const w = world();
    const lanes = w.graph.bundle<number>('lanes', { lanes: 2, capacity: 2 });
    const beats = w.graph.channel<number>('beats', { capacity: 2 });
    const taken: unknown[] = [];
    const both = defineActor({
      inputs: { beats: inputBundle<number>(), lanes: inputBundle<number>() },
      async run({ running, next, all, inputs }) {
        while (running()) {
          const { lane } = await next(all(inputs.beats.avail(), inputs.lanes.avail()));
          taken.push([lane, inputs.beats.take(), inputs.lanes.take()]);
        }
      },
    });
    w.graph.actor('both', both, { beats: [beats], lanes });
    w.graph.start();
    beats.trySend(1);
    beats.close();
    fill(lanes, 0, [10, 11]);
    fill(lanes, 1, [20]);
    await w.sim.settle();
    expect(taken).toEqual([
      [0, 1, 10],
      [1, undefined, 20],
      [0, undefined, 11],
    ]);
    await stopCleanly(w);
  });
});

test('the report of an unclean stop names the lanes that are waited for', async () => {
  const w = lanesWorld(served(({ inputs }) => inputs.orders.avail(2)));
  w.orders[1]?.close();
  fill(w.orders, 2, [1]);
  const held = async (condition: (ctx: Context) => Condition): Promise<string | undefined> => {
    const v = lanesWorld(served(condition), { resultsRead: false, capacity: 1, lanes: 10, orders: [[1]] });
    for (const lane of v.results) await lane.send(1);
    v.graph.requestShutdown();
    const stopped = v.graph.stopped({ timeoutMs: 10 });
    const error = await v.sim.runUntil(
      stopped.then(
        () => undefined,
        (reason: unknown) => reason,
      ),
    );
    return (error as { details: { holdouts: { heldBy: string }[] } }).details.holdouts[0]?.heldBy;
  };
  expect(await held(({ outputs }) => outputs.results.vacant())).toMatch(
    /^waiting for one lane of \(results\[0\]\.vacant\(1\), 0 of 1 free; .*results\[7\].* free; and 2 more\)$/,
  );
  expect(await held(({ sameLane, inputs, outputs }) => sameLane(inputs.orders.avail(), outputs.results.vacant()))).toBe(
    'waiting for one lane of (all(orders[0].avail(1), 1 there, results[0].vacant(1), 0 of 1 free))',
  );
  await w.sim.runUntil(stopAnyhow(w));
});

/** Stops a graph whose lanes nobody reads. */
async function stopAnyhow({ graph }: World): Promise<void> {
  graph.requestShutdown();
  await graph.stopped({ timeoutMs: 1 }).catch(() => undefined);
  graph.checkConservation();
}
