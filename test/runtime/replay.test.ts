/** Dead letters that are sent again. */
import { type Channel, defineActor, input, output, type ReplayReport } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { channelOf, collect, stopCleanly, watch, type World, world } from './world.ts';

/** A desk that rejects what it is told to, and passes on the rest. */
interface Desk extends World {
  readonly numbers: Channel<number>;
  readonly passed: number[];
  /** Rejected while they are in here. */
  readonly refused: Set<number>;
  /** What turns saw: `[number, messageId, replayOf, attempt]`. */
  readonly seen: [number, string | undefined, string | undefined, number][];
}

function desk(capacity: number = 8, options: Parameters<typeof world>[0] = {}): Desk {
  const w = world(options);
  const refused = new Set<number>();
  const seen: Desk['seen'] = [];
  const numbers = w.graph.channel<number>('numbers', { capacity });
  const out = w.graph.channel<number>('out', { capacity: 64 });
  const definition = defineActor({
    inputs: { numbers: input<number>() },
    outputs: { out: output<number>() },
    on: {
      numbers(number, ctx) {
        seen.push([number, ctx.messageId, ctx.replayOf, ctx.attempt]);
        if (refused.has(number)) ctx.reject('refused');
        else if (refused.has(-number)) throw new Error('fails');
        else ctx.outputs.out.send(number);
      },
    },
  });
  w.graph.actor('desk', definition, { numbers, out });
  return { ...w, numbers, refused, seen, passed: collect(w.graph, out) };
}

async function give({ numbers, sim }: Desk, ...all: number[]): Promise<void> {
  for (const number of all) await numbers.send(number);
  await sim.advance(1_000);
}

const kept = ({ graph }: World): unknown[] => graph.deadLetters.list().map(({ payload }) => payload);

/** How a replay went, once everything has come to rest. */
async function settled(w: World, replay: Promise<ReplayReport>): Promise<ReplayReport> {
  const outcome = watch(replay);
  await w.sim.settle();
  if (outcome.state === 'rejected') throw outcome.error;
  expect(outcome.state).toBe('resolved');
  return outcome.value as ReplayReport;
}

describe('a replay', () => {
  test('sends the letters again, in order, and they leave the store', async () => {
    const w = desk();
    for (const number of [2, 3, 5]) w.refused.add(number);
    w.graph.start();
    await give(w, 1, 2, 3, 4, 5);
    expect(kept(w)).toEqual([2, 3, 5]);
    w.refused.clear();
    const report = await settled(w, w.graph.deadLetters.replay({}));
    expect(report.left).toEqual([]);
    expect(report.replayed.map(({ id }) => id)).toEqual([1, 2, 3]);
    expect(w.passed).toEqual([1, 4, 2, 3, 5]);
    expect(kept(w)).toEqual([]);
    expect(w.graph.snapshot().deadLetters).toMatchObject({ kept: 0, total: 3, replayed: 3, discarded: 0 });
    expect(channelOf(w.graph, 'numbers')).toMatchObject({ sent: 8, taken: 5, deadLettered: 3, inFlight: 0 });
    await stopCleanly(w);
  });

  test('takes only what matches', async () => {
    const w = desk();
    for (const number of [2, 3, -4]) w.refused.add(number);
    w.graph.start();
    await give(w, 2, 3, 4);
    w.refused.clear();
    const report = await settled(w, w.graph.deadLetters.replay({ reason: 'showstopper' }));
    expect(report.replayed).toHaveLength(1);
    expect(w.passed).toEqual([4]);
    expect(kept(w)).toEqual([2, 3]);
  });

  test('is a new message: it has an identity of its own, names the old one, and its attempts start again', async () => {
    const w = desk();
    w.refused.add(-7);
    w.graph.start();
    await give(w, 7);
    const [letter] = w.graph.deadLetters.list();
    expect(letter).toMatchObject({ attempts: 3, replayOf: undefined });
    const { replayed } = await settled(w, w.graph.deadLetters.replay({}));
    await w.sim.advance(1_000);
    const [again] = w.graph.deadLetters.list();
    expect(again).toMatchObject({ id: 2, payload: 7, attempts: 3, replayOf: letter?.messageId });
    expect(again?.messageId).toBe(replayed[0]?.messageId);
    expect(again?.messageId).not.toBe(letter?.messageId);
    const [first, second] = [letter?.messageId, again?.messageId];
    expect(w.seen).toEqual([
      ...[1, 2, 3].map((attempt) => [7, first, undefined, attempt]),
      ...[1, 2, 3].map((attempt) => [7, second, first, attempt]),
    ]);
    expect(w.events.filter(({ kind }) => kind === 'replayed')).toEqual([
      { kind: 'replayed', letter, channel: 'numbers', messageId: second },
    ]);
    const failed = w.events.flatMap((event) => (event.kind === 'failed' ? event.inHand : []));
    expect(failed.map(({ replayOf }) => replayOf)).toEqual([...Array<undefined>(3), ...Array<string>(3).fill(first!)]);
  });

  test('names the first message of all, however often it was replayed', async () => {
    const w = desk();
    w.refused.add(7);
    w.graph.start();
    await give(w, 7);
    const first = w.graph.deadLetters.get(1)?.messageId;
    await settled(w, w.graph.deadLetters.replay({}));
    await settled(w, w.graph.deadLetters.replay({}));
    expect(w.graph.deadLetters.list()).toMatchObject([{ id: 3, replayOf: first }]);
    expect(w.seen.map(([, , replayOf]) => replayOf)).toEqual([undefined, first, first]);
  });

  test('says so to loops and to sinks as well, and only of the message itself', async () => {
    const w = world({ actorDefaults: { showstopperAfter: 1 } });
    const numbers = w.graph.channel<number>('numbers', { capacity: 8 });
    const written = w.graph.channel<number>('written', { capacity: 8 });
    const told: unknown[] = [];
    let isBroken = true;
    const loop = defineActor({
      inputs: { numbers: input<number>() },
      async run(ctx) {
        const { numbers } = ctx.inputs;
        while (ctx.running()) {
          await ctx.next(numbers.avail());
          told.push(['before', ctx.replayOf]);
          told.push([numbers.take(), ctx.replayOf]);
          if (isBroken) numbers.reject('broken');
        }
      },
    });
    w.graph.actor('loop', loop, { numbers });
    w.graph.sink('sink', written, (number, { replayOf }) => {
      told.push([number, replayOf]);
      if (isBroken) throw new Error('broken');
    });
    w.graph.start();
    numbers.trySend(1);
    await w.sim.settle();
    written.trySend(2);
    await w.sim.settle();
    isBroken = false;
    told.length = 0;
    const [one, two] = w.graph.deadLetters.list().map(({ messageId }) => messageId);
    await settled(w, w.graph.deadLetters.replay({}));
    numbers.trySend(3);
    await w.sim.settle();
    expect(told).toEqual([
      ['before', undefined],
      [1, one],
      [2, two],
      ['before', undefined],
      [3, undefined],
    ]);
  });

  test('means the letters of the moment in which it was asked for, not those that come of it', async () => {
    const w = desk();
    w.refused.add(7);
    w.graph.start();
    await give(w, 7, 7);
    const report = await settled(w, w.graph.deadLetters.replay({}));
    expect(report.replayed).toHaveLength(2);
    expect(kept(w)).toEqual([7, 7]);
    expect(w.graph.deadLetters.total).toBe(4);
  });

  test('of nothing is a report of nothing', async () => {
    const w = desk();
    w.graph.start();
    expect(await settled(w, w.graph.deadLetters.replay({}))).toEqual({ replayed: [], left: [] });
  });
});

describe('waiting for room', () => {
  /** A channel that nobody takes from yet, full, and a letter that was about it. */
  async function full(): Promise<World & { readonly slow: Channel<number>; readonly letters: number }> {
    const w = desk();
    for (const number of [1, 2, 3]) w.refused.add(number);
    w.graph.channel<number>('slow', { capacity: 1, maxWaiting: 1 });
    const slow = w.graph.channel<number>('full', { capacity: 1, maxWaiting: 1 });
    w.graph.start();
    await give(w, 1, 2, 3);
    slow.trySend(0);
    return { ...w, slow, letters: 3 };
  }

  test('a letter stays in the store until its message is in the channel, and one is on the way at a time', async () => {
    const w = await full();
    const outcome = watch(w.graph.deadLetters.replay({}, { to: w.slow }));
    await w.sim.settle();
    expect(outcome.state).toBe('pending');
    expect(kept(w)).toEqual([1, 2, 3]);
    expect(channelOf(w.graph, 'full')).toMatchObject({ inFlight: 1, waitingForRoom: 1 });
    const reader = w.slow[Symbol.asyncIterator]();
    const read: number[] = [];
    for (const left of [2, 1, 0, 0]) {
      read.push((await reader.next()).value as number);
      await w.sim.settle();
      expect(kept(w)).toHaveLength(left);
      expect(channelOf(w.graph, 'full').waitingForRoom).toBe(Math.min(1, left));
    }
    expect(read).toEqual([0, 1, 2, 3]);
    expect(outcome.value).toMatchObject({ left: [] });
  });

  test('it stands in line, and beyond maxWaiting it is refused and left', async () => {
    const w = await full();
    const waiting = watch(w.slow.send(9));
    const report = await settled(w, w.graph.deadLetters.replay({}, { to: w.slow }));
    expect(report.replayed).toEqual([]);
    expect(report.left).toMatchObject(
      [1, 2, 3].map((id) => ({ kind: 'refused', id, error: { code: 'ERR_OVERLOADED' } })),
    );
    expect(kept(w)).toEqual([1, 2, 3]);
    expect(waiting.state).toBe('pending');
  });

  test('an abort leaves what is not in the channel, and the store as it was', async () => {
    const w = await full();
    const abort = new AbortController();
    const outcome = watch(w.graph.deadLetters.replay({}, { to: w.slow, signal: abort.signal }));
    await w.sim.settle();
    const reader = w.slow[Symbol.asyncIterator]();
    await reader.next();
    await w.sim.settle();
    abort.abort(new Error('enough'));
    await w.sim.settle();
    expect(outcome).toMatchObject({ state: 'rejected', error: { message: 'enough' } });
    expect(kept(w)).toEqual([2, 3]);
    expect(channelOf(w.graph, 'full')).toMatchObject({ inFlight: 1, waitingForRoom: 0 });
    const before = watch(w.graph.deadLetters.replay({}, { signal: AbortSignal.abort(new Error('before')) }));
    await w.sim.settle();
    expect(before).toMatchObject({ state: 'rejected', error: { message: 'before' } });
    expect(w.graph.deadLetters.discard({})).toBe(2);
  });

  test('nobody else can have a letter that is on its way', async () => {
    const w = await full();
    const first = watch(w.graph.deadLetters.replay({}, { to: w.slow }));
    await w.sim.settle();
    expect(w.graph.deadLetters.discard({ id: [1, 2] })).toBe(1);
    const second = await settled(w, w.graph.deadLetters.replay({}));
    expect(second).toMatchObject({ replayed: [{ id: 3 }], left: [{ kind: 'busy', id: 1 }] });
    expect(kept(w)).toEqual([1, 3]); // 3 was refused again: it is another letter
    const reader = w.slow[Symbol.asyncIterator]();
    await reader.next();
    await w.sim.settle();
    expect(first.value).toMatchObject({
      replayed: [{ id: 1 }],
      left: [
        { kind: 'gone', id: 2 },
        { kind: 'gone', id: 3 },
      ],
    });
    expect((await reader.next()).value).toBe(1);
  });

  test('a letter that is on its way is not evicted', async () => {
    const w = desk(8, { deadLetters: { capacity: 2, whenFull: 'evict' } });
    for (const number of [1, 2, 3, 4, 5]) w.refused.add(number);
    const slow = w.graph.channel<number>('full', { capacity: 1 });
    w.graph.start();
    slow.trySend(0);
    await give(w, 1, 2);
    const abort = new AbortController();
    const outcome = watch(w.graph.deadLetters.replay({}, { to: slow, signal: abort.signal }));
    await give(w, 3, 4);
    expect(kept(w)).toEqual([1, 3, 4]); // the bound does not count what is on its way
    abort.abort();
    await w.sim.settle();
    expect(outcome.state).toBe('rejected');
    await give(w, 5);
    expect(kept(w)).toEqual([4, 5]);
    expect(w.graph.snapshot().deadLetters).toMatchObject({ total: 5, evicted: 3, kept: 2 });
    await stopCleanly(w);
  });

  test('goes on where the actor that must make room waits for room in the store itself', async () => {
    const w = desk(1, { deadLetters: { capacity: 1 } });
    for (const number of [1, 2]) w.refused.add(number);
    w.graph.start();
    const sends = [1, 2, 3].map((number) => w.numbers.send(number));
    await w.sim.settle();
    expect(kept(w)).toEqual([1]);
    const report = await settled(w, w.graph.deadLetters.replay({}));
    expect(report.replayed).toHaveLength(1);
    expect(w.passed).toEqual([3]);
    expect(kept(w)).toEqual([2]); // 1 came again and waits for room behind it
    w.refused.clear();
    w.graph.deadLetters.discard({});
    await w.sim.settle();
    await Promise.all(sends);
    await stopCleanly(w);
  });
});

describe('a letter is left where it is, with the reason,', () => {
  async function replayed(w: Desk): Promise<ReplayReport> {
    w.refused.clear();
    const before = w.graph.deadLetters.list();
    const report = await settled(w, w.graph.deadLetters.replay({}));
    expect(report.replayed).toEqual([]);
    expect(w.graph.deadLetters.list()).toEqual(before);
    return report;
  }

  test('when its channel is closed', async () => {
    const w = desk();
    w.refused.add(1);
    w.graph.start();
    await give(w, 1);
    w.numbers.close();
    expect(await replayed(w)).toMatchObject({
      left: [{ kind: 'refused', id: 1, error: { code: 'ERR_CHANNEL_CLOSED' } }],
    });
  });

  test('when nobody reads its channel any more, unless it goes elsewhere', async () => {
    const w = desk();
    const lost = w.graph.channel<number>('lost', { capacity: 4 });
    const reader = lost[Symbol.asyncIterator]();
    w.graph.start();
    lost.trySend(1);
    lost.trySend(2);
    await reader.return?.();
    expect(await replayed(w)).toMatchObject({
      left: [1, 2].map((id) => ({ kind: 'refused', id, error: { code: 'ERR_CHANNEL_CLOSED' } })),
    });
    const report = await settled(w, w.graph.deadLetters.replay({ id: 2 }, { to: w.numbers }));
    expect(report.replayed).toHaveLength(1);
    expect(w.passed).toEqual([2]);
    expect(kept(w)).toEqual([1]);
  });

  test('when the graph is stopping, and when it has stopped', async () => {
    const w = desk();
    w.refused.add(1);
    const veto = { held: true };
    const holding = defineActor({
      async run({ running, next, after }) {
        while (running({ held: () => !veto.held })) await next(after(10));
      },
    });
    w.graph.actor('holding', holding, {});
    w.graph.start();
    await give(w, 1);
    w.graph.requestShutdown();
    const left = { kind: 'refused', id: 1, error: { code: 'ERR_STOPPING' } };
    expect(await replayed(w)).toMatchObject({ left: [left] });
    veto.held = false;
    await w.sim.runUntil(w.graph.stopped());
    expect(await replayed(w)).toMatchObject({ left: [left] });
    w.graph.checkConservation();
  });

  test('when the graph stops while it waits for room', async () => {
    const w = desk();
    for (const number of [1, 2]) w.refused.add(number);
    const full = w.graph.channel<number>('full', { capacity: 1 });
    w.graph.start();
    full.trySend(0);
    await give(w, 1, 2);
    const outcome = watch(w.graph.deadLetters.replay({}, { to: full }));
    await w.sim.settle();
    w.graph.requestShutdown();
    await w.sim.runUntil(w.graph.stopped());
    expect(outcome.value).toMatchObject({
      replayed: [],
      left: [1, 2].map((id) => ({ kind: 'refused', id, error: { code: 'ERR_STOPPING' } })),
    });
    expect(kept(w)).toEqual([1, 2, 0]);
    w.graph.checkConservation();
  });

  test('a refused replay does not keep its channel open, nor does any other', async () => {
    const w = world();
    const numbers = w.graph.channel<number>('numbers', { capacity: 4 });
    let refuses = true;
    const definition = defineActor({
      inputs: { numbers: input<number>() },
      on: { numbers: (_, { reject }) => (refuses ? reject('no') : undefined) },
    });
    w.graph.feed('feed', slowly(w), numbers);
    w.graph.actor('actor', definition, { numbers });
    w.graph.start();
    await w.sim.settle();
    refuses = false;
    expect((await settled(w, w.graph.deadLetters.replay({}))).replayed).toHaveLength(1);
    await w.sim.advance(10);
    await w.graph.stopped(); // the feed has ended, and with it the channel
    expect(channelOf(w.graph, 'numbers')).toMatchObject({ sent: 2, taken: 1, deadLettered: 1 });
  });
});

async function* slowly({ sim }: World): AsyncGenerator<number> {
  yield 1;
  await new Promise<void>((resolve) => void sim.clock.setTimer(sim.clock.nowMs() + 5, resolve));
}

describe('edit', () => {
  async function withLetters(...numbers: number[]): Promise<Desk> {
    const w = desk();
    for (const number of numbers) w.refused.add(number);
    w.graph.start();
    await give(w, ...numbers);
    return w;
  }

  test('gives the new payload, or leaves a letter out', async () => {
    const w = await withLetters(1, 2, 3);
    const edit = (payload: unknown, { id }: { readonly id: number }): number | undefined =>
      id === 2 ? undefined : Number(payload) * 10;
    const report = await settled(w, w.graph.deadLetters.replay({}, { edit }));
    expect(report).toMatchObject({ replayed: [{ id: 1 }, { id: 3 }], left: [{ kind: 'leftOut', id: 2 }] });
    expect(w.passed).toEqual([10, 30]);
    expect(kept(w)).toEqual([2]);
  });

  test('may take its time, and nobody else can have the letter meanwhile', async () => {
    const w = await withLetters(1, 2);
    let answer!: (number: number) => void;
    const asked = new Promise<number>((resolve) => (answer = resolve));
    const outcome = watch(w.graph.deadLetters.replay({}, { edit: () => asked }));
    await w.sim.settle();
    expect(w.graph.deadLetters.discard({ id: 1 })).toBe(0);
    answer(5);
    await w.sim.settle();
    expect(outcome.value).toMatchObject({ replayed: [{ id: 1 }, { id: 2 }] });
    expect(w.passed).toEqual([5, 5]);
  });

  test.each([
    [
      'throws',
      () => {
        throw new Error('cannot edit');
      },
    ],
    ['rejects', () => Promise.reject(new Error('cannot edit'))],
  ])('that %s ends the replay: what came before is sent, this and later ones stay', async (_, fail) => {
    const w = await withLetters(1, 2, 3);
    const edit = (payload: unknown): number | Promise<number> => (payload === 2 ? fail() : Number(payload) * 10);
    const outcome = watch(w.graph.deadLetters.replay({}, { edit }));
    await w.sim.settle();
    expect(outcome).toMatchObject({ state: 'rejected', error: { message: 'cannot edit' } });
    expect(w.passed).toEqual([10]);
    expect(kept(w)).toEqual([2, 3]);
    w.refused.clear();
    expect((await settled(w, w.graph.deadLetters.replay({}))).replayed).toHaveLength(2);
    await stopCleanly(w);
  });

  test('gets a payload that it cannot change, and what it gives is frozen as any message is', async () => {
    const w = world({ checks: true, actorDefaults: { showstopperAfter: 1 } });
    interface Order {
      readonly lines: number[];
    }
    const orders = w.graph.channel<Order>('orders', { capacity: 4 });
    const seen: Order[] = [];
    const definition = defineActor({
      inputs: { orders: input<Order>() },
      on: {
        orders(order) {
          seen.push(order);
          if (order.lines.length === 0) throw new Error('empty');
        },
      },
    });
    w.graph.actor('actor', definition, { orders });
    w.graph.start();
    orders.trySend({ lines: [] });
    await w.sim.settle();
    const mutating = watch(
      w.graph.deadLetters.replay({}, { edit: (order) => ((order as Order).lines.push(1), order) }),
    );
    await w.sim.settle();
    expect(mutating).toMatchObject({ state: 'rejected', error: { name: 'TypeError' } });
    await settled(w, w.graph.deadLetters.replay({}, { to: orders, edit: () => ({ lines: [1] }) }));
    expect(seen).toEqual([{ lines: [] }, { lines: [1] }]);
    expect(Object.isFrozen(seen[1]?.lines)).toBe(true);
  });
});

test('an option that is none is refused at once, and so is a replay inside a turn', async () => {
  const w = desk();
  w.graph.start();
  const { deadLetters } = w.graph;
  const foreign = world().graph.channel<number>('numbers', { capacity: 1 });
  const invalid = expect.objectContaining({ code: 'ERR_INVALID_OPTION' });
  expect(() => deadLetters.replay({ chanel: 'numbers' } as never)).toThrow(invalid);
  expect(() => deadLetters.replay({}, { too: w.numbers } as never)).toThrow(invalid);
  expect(() => deadLetters.replay({}, { to: foreign })).toThrow(/must be a channel of graph "test"/);
  expect(() => deadLetters.replay({}, { edit: 7 as never })).toThrow(/edit must be a function/);
  const inTurn = world({ actorDefaults: { showstopperAfter: 1 } });
  const numbers = inTurn.graph.channel<number>('numbers', { capacity: 1 });
  const replaying = defineActor({
    inputs: { numbers: input<number>() },
    on: { numbers: () => void inTurn.graph.deadLetters.replay({}) },
  });
  inTurn.graph.actor('replaying', replaying, { numbers });
  inTurn.graph.start();
  numbers.trySend(1);
  await inTurn.sim.settle();
  expect(inTurn.graph.deadLetters.list()).toMatchObject([{ error: { code: 'ERR_OUTSIDE_API_IN_TURN' } }]);
});

test('letters about the channel of an unwired input go there', async () => {
  const w = world();
  let refuses = true;
  const definition = defineActor({
    inputs: { numbers: input<number>({ capacity: 2 }) },
    on: { numbers: (_, { reject }) => (refuses ? reject('no') : undefined) },
  });
  const handle = w.graph.actor('actor', definition, {});
  w.graph.start();
  handle.input('numbers').trySend(1);
  await w.sim.settle();
  refuses = false;
  expect((await settled(w, w.graph.deadLetters.replay({}))).replayed).toHaveLength(1);
  expect(channelOf(w.graph, 'actor.numbers')).toMatchObject({ sent: 2, taken: 1, deadLettered: 1 });
  await stopCleanly(w);
});
