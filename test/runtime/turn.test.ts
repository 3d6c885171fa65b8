import { defineActor, input, output } from 'holdfast';
import { testActor } from 'holdfast/testing';
import { describe, expect, test } from 'vitest';
import { actorOf, channelOf, collect, world } from './world.ts';

/** Takes a number, sends it on, counts it; fails on the first attempt of each odd number, after having done everything. */
const ports = { inputs: { numbers: input<number>() }, outputs: { copies: output<number>() } };
const state = (): { sum: number; list: number[] } => ({ sum: 0, list: [] });

const syncHandler = defineActor({
  ...ports,
  state,
  on: {
    numbers(value, ctx) {
      ctx.outputs.copies.send(value);
      ctx.state.sum += value;
      ctx.state.list.push(value);
      if (value % 2 === 1 && ctx.attempt === 1) throw new Error('odd');
    },
  },
});

const asyncHandler = defineActor({
  ...ports,
  state,
  on: {
    async numbers(value, ctx) {
      await Promise.resolve();
      ctx.outputs.copies.send(value);
      ctx.state.sum += value;
      await Promise.resolve();
      ctx.state.list.push(value);
      if (value % 2 === 1 && ctx.attempt === 1) throw new Error('odd');
    },
  },
});

const loop = defineActor({
  ...ports,
  state,
  async run(ctx) {
    const { numbers } = ctx.inputs;
    while (ctx.running()) {
      await ctx.next(numbers.avail());
      const value = numbers.take();
      if (value === undefined) continue;
      ctx.outputs.copies.send(value);
      ctx.state.sum += value;
      await Promise.resolve();
      ctx.state.list.push(value);
      if (value % 2 === 1 && ctx.attempt === 1) throw new Error('odd');
    }
  },
});

const fastLoop = defineActor({
  ...ports,
  state,
  async run(ctx) {
    const { numbers } = ctx.inputs;
    while (ctx.running()) {
      const ready = numbers.avail();
      void (ctx.tryNext(ready) ?? (await ctx.next(ready)));
      const value = numbers.take();
      if (value === undefined) continue;
      ctx.outputs.copies.send(value);
      ctx.state.sum += value;
      ctx.state.list.push(value);
      if (value % 2 === 1 && ctx.attempt === 1) throw new Error('odd');
    }
  },
});

describe.each([
  ['a handler', syncHandler],
  ['an asynchronous handler', asyncHandler],
  ['a loop', loop],
  ['a fast loop', fastLoop],
])('a turn of %s that throws', (_, actor) => {
  test.each([1, 2, 64])('leaves takes, sends and state as they were (capacity %i)', async (capacity) => {
    const w = world();
    const numbers = w.graph.channel<number>('numbers', { capacity });
    const copies = w.graph.channel<number>('copies', { capacity });
    w.graph.feed('feed', [1, 2, 3, 4, 5, 7], numbers);
    w.graph.actor('actor', actor, { numbers, copies });
    const arrived = collect(w.graph, copies);
    w.graph.start();
    await w.sim.runUntil(w.graph.stopped());
    expect(arrived).toEqual([1, 2, 3, 4, 5, 7]);
    expect(actorOf(w.graph, 'actor')).toMatchObject({
      failures: 4,
      restarts: 4,
      regeneration: 4,
      state: { sum: 22, list: [1, 2, 3, 4, 5, 7] },
      exit: 'completed',
    });
    expect(channelOf(w.graph, 'numbers')).toMatchObject({ sent: 6, taken: 6, inFlight: 0 });
  });
});

describe.each([
  ['synchronous', false],
  ['asynchronous', true],
])('a turn of a %s source that throws', (_, asynchronous) => {
  const source = defineActor({
    outputs: { numbers: output<number>() },
    state: () => ({ n: 0 }),
    source(ctx) {
      const work = (): 'more' | 'done' => {
        ctx.state.n += 1;
        ctx.outputs.numbers.send(ctx.state.n);
        if (ctx.state.n % 2 === 0 && ctx.attempt === 1) throw new Error('even');
        return ctx.state.n < 6 ? 'more' : 'done';
      };
      return asynchronous ? Promise.resolve().then(work) : work();
    },
  });

  test('sends nothing and forgets what it did to the state, the last turn included', async () => {
    const w = world();
    const numbers = w.graph.channel<number>('numbers', { capacity: 1 });
    w.graph.actor('source', source, { numbers });
    const arrived = collect(w.graph, numbers);
    w.graph.start();
    await w.sim.runUntil(w.graph.stopped());
    expect(arrived).toEqual([1, 2, 3, 4, 5, 6]);
    expect(actorOf(w.graph, 'source')).toMatchObject({ failures: 3, turns: 6, state: { n: 6 } });
  });
});

test('onDrained is one last turn, and is tried again when it fails', async () => {
  const adder = defineActor({
    inputs: { numbers: input<number>() },
    outputs: { totals: output<number>() },
    state: () => ({ total: 0 }),
    on: {
      numbers(value, ctx) {
        ctx.state.total += value;
      },
    },
    onDrained(ctx) {
      ctx.outputs.totals.send(ctx.state.total);
      ctx.state.total = -1;
      if (ctx.attempt < 3) throw new Error('not yet');
    },
  });
  await using actor = testActor(adder);
  actor.send('numbers', 1, 2, 3);
  actor.close();
  const turns = await actor.turns(6);
  expect(turns.map(({ kind }) => kind).slice(3)).toEqual(['failed', 'failed', 'committed']);
  expect(turns.map(({ sent }) => sent.totals)).toEqual([[], [], [], [], [], [6]]);
  expect(actor.state).toEqual({ total: -1 });
  expect(actor.exit).toEqual({ kind: 'completed' });
});

test('the last turn of a source is tried again when it is killed while it waits for room', async () => {
  const source = defineActor({
    outputs: { numbers: output<number>() },
    state: () => ({ n: 0 }),
    source(ctx) {
      ctx.state.n += 1;
      ctx.outputs.numbers.send(ctx.state.n);
      return ctx.state.n < 2 ? 'more' : 'done';
    },
  });
  await using actor = testActor(source, { capacity: 1 });
  await actor.idle();
  expect(actor.phase).toBe('committing');
  actor.kill();
  await actor.idle();
  expect(actor.read('numbers')).toEqual([1]);
  await actor.idle();
  expect(actor.history.map(({ kind }) => kind)).toEqual(['committed', 'killed', 'committed']);
  expect(actor.sent('numbers')).toEqual([1, 2]);
  expect(actor.exit).toEqual({ kind: 'completed' });
});
