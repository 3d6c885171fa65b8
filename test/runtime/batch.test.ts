import {
  type ActorOptions,
  type BatchContext,
  type BatchOptions,
  defineActor,
  input,
  inputBundle,
  output,
} from 'holdfast';
import { describe, expect, test, vi } from 'vitest';
import { Actor } from '../../src/actor/actor.ts';
import { deferred, letters } from './single-actor.ts';
import { actorOf, channelOf, collect, stopCleanly, world } from './world.ts';

type Outputs = { readonly out: ReturnType<typeof output<number>> };
type Batch = (batch: readonly number[], ctx: BatchContext<Outputs, { n: number }, undefined>) => Promise<void> | void;

/** A world with one actor that gets batches of the channel `go`. */
function batchWorld(batch: BatchOptions, handler: Batch, options: ActorOptions = {}, outCapacity = 1_024) {
  const w = world();
  const go = w.graph.channel<number>('go', { capacity: 64 });
  const out = w.graph.channel<number>('out', { capacity: outCapacity });
  const definition = defineActor({
    inputs: { go: input<number>({ batch }) },
    outputs: { out: output<number>() },
    state: () => ({ n: 0 }),
    on: { go: handler },
  });
  const actor = w.graph.actor('actor', definition, { go, out }, options);
  const arrived = collect(w.graph, out);
  w.graph.start();
  const give = async (...messages: number[]): Promise<void> => {
    for (const message of messages) expect(go.trySend(message)).toEqual({ ok: true });
    await w.sim.settle();
  };
  return { ...w, go, actor, arrived, give };
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

/** A handler that notes its batches and when they came. */
function noting(seen: [number, readonly number[]][]): Batch {
  return (batch, ctx) => {
    seen.push([ctx.nowMs(), batch]);
    ctx.state.n += batch.length;
    ctx.outputs.out.sendMany(batch);
  };
}

describe('a batch turn begins', () => {
  test('with what is there, up to its size, where it has no timeout', async () => {
    const seen: [number, readonly number[]][] = [];
    const w = batchWorld({ size: 3 }, noting(seen));
    await w.give(1, 2, 3, 4, 5, 6, 7);
    await w.give(8);
    expect(seen.map(([, batch]) => batch)).toEqual([[1, 2, 3], [4, 5, 6], [7], [8]]);
    expect(w.arrived).toEqual(numbers(1, 8));
    expect(actorOf(w.graph, 'actor')).toMatchObject({ turns: 4, state: { n: 8 } });
    expect(channelOf(w.graph, 'go')).toMatchObject({ sent: 8, taken: 8 });
    await stopCleanly(w);
  });

  test('at once when as many as its size are there, else when the first of them has waited for the timeout', async () => {
    const seen: [number, readonly number[]][] = [];
    const w = batchWorld({ size: 3, timeoutMs: 100 }, noting(seen));
    await w.give(1);
    await w.sim.advance(60);
    await w.give(2);
    await w.sim.advance(39);
    expect(seen).toEqual([]);
    await w.sim.advance(1);
    expect(seen).toEqual([[100, [1, 2]]]);
    await w.give(3, 4, 5, 6);
    expect(seen.slice(1)).toEqual([[100, [3, 4, 5]]]); // and 6 begins to wait
    await w.sim.advance(50);
    await w.give(7, 8);
    expect(seen.slice(2)).toEqual([[150, [6, 7, 8]]]);
    await w.sim.advance(50); // when 6 would have waited long enough: nobody waits
    await w.give(9);
    await w.sim.advance(99);
    expect(seen).toHaveLength(3);
    await w.sim.advance(1);
    expect(seen.slice(3)).toEqual([[300, [9]]]);
    await stopCleanly(w);
    expect(w.sim.clock.pending).toBe(0);
  });

  test('when the channel has closed, with the last ones; then comes onDrained, and never an empty batch', async () => {
    const w = world();
    const go = w.graph.channel<number>('go', { capacity: 8 });
    const told: unknown[] = [];
    const definition = defineActor({
      inputs: { go: input<number>({ batch: { size: 2, timeoutMs: Infinity } }) },
      on: { go: (batch) => void told.push(batch) },
      onDrained: () => void told.push('drained'),
    });
    w.graph.actor('actor', definition, { go });
    w.graph.start();
    for (const message of [1, 2, 3, 4, 5]) go.trySend(message);
    await w.sim.settle();
    await w.sim.advance(1e9);
    expect(told).toEqual([
      [1, 2],
      [3, 4],
    ]);
    go.close();
    await w.sim.runUntil(w.graph.stopped());
    expect(told.slice(2)).toEqual([[5], 'drained']);
    expect(w.sim.clock.pending).toBe(0);
  });

  test('at a stop: the last ones go as soon as the inputs close, and do not wait for their time', async () => {
    const seen: [number, readonly number[]][] = [];
    const w = batchWorld({ size: 3, timeoutMs: 10_000 }, noting(seen));
    await w.give(1, 2);
    await stopCleanly(w);
    expect(seen).toEqual([[0, [1, 2]]]);
    expect(w.sim.clock.pending).toBe(0);
  });

  test('with messages that came while a turn was open: their time has run since they came', async () => {
    const seen: [number, readonly number[]][] = [];
    let release = deferred();
    const w = batchWorld({ size: 2, timeoutMs: 100 }, async (batch, ctx) => {
      void noting(seen)(batch, ctx);
      await ctx.effect('wait', () => release.promise);
    });
    await w.give(1, 2);
    await w.sim.advance(30);
    await w.give(3); // due at 130
    await w.sim.advance(50);
    release.resolve();
    release = deferred();
    await w.sim.settle();
    await w.sim.advance(49);
    expect(seen).toHaveLength(1);
    await w.sim.advance(1);
    expect(seen.slice(1)).toEqual([[130, [3]]]);
    await w.give(4); // due at 230, which passes while the turn is open
    await w.sim.advance(1_000);
    expect(seen).toHaveLength(2);
    release.resolve();
    await w.sim.settle();
    expect(seen.slice(2)).toEqual([[1_130, [4]]]);
    await stopCleanly(w);
  });

  test('with messages that came while the commit before waited for room: their time has run as well', async () => {
    const w = world();
    const go = w.graph.channel<number>('go', { capacity: 8 });
    const out = w.graph.channel<number>('out', { capacity: 1 });
    const seen: [number, readonly number[]][] = [];
    const definition = defineActor({
      inputs: { go: input<number>({ batch: { size: 2, timeoutMs: 100 } }) },
      outputs: { out: output<number>() },
      on: {
        go(batch, ctx) {
          seen.push([ctx.nowMs(), batch]);
          ctx.outputs.out.send(batch.length);
        },
      },
    });
    w.graph.actor('actor', definition, { go, out });
    w.graph.start();
    for (const message of [1, 2, 3, 4]) go.trySend(message);
    await w.sim.settle(); // the second turn waits for room
    go.trySend(5);
    await w.sim.advance(500);
    expect(seen).toEqual([
      [0, [1, 2]],
      [0, [3, 4]],
    ]);
    const reader = out[Symbol.asyncIterator]();
    for (const size of [2, 2, 1]) await expect(w.sim.runUntil(reader.next())).resolves.toMatchObject({ value: size });
    expect(seen.slice(2)).toEqual([[500, [5]]]);
  });

  test.each([
    ['a commit', 'commit'],
    ['a loop that waits for vacant()', 'vacant'],
  ] as const)('when %s waits for more room than there is: a full batch could never come', async (_, who) => {
    const w = world();
    const go = w.graph.channel<number>('go', { capacity: 4 });
    const turns: (readonly number[])[] = [];
    const definition = defineActor({
      inputs: { go: input<number>({ batch: { size: 4, timeoutMs: Infinity } }) },
      on: { go: (batch) => void turns.push(batch) },
    });
    w.graph.actor('actor', definition, { go });
    const sender = defineActor({
      outputs: { go: output<number>() },
      async run({ outputs, next, commit, after }) {
        outputs.go.sendMany([1, 2, 3]);
        await commit();
        if (who === 'vacant') await next(outputs.go.vacant(2));
        else await next(after(5));
        outputs.go.sendMany([4, 5]);
        await next(after(1_000));
      },
    });
    w.graph.actor('sender', sender, { go });
    w.graph.start();
    await w.sim.settle();
    if (who !== 'vacant') expect(turns).toEqual([]);
    await w.sim.advance(100);
    expect(turns).toEqual([[1, 2, 3]]);
    await stopCleanly(w);
    expect(turns.flat()).toEqual([1, 2, 3, 4, 5]);
  });

  test('of two inputs in turns, each by its own size and time; messages of a third come one at a time', async () => {
    const w = world();
    const [a, b, c] = ['a', 'b', 'c'].map((name) => w.graph.channel<number>(name, { capacity: 8 })) as [
      ReturnType<typeof w.graph.channel<number>>,
      ReturnType<typeof w.graph.channel<number>>,
      ReturnType<typeof w.graph.channel<number>>,
    ];
    const told: unknown[] = [];
    const note = (name: string) => (got: unknown, ctx: { nowMs(): number }) => void told.push([ctx.nowMs(), name, got]);
    const definition = defineActor({
      inputs: {
        a: input<number>({ batch: { size: 2, timeoutMs: 10 } }),
        b: input<number>({ batch: { size: 3 } }),
        c: input<number>(),
      },
      on: { a: note('a'), b: note('b'), c: note('c') },
    });
    w.graph.actor('actor', definition, { a, b, c });
    w.graph.start();
    for (const channel of [a, b, c]) for (const message of [1, 2, 3, 4, 5]) channel.trySend(message);
    await w.sim.advance(10);
    expect(told).toEqual([
      [0, 'a', [1, 2]],
      [0, 'b', [1, 2, 3]],
      [0, 'c', 1],
      [0, 'a', [3, 4]],
      [0, 'b', [4, 5]],
      [0, 'c', 2],
      [0, 'c', 3],
      [0, 'c', 4],
      [0, 'c', 5],
      [10, 'a', [5]],
    ]);
    await stopCleanly(w);
  });

  test('of each lane of a bundle by itself', async () => {
    const w = world();
    const lanes = [0, 1, 2].map((lane) => w.graph.channel<number>(`lane ${lane}`, { capacity: 8 }));
    const turns: unknown[] = [];
    const definition = defineActor({
      inputs: { go: inputBundle<number>({ batch: { size: 3, timeoutMs: 10 } }) },
      on: {
        go(batch, ctx) {
          turns.push([ctx.nowMs(), ctx.lane, batch]);
          if (batch.includes(11)) throw new Error('bad');
        },
      },
    });
    w.graph.actor('actor', definition, { go: lanes }, { showstopperAfter: 1 });
    w.graph.start();
    for (const message of [0, 10, 20, 11, 12, 22, 13]) lanes[Math.floor(message / 10)]?.trySend(message);
    await w.sim.advance(20);
    expect(turns).toEqual([
      [0, 1, [10, 11, 12]],
      [0, 1, [10]],
      [0, 1, [11]],
      [0, 1, [12]],
      [10, 2, [20, 22]],
      [10, 0, [0]],
      [10, 1, [13]],
    ]);
    expect(letters(w)).toEqual([[11, 'showstopper', 'bad']]);
    await stopCleanly(w);
  });

  test('with messages that have waited themselves, and not with one that has become a dead letter', async () => {
    const turns: unknown[] = [];
    const failing: Batch = (batch, ctx) => {
      if (batch.includes(1)) throw new Error('bad');
      turns.push([ctx.nowMs(), batch]);
    };
    const w = batchWorld({ size: 3, timeoutMs: 100 }, failing, { showstopperAfter: 1 });
    await w.give(1);
    await w.sim.advance(500); // fails at 100
    expect(letters(w)).toEqual([[1, 'showstopper', 'bad']]);
    await w.give(2);
    await w.sim.advance(60);
    await w.give(3);
    await w.sim.advance(39);
    expect(turns).toEqual([]);
    await w.sim.advance(1);
    expect(turns).toEqual([[600, [2, 3]]]);
    await stopCleanly(w);
  });

  test('nor does the time go on of one that has become a dead letter when there was room for it', async () => {
    const w = world({ deadLetters: { capacity: 1 } });
    const go = w.graph.channel<number>('go', { capacity: 8 });
    const turns: unknown[] = [];
    const definition = defineActor({
      inputs: { go: input<number>({ batch: { size: 3, timeoutMs: 100 } }) },
      on: {
        go(batch, ctx) {
          if (batch.some((message) => message < 0)) throw new Error('bad');
          turns.push([ctx.nowMs(), batch]);
        },
      },
    });
    w.graph.actor('actor', definition, { go }, { showstopperAfter: 1 });
    w.graph.start();
    go.trySend(-1);
    await w.sim.advance(100);
    go.trySend(-2);
    await w.sim.advance(150); // fails at 200, and waits for room
    w.graph.deadLetters.discard({});
    await w.sim.settle();
    go.trySend(3);
    await w.sim.advance(99);
    expect(turns).toEqual([]);
    await w.sim.advance(1);
    expect(turns).toEqual([[350, [3]]]);
    await stopCleanly(w);
  });

  test('an actor that waits for a batch gets no slice for the messages before the last', async () => {
    const runSlice = vi.spyOn(Actor.prototype, 'runSlice');
    const w = batchWorld({ size: 64, timeoutMs: 1_000 }, noting([]));
    await w.give(1);
    runSlice.mockClear();
    for (const message of numbers(2, 63)) await w.give(message);
    expect(runSlice).not.toHaveBeenCalled();
    await w.give(64);
    expect(runSlice).toHaveBeenCalledTimes(1);
    expect(w.arrived).toEqual(numbers(1, 64));
    runSlice.mockRestore();
    await stopCleanly(w);
  });

  test('and is named with what it waits for in the report of an unclean stop', async () => {
    const w = world({ shutdownTimeoutMs: 10 });
    const go = w.graph.channel<number>('go', { capacity: 64 });
    const more = w.graph.channel<number>('more', { capacity: 64 });
    const definition = defineActor({
      inputs: { go: input<number>({ batch: { size: 64, timeoutMs: 1_000 } }) },
      outputs: { more: output<number>() },
      on: { go: () => undefined },
    });
    // Neither closes before the other: a cycle.
    w.graph.actor('one', definition, { go, more });
    w.graph.actor('other', definition, { go: more, more: go });
    w.graph.start();
    for (const message of [1, 2, 3]) go.trySend(message);
    await w.sim.settle();
    w.graph.requestShutdown();
    await expect(w.sim.runUntil(w.graph.stopped())).rejects.toMatchObject({
      details: {
        holdouts: [
          { name: 'one', heldBy: 'waiting for a batch of 64 from "go" (3 there)' },
          { name: 'other', heldBy: 'its inputs to close' },
        ],
      },
    });
    expect(w.sim.clock.pending).toBe(0);
  });

  test('an actor that has a channel of its own sleeps until the first message', async () => {
    const w = world();
    const seen: unknown[] = [];
    const definition = defineActor({
      inputs: { own: input<number>({ batch: { size: 2, timeoutMs: 5 }, capacity: 4 }) },
      on: { own: (batch, ctx) => void seen.push([ctx.nowMs(), batch]) },
    });
    const handle = w.graph.actor('actor', definition, {});
    w.graph.start();
    await w.sim.advance(100);
    handle.input('own').trySend(1);
    await w.sim.advance(5);
    expect(seen).toEqual([[105, [1]]]);
    await stopCleanly(w);
  });
});

describe('the messages of a batch', () => {
  test('may be rejected by their place, each once; the others are taken', async () => {
    const ids: (readonly string[])[] = [];
    const w = batchWorld({ size: 4 }, (batch, ctx) => {
      ids.push(ctx.messageIds);
      batch.forEach((value, index) => {
        if (value % 2 === 0) ctx.reject(index, `${value} is even`);
        else ctx.outputs.out.send(value);
      });
    });
    await w.give(1, 2, 3, 4, 5, 6);
    expect(w.arrived).toEqual([1, 3, 5]);
    const dead = w.graph.deadLetters.list();
    expect(dead.map(({ payload, text, attempts, reason }) => [payload, text, attempts, reason])).toEqual([
      [2, '2 is even', 1, 'rejected'],
      [4, '4 is even', 1, 'rejected'],
      [6, '6 is even', 1, 'rejected'],
    ]);
    expect(dead.map(({ messageId }) => messageId)).toEqual([ids[0]?.[1], ids[0]?.[3], ids[1]?.[1]]);
    expect(channelOf(w.graph, 'go')).toMatchObject({ taken: 3, deadLettered: 3, inFlight: 0 });
    await stopCleanly(w);
  });

  test.each<[string, (ctx: { reject: (...args: never[]) => void }) => void, string]>([
    ['beyond the end', ({ reject }) => reject(...([2, 'x'] as never[])), 'ERR_NOTHING_TO_REJECT'],
    ['before the beginning', ({ reject }) => reject(...([-1, 'x'] as never[])), 'ERR_NOTHING_TO_REJECT'],
    ['half a place', ({ reject }) => reject(...([0.5, 'x'] as never[])), 'ERR_NOTHING_TO_REJECT'],
    ['twice', ({ reject }) => [0, 0].forEach((at) => reject(...([at, 'x'] as never[]))), 'ERR_NOTHING_TO_REJECT'],
    ['without a place', ({ reject }) => reject(...(['x'] as never[])), 'ERR_INVALID_OPTION'],
  ])('%s there is nothing to reject, and a turn that catches it cannot commit', async (_, go, code) => {
    const codes: unknown[] = [];
    const w = batchWorld({ size: 2 }, (_batch, ctx) => {
      if (ctx.regeneration > 0) return;
      try {
        go(ctx);
      } catch (error) {
        codes.push((error as { code: unknown }).code);
      }
    });
    await w.give(1, 2);
    expect(codes).toEqual([code]);
    expect(w.events.filter(({ kind }) => kind === 'failed')).toMatchObject([
      { exit: { error: { code: 'ERR_TURN_POISONED' } } },
    ]);
    expect([w.graph.deadLetters.total, channelOf(w.graph, 'go').taken]).toEqual([0, 2]);
    await stopCleanly(w);
  });

  test('of a rejecting batch wait together until the dead letters have room for all of them', async () => {
    const w = world({ deadLetters: { capacity: 3 } });
    const go = w.graph.channel<number>('go', { capacity: 8 });
    const definition = defineActor({
      inputs: { go: input<number>({ batch: { size: 2 } }) },
      on: { go: (batch, ctx) => batch.forEach((_, index) => ctx.reject(index, 'no')) },
    });
    w.graph.actor('actor', definition, { go });
    w.graph.start();
    for (const message of [1, 2, 3, 4]) go.trySend(message);
    await w.sim.settle();
    expect([w.graph.deadLetters.total, go.size]).toEqual([2, 2]);
    w.graph.deadLetters.discard(({ payload }) => payload === 1);
    await w.sim.settle();
    expect(w.graph.deadLetters.list().map(({ payload }) => payload)).toEqual([2, 3, 4]);
    await stopCleanly(w);
  });

  test('have identities that are stable over retries; the last one names the turn as messageId, the first as turnId', async () => {
    const seen: unknown[] = [];
    const w = batchWorld({ size: 2 }, async (_, ctx) => {
      const { messageIds, messageId, turnId, attempt } = ctx;
      await ctx.effect('later', () => Promise.resolve());
      expect(ctx.messageIds).toBe(messageIds); // made once a turn
      seen.push([messageIds, messageId, turnId, attempt]);
      if (ctx.regeneration === 0) throw new Error('first time');
    });
    await w.give(1, 2);
    const [first, second] = (seen[0] as [string[]])[0] as [string, string];
    expect(seen).toEqual([
      [[first, second], second, `${first}/actor`, 1],
      [[first], first, `${first}/actor`, 2],
      [[second], second, `${second}/actor`, 2],
    ]);
    await stopCleanly(w);
  });

  test('are an array of their own: what a handler does to it reaches nothing', async () => {
    const w = batchWorld({ size: 3 }, (batch, ctx) => {
      (batch as number[]).reverse();
      if (ctx.regeneration === 0) throw new Error('once');
      ctx.outputs.out.sendMany(batch);
    });
    await w.give(1, 2, 3);
    expect(w.arrived).toEqual([1, 2, 3]);
    await stopCleanly(w);
  });
});

describe('after a failure a batch is retried one message at a time', () => {
  /** Runs batches of 64 with bad messages at some places. */
  async function withBad(bad: readonly number[], options: ActorOptions, how: 'throw' | 'async' | 'afterSends') {
    const turns: [messages: readonly number[], attempt: number][] = [];
    const w = batchWorld(
      { size: 64 },
      (batch, ctx) => {
        turns.push([batch, ctx.attempt]);
        ctx.state.n += batch.length;
        const isBad = batch.some((value) => bad.includes(value));
        if (how === 'async') {
          return ctx
            .effect('work', () => Promise.resolve())
            .then(() => {
              if (isBad) throw new Error('bad');
              ctx.outputs.out.sendMany(batch);
            });
        }
        if (how === 'throw' && isBad) throw new Error('bad');
        ctx.outputs.out.sendMany(batch);
        if (isBad) throw new Error('bad');
        return undefined;
      },
      { maxRestarts: Infinity, ...options },
    );
    await w.give(...numbers(0, 63));
    await w.sim.advance(600_000);
    await w.give(...numbers(64, 127));
    await stopCleanly(w);
    return { ...w, turns };
  }

  test.each(['throw', 'async', 'afterSends'] as const)(
    'one bad message at each of 64 places (%s): only that one becomes a dead letter, the others come once and in order',
    async (how) => {
      for (let place = 0; place < 64; place += 1) {
        const w = await withBad([place], {}, how);
        const good = numbers(0, 127).filter((value) => value !== place);
        expect(w.arrived).toEqual(good);
        expect(w.graph.deadLetters.list()).toMatchObject([{ payload: place, reason: 'showstopper', attempts: 3 }]);
        expect(actorOf(w.graph, 'actor')).toMatchObject({ failures: 3, state: { n: 127 } });
        // The whole batch once; each good one once more, alone; the bad one twice more, alone; then whole batches again.
        const alone = numbers(0, 63).flatMap((value) => {
          const second = [[value], 2];
          return value === place ? [second, [[value], 3]] : [second];
        });
        expect(w.turns).toEqual([[numbers(0, 63), 1], ...alone, [numbers(64, 127), 1]]);
      }
    },
  );

  test.each([1, 2, 3, 5])('several bad ones, showstopperAfter %i: each suffers for itself alone', async (limit) => {
    const bad = [0, 1, 17, 40, 62, 63];
    const w = await withBad(bad, { showstopperAfter: limit }, 'throw');
    expect(w.arrived).toEqual(numbers(0, 127).filter((value) => !bad.includes(value)));
    // At a limit of 1 there is one attempt more: the one in the batch, which did not show who it was.
    const attempts = Math.max(2, limit);
    expect(w.graph.deadLetters.list().map(({ payload, attempts: had }) => [payload, had])).toEqual(
      bad.map((value) => [value, attempts]),
    );
  });

  test('all bad: all become dead letters, in order', async () => {
    const w = await withBad(numbers(0, 63), { showstopperAfter: 2 }, 'async');
    expect(w.graph.deadLetters.list().map(({ payload }) => payload)).toEqual(numbers(0, 63));
    expect(w.arrived).toEqual(numbers(64, 127));
  });

  test('a turn past its deadline is such a failure; a message that came meanwhile waits its turn', async () => {
    const turns: (readonly number[])[] = [];
    const w = batchWorld(
      { size: 4, timeoutMs: 50 },
      (batch, ctx) => {
        turns.push(batch);
        return batch.includes(2) ? new Promise<void>(() => undefined) : ctx.outputs.out.sendMany(batch);
      },
      { turnTimeoutMs: 100, showstopperAfter: 2 },
    );
    await w.give(1, 2, 3);
    await w.sim.advance(60);
    await w.give(4);
    await w.sim.advance(1_000);
    expect(letters(w)).toEqual([[2, 'showstopper', 'ERR_TURN_TIMEOUT']]);
    expect(turns).toEqual([[1, 2, 3], [1], [2], [3], [4]]);
    expect(w.arrived).toEqual([1, 3, 4]);
    await stopCleanly(w);
  });

  test('a kill counts for nobody: the same batch comes again, at once', async () => {
    const turns: [number, readonly number[], number][] = [];
    const w = batchWorld({ size: 4, timeoutMs: 50 }, (batch, ctx) => {
      turns.push([ctx.nowMs(), batch, ctx.attempt]);
      ctx.outputs.out.sendMany(batch);
      return ctx.regeneration === 0 ? new Promise<void>(() => undefined) : undefined;
    });
    await w.give(1, 2);
    await w.sim.advance(60);
    await w.give(3);
    w.actor.kill();
    await w.sim.settle();
    expect(turns).toEqual([
      [50, [1, 2], 1],
      [60, [1, 2, 3], 1],
    ]);
    expect([w.arrived, w.graph.deadLetters.total]).toEqual([[1, 2, 3], 0]);
    await stopCleanly(w);
  });

  test('a batch of ticks is blamed on nobody, and stays together', async () => {
    const w = world();
    const beats = w.graph.channel<number>('beats', { capacity: 8 });
    const turns: (readonly number[])[] = [];
    const definition = defineActor({
      inputs: { beats: input<number>({ tick: true, batch: { size: 4 } }) },
      on: {
        beats(batch, { regeneration }) {
          turns.push(batch);
          if (regeneration < 4) throw new Error('at the beat');
        },
      },
    });
    w.graph.actor('actor', definition, { beats }, { showstopperAfter: 1 });
    w.graph.start();
    for (const beat of [1, 2, 3]) beats.trySend(beat);
    await w.sim.settle();
    expect(turns).toEqual(Array.from({ length: 5 }, () => [1, 2, 3]));
    expect([w.graph.deadLetters.total, channelOf(w.graph, 'beats').taken]).toEqual([0, 3]);
    await stopCleanly(w);
  });

  test('the batches of another input stay together meanwhile', async () => {
    const w = world();
    const a = w.graph.channel<number>('a', { capacity: 8 });
    const b = w.graph.channel<number>('b', { capacity: 8 });
    const turns: (readonly [string, readonly number[]])[] = [];
    const definition = defineActor({
      inputs: { a: input<number>({ batch: { size: 3 } }), b: input<number>({ batch: { size: 3 } }) },
      on: {
        a(batch) {
          turns.push(['a', batch]);
          if (batch.includes(2)) throw new Error('bad');
        },
        b: (batch) => void turns.push(['b', batch]),
      },
    });
    w.graph.actor('actor', definition, { a, b }, { showstopperAfter: 2 });
    w.graph.start();
    for (const channel of [a, b]) for (const message of [1, 2, 3, 4, 5, 6]) channel.trySend(message);
    await w.sim.advance(1_000);
    expect(turns).toEqual([
      ['a', [1, 2, 3]],
      ['b', [1, 2, 3]],
      ['a', [1]],
      ['b', [4, 5, 6]],
      ['a', [2]],
      ['a', [3]],
      ['a', [4, 5, 6]],
    ]);
    expect(letters(w)).toEqual([[2, 'showstopper', 'bad']]);
    await stopCleanly(w);
  });

  test('an actor that never comes back leaves its batch as dead letters, and no timer', async () => {
    const w = batchWorld(
      { size: 4, timeoutMs: 50 },
      () => {
        throw new Error('bad');
      },
      { restart: 'temporary' },
    );
    await w.give(1, 2);
    await w.sim.advance(50);
    expect(letters(w)).toEqual([
      [1, 'no-consumer', 'bad'],
      [2, 'no-consumer', 'bad'],
    ]);
    expect(w.go.trySend(3)).toMatchObject({ ok: false });
    expect(w.sim.clock.pending).toBe(0);
    await stopCleanly(w);
  });
});
