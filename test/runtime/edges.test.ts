import { Readable, Writable } from 'node:stream';
import { defineActor, type FeedSource, input, output } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { deferred } from './single-actor.ts';
import { channelOf, collect, stopCleanly, watch, type World, world } from './world.ts';

const asleep = defineActor({ inputs: { in: input<number>() }, on: { in: () => undefined } });

/** Fails on the first attempt of every third message, after it has sent. */
const flaky = defineActor({
  inputs: { in: input<number>() },
  outputs: { out: output<number>() },
  on: {
    async in(value, ctx) {
      ctx.outputs.out.send(value);
      await ctx.effect('step', () => undefined);
      if (value % 3 === 0 && ctx.attempt === 1) throw new Error('third');
    },
  },
});

function fed(source: FeedSource<number>, capacity: number = 2): World & { arrived: number[] } {
  const w = world();
  const numbers = w.graph.channel<number>('numbers', { capacity });
  w.graph.feed('feed', source, numbers);
  const arrived = collect(w.graph, numbers);
  w.graph.start();
  return { ...w, arrived };
}

/** Runs a graph to its end and says how that was. Real streams need real turns of the event loop: it gives them those. */
async function ending({ sim, graph }: World): Promise<{ code?: string; cause?: unknown; details?: unknown }> {
  const outcome = watch(graph.stopped());
  for (let round = 0; round < 200 && outcome.state === 'pending'; round += 1) await sim.settle();
  if (outcome.state === 'pending') throw new Error('the graph does not stop');
  graph.checkConservation();
  expect(sim.clock.pending).toBe(0);
  const error = outcome.error as { cause?: unknown; details?: unknown } | undefined;
  return error === undefined ? {} : { code: outcome.code ?? '', cause: error.cause, details: error.details };
}

describe('a feed', () => {
  test.each<[string, () => FeedSource<number>]>([
    ['an array', () => [1, 2, 3, 4, 5]],
    ['a set', () => new Set([1, 2, 3, 4, 5])],
    [
      'a generator',
      function* () {
        yield* [1, 2, 3, 4, 5];
      },
    ],
    [
      'an async generator',
      async function* () {
        yield* [1, 2, 3, 4, 5];
      },
    ],
    ['a Node readable', () => Readable.from([1, 2, 3, 4, 5])],
  ])('fills its channel from %s, in order, and closes its end', async (_, source) => {
    const w = fed(source());
    expect(await ending(w)).toEqual({});
    expect(w.arrived).toEqual([1, 2, 3, 4, 5]);
  });

  test('pulls no further than the channel has room', async () => {
    const w = world();
    const numbers = w.graph.channel<number>('numbers', { capacity: 2 });
    let pulled = 0;
    const source = (function* () {
      for (;;) yield (pulled += 1);
    })();
    w.graph.feed('feed', source, numbers);
    w.graph.start();
    await w.sim.settle();
    expect([pulled, numbers.size]).toEqual([3, 2]); // one on the way
    w.graph.requestShutdown();
    const seen: number[] = [];
    for await (const n of numbers) seen.push(n);
    expect(seen).toEqual([1, 2, 3]);
    expect(await ending(w)).toEqual({});
  });

  test('loses nothing while the actor behind it fails again and again', async () => {
    const w = world();
    const numbers = w.graph.channel<number>('numbers', { capacity: 1 });
    const out = w.graph.channel<number>('out', { capacity: 1 });
    const written: number[] = [];
    w.graph.feed('feed', Readable.from(Array.from({ length: 60 }, (_, n) => n)), numbers);
    w.graph.actor('flaky', flaky, { in: numbers, out }, { maxRestarts: Infinity });
    const sluggish = new Writable({
      objectMode: true,
      highWaterMark: 2,
      write(chunk: number, _encoding, done) {
        written.push(chunk);
        setImmediate(done);
      },
    });
    w.graph.sink('sink', out, sluggish);
    w.graph.start();
    expect(await ending(w)).toEqual({});
    expect(written).toEqual(Array.from({ length: 60 }, (_, n) => n));
    expect(sluggish.writableFinished).toBe(true);
    expect(w.graph.snapshot().actors[0]?.restarts).toBe(20);
  });

  const failing: [string, () => FeedSource<number>][] = [
    [
      'a generator that throws',
      function* () {
        yield 1;
        throw new Error('broken source');
      },
    ],
    [
      'an async generator that rejects',
      async function* () {
        yield 1;
        throw new Error('broken source');
      },
    ],
    [
      'a readable that is destroyed',
      () =>
        new Readable({
          objectMode: true,
          read() {
            this.push(1);
            this.destroy(new Error('broken source'));
          },
        }),
    ],
    [
      'an iterable that cannot be iterated',
      () => ({
        [Symbol.iterator]() {
          throw new Error('broken source');
        },
      }),
    ],
  ];
  test.each(failing)('from %s drains the graph and fails with ERR_EDGE_FAILED', async (_, source) => {
    const w = fed(source());
    expect(await ending(w)).toMatchObject({
      code: 'ERR_EDGE_FAILED',
      details: { edge: 'feed' },
      cause: { message: 'broken source' },
    });
    expect(w.events.filter(({ kind }) => kind === 'edgeFailed')).toHaveLength(1);
  });

  test('that fails as the last thing that runs is not taken for a clean end', async () => {
    const w = world();
    const numbers = w.graph.channel<number>('numbers', { capacity: 1 });
    const source: FeedSource<number> = {
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('broken source')) }),
    };
    w.graph.feed('feed', source, numbers);
    w.graph.actor('asleep', asleep, { in: numbers });
    w.graph.start();
    expect(await ending(w)).toMatchObject({ code: 'ERR_EDGE_FAILED', cause: { message: 'broken source' } });
  });

  test('of undefined fails: it is no message', async () => {
    const w = fed([1, undefined as unknown as number]);
    expect(await ending(w)).toMatchObject({ code: 'ERR_EDGE_FAILED', cause: { code: 'ERR_UNDEFINED_MESSAGE' } });
    expect(w.arrived).toEqual([1]);
  });

  test('of undefined is told that nothing more is wanted, so that it can close its file', async () => {
    let closed = 0;
    const source = (function* () {
      try {
        yield 1;
        yield undefined as unknown as number;
      } finally {
        closed += 1;
      }
    })();
    expect(await ending(fed(source))).toMatchObject({ code: 'ERR_EDGE_FAILED' });
    expect(closed).toBe(1);
  });

  test('a source that answers nonsense fails its feed, and nothing else', async () => {
    for (const answer of [null, 5, undefined]) {
      const w = fed({ [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve(answer as never) }) });
      expect(await ending(w)).toMatchObject({ code: 'ERR_EDGE_FAILED' });
    }
  });

  test('whose source never answers does not hold a stop; a stream is let go of', async () => {
    const silent = new Readable({ objectMode: true, read: () => undefined });
    const w = fed(silent);
    await w.sim.settle();
    w.graph.requestShutdown();
    expect(await ending(w)).toEqual({});
    expect(silent.destroyed).toBe(true);
  });

  test('tells a generator that nothing more is wanted', async () => {
    let closed = false;
    const source = (function* () {
      try {
        for (let n = 0; ; n += 1) yield n;
      } finally {
        closed = true;
      }
    })();
    const w = world();
    const numbers = w.graph.channel<number>('numbers', { capacity: 2 });
    w.graph.feed('feed', source, numbers);
    w.graph.start();
    await w.sim.settle();
    w.graph.requestShutdown();
    const seen: number[] = [];
    for await (const n of numbers) seen.push(n);
    expect(await ending(w)).toEqual({});
    expect([closed, seen]).toEqual([true, [0, 1, 2]]);
  });

  test('an item that comes after the stop becomes a dead letter', async () => {
    const late = deferred<IteratorResult<number>>();
    const w = fed({ [Symbol.asyncIterator]: () => ({ next: () => late.promise }) });
    await w.sim.settle();
    w.graph.requestShutdown();
    expect(await ending(w)).toEqual({});
    late.resolve({ done: false, value: 7 });
    await w.sim.settle();
    expect(w.graph.deadLetters.list()).toMatchObject([{ payload: 7, reason: 'no-consumer', channel: 'numbers' }]);
    w.graph.checkConservation();
  });

  test('ends when nobody reads its channel any more', async () => {
    const w = world();
    const numbers = w.graph.channel<number>('numbers', { capacity: 1 });
    let pulled = 0;
    const source = (function* () {
      for (;;) yield (pulled += 1);
    })();
    const quitter = defineActor({ inputs: { in: input<number>() }, on: { in: (_, ctx) => ctx.exit() } });
    w.graph.feed('feed', source, numbers);
    w.graph.actor('quitter', quitter, { in: numbers }, { restart: 'transient' });
    w.graph.start();
    expect(await ending(w)).toEqual({});
    expect(pulled).toBeLessThan(6);
    const { sent, taken, deadLettered } = channelOf(w.graph, 'numbers');
    expect([sent, taken + deadLettered]).toEqual([pulled, pulled]);
  });

  test('keeps its place in line beside actors that write to the same channel', async () => {
    const w = world();
    const shared = w.graph.channel<string>('shared', { capacity: 1 });
    const talker = defineActor({
      outputs: { out: output<string>() },
      state: () => ({ n: 0 }),
      source(ctx) {
        ctx.outputs.out.send('actor');
        ctx.state.n += 1;
        return ctx.state.n < 50 ? 'more' : 'done';
      },
    });
    w.graph.feed('feed', new Array<string>(50).fill('feed'), shared);
    w.graph.actor('talker', talker, { out: shared });
    const arrived = collect(w.graph, shared);
    w.graph.start();
    expect(await ending(w)).toEqual({});
    expect(Math.abs(arrived.slice(0, 50).filter((from) => from === 'feed').length - 25)).toBeLessThan(5);
  });
});

describe('a function sink', () => {
  function sunk(write: Parameters<World['graph']['sink']>[2], options: Parameters<World['graph']['sink']>[3] = {}) {
    const w = world();
    const numbers = w.graph.channel<number>('numbers', { capacity: 8 });
    w.graph.sink('sink', numbers, write, options);
    w.graph.start();
    return { ...w, numbers };
  }

  test('takes a message only when its promise has resolved, one after the other', async () => {
    const gates: (() => void)[] = [];
    const w = sunk(() => new Promise<void>((resolve) => gates.push(resolve)));
    w.numbers.trySend(1);
    w.numbers.trySend(2);
    await w.sim.settle();
    expect([gates.length, channelOf(w.graph, 'numbers').taken]).toEqual([1, 0]);
    gates[0]?.();
    await w.sim.settle();
    expect([gates.length, channelOf(w.graph, 'numbers').taken]).toEqual([2, 1]);
    gates[1]?.();
    await stopCleanly(w);
  });

  test.each([
    ['throws', false],
    ['rejects', true],
  ])(
    'that %s tries again, with the same id, later and later, and then gives the message up',
    async (_, asynchronous) => {
      const tries: [number, number, string][] = [];
      const w = sunk(
        (message, { attempt, messageId }) => {
          if (message !== 1) return;
          tries.push([w.sim.clock.nowMs(), attempt, messageId]);
          if (asynchronous) return Promise.reject(new Error('disk full'));
          throw new Error('disk full');
        },
        { retryBackoff: { minMs: 100, jitter: 0 } },
      );
      w.numbers.trySend(1);
      w.numbers.trySend(2);
      await w.sim.advance(1_000);
      expect(tries.map(([at, attempt]) => [at, attempt])).toEqual([
        [0, 1],
        [0, 2],
        [100, 3],
      ]);
      expect(new Set(tries.map(([, , id]) => id)).size).toBe(1);
      expect(w.graph.deadLetters.list()).toMatchObject([
        { payload: 1, actor: 'sink', reason: 'rejected', text: 'Error: disk full', attempts: 3 },
      ]);
      expect(channelOf(w.graph, 'numbers')).toMatchObject({ taken: 1, deadLettered: 1 });
      await stopCleanly(w);
    },
  );

  test('aborts its signal when it is not waited for any longer, and the message is a dead letter', async () => {
    const trace: string[] = [];
    const w = sunk((_, { signal }) => {
      signal.addEventListener('abort', () => trace.push('aborted'));
      return new Promise<void>(() => undefined);
    });
    w.numbers.trySend(1);
    await w.sim.settle();
    w.graph.requestShutdown();
    await expect(w.sim.runUntil(w.graph.stopped())).rejects.toMatchObject({
      details: { holdouts: [{ kind: 'sink', name: 'sink', heldBy: 'a write that has not finished' }] },
    });
    expect(trace).toEqual(['aborted']);
    expect(w.graph.deadLetters.list()).toMatchObject([{ payload: 1, reason: 'stopped' }]);
  });

  test('refuses options that it does not have', () => {
    const w = world();
    const numbers = w.graph.channel<number>('numbers', { capacity: 8 });
    for (const option of ['restart', 'maxRestarts', 'backoff', 'turnTimeoutMs', 'endd']) {
      expect(() => w.graph.sink('sink', numbers, () => undefined, { [option]: 1 })).toThrow(
        new RegExp(`unknown option "${option}"`),
      );
    }
    expect(() => w.graph.sink('sink', numbers, () => undefined, { showstopperAfter: 0 })).toThrow(/1 or more/);
  });
});

describe('a writable sink', () => {
  function into(target: Writable, count: number = 5, options: { end?: boolean } = {}): World {
    const w = world();
    const numbers = w.graph.channel<number>('numbers', { capacity: 8 });
    w.graph.feed(
      'feed',
      Array.from({ length: count }, (_, n) => n),
      numbers,
    );
    w.graph.sink('sink', numbers, target, options);
    w.graph.start();
    return w;
  }
  const leftOn = (stream: Writable): unknown[] =>
    ['error', 'close', 'drain'].flatMap((event) => stream.listeners(event));

  test('writes in order, feels back-pressure, takes a message when the stream has called back, and ends the stream', async () => {
    const written: number[] = [];
    let most = 0;
    const target: Writable = new Writable({
      objectMode: true,
      highWaterMark: 2,
      write(chunk: number, _encoding, done) {
        most = Math.max(most, target.writableLength);
        written.push(chunk);
        setImmediate(done);
      },
    });
    const w = into(target, 20);
    expect(await ending(w)).toEqual({});
    expect(written).toEqual(Array.from({ length: 20 }, (_, n) => n));
    expect(most).toBeLessThanOrEqual(2);
    expect(target.writableFinished).toBe(true);
    expect(channelOf(w.graph, 'numbers').taken).toBe(20);
    expect(leftOn(target)).toEqual([]);
  });

  test('leaves a stream open that it shall not end, and no listener on it', async () => {
    const target = new Writable({ objectMode: true, write: (_chunk, _encoding, done) => done() });
    const w = into(target, 5, { end: false });
    expect(await ending(w)).toEqual({});
    expect(target.writableEnded).toBe(false);
    expect(leftOn(target)).toEqual([]);
  });

  test('that fails in a write stops the graph, and what it did not write is dead letters', async () => {
    const written: number[] = [];
    const target = new Writable({
      objectMode: true,
      write(chunk: number, _encoding, done) {
        if (chunk === 2) return void setImmediate(done, new Error('disk full'));
        written.push(chunk);
        setImmediate(done);
      },
    });
    const w = into(target);
    expect(await ending(w)).toMatchObject({
      code: 'ERR_EDGE_FAILED',
      details: { edge: 'sink' },
      cause: { message: 'disk full' },
    });
    const buried = w.graph.deadLetters.list().map(({ payload }) => payload);
    expect([...written, ...buried]).toEqual([0, 1, 2, 3, 4].slice(0, written.length + buried.length));
    expect(channelOf(w.graph, 'numbers')).toMatchObject({ taken: 2, inFlight: 0 });
  });

  test('that fails at its very end stops the graph with the error, and not the process', async () => {
    const target = new Writable({
      objectMode: true,
      write: (_chunk, _encoding, done) => done(),
      final: (done) => void setImmediate(done, new Error('cannot sync')),
    });
    const w = into(target);
    expect(await ending(w)).toMatchObject({ code: 'ERR_EDGE_FAILED', cause: { message: 'cannot sync' } });
    await w.sim.settle();
  });

  test('that fails when it was the last thing to run is not taken for a clean end', async () => {
    const target = new Writable({
      objectMode: true,
      write(_chunk, _encoding, done) {
        setImmediate(done, new Error('disk full')); // by then the feed has ended
      },
    });
    const w = into(target, 1);
    expect(await ending(w)).toMatchObject({ code: 'ERR_EDGE_FAILED', cause: { message: 'disk full' } });
  });

  test('that never calls back is named at the deadline, and let go of', async () => {
    const target = new Writable({ objectMode: true, write: () => undefined });
    const w = into(target, 3);
    await w.sim.settle();
    w.graph.requestShutdown();
    await expect(w.sim.runUntil(w.graph.stopped())).rejects.toMatchObject({
      details: {
        holdouts: [{ kind: 'sink', name: 'sink', heldBy: '3 messages that its stream has not written yet' }],
      },
    });
    await w.sim.settle();
    expect(w.graph.deadLetters.list().map(({ payload, reason }) => [payload, reason])).toEqual([
      [0, 'stopped'],
      [1, 'stopped'],
      [2, 'stopped'],
    ]);
    expect(target.destroyed).toBe(true);
  });

  test('that is closed under it stops the graph', async () => {
    const target = new Writable({ objectMode: true, write: (_chunk, _encoding, done) => done() });
    const w = world();
    const numbers = w.graph.channel<number>('numbers', { capacity: 8 });
    w.graph.sink('sink', numbers, target);
    w.graph.start();
    await w.sim.settle();
    target.destroy();
    expect(await ending(w)).toMatchObject({
      code: 'ERR_EDGE_FAILED',
      cause: { message: 'the stream of sink "sink" was closed before its channel' },
    });
  });
});
