/** The bound of the dead letters, and who waits for it. */
import type { Graph } from 'holdfast';
import { defineActor, input, output } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { channelOf, stopCleanly, type World, world } from './world.ts';

/** Takes a number from each channel in one turn, rejects that of `junk`, and sends the other on. */
const passing = defineActor({
  inputs: { junk: input<number>(), work: input<number>() },
  outputs: { out: output<number>() },
  async run({ inputs: { junk, work }, outputs: { out }, running, next, all }) {
    while (running()) {
      await next(all(junk.avail(), work.avail()));
      if (junk.take() !== undefined) junk.reject('junk');
      const number = work.take();
      if (number !== undefined) out.send(number);
    }
  },
});

/** Rejects as many as come, up to three, in one turn. */
const refusing = defineActor({
  inputs: { numbers: input<number>() },
  async run({ inputs: { numbers }, running, next }) {
    while (running()) {
      await next(numbers.avail());
      while (numbers.take() !== undefined) numbers.reject('refused');
    }
  },
});

const payloads = (graph: Graph): unknown[] => graph.deadLetters.list().map(({ payload }) => payload);

describe('a cycle of full channels whose turns reject as well', () => {
  async function cycle(capacity: number): Promise<World> {
    const w = world({ deadLetters: { capacity } });
    const one = { capacity: 1 };
    const [left, right] = [w.graph.channel<number>('left', one), w.graph.channel<number>('right', one)];
    const [a, b] = [w.graph.channel<number>('junk a', one), w.graph.channel<number>('junk b', one)];
    const letter = w.graph.channel<number>('letter', { capacity: 3 });
    w.graph.actor('a', passing, { junk: a, work: left, out: right });
    w.graph.actor('b', passing, { junk: b, work: right, out: left });
    w.graph.actor('refusing', refusing, { numbers: letter });
    w.graph.start();
    letter.trySend(1);
    await w.sim.settle();
    for (const channel of [left, right, a, b]) channel.trySend(2);
    await w.sim.settle();
    return w;
  }

  test('commits as one group where all of their dead letters fit', async () => {
    const w = await cycle(3);
    expect(payloads(w.graph)).toEqual([1, 2, 2]);
    expect([channelOf(w.graph, 'left').taken, channelOf(w.graph, 'right').taken]).toEqual([1, 1]);
  });

  test('waits where only each alone would fit, until there is room for all', async () => {
    const w = await cycle(2);
    expect(payloads(w.graph)).toEqual([1]);
    expect([channelOf(w.graph, 'left').taken, channelOf(w.graph, 'right').taken]).toEqual([0, 0]);
    w.graph.deadLetters.discard(() => true);
    await w.sim.settle();
    expect(payloads(w.graph)).toEqual([2, 2]);
    expect([channelOf(w.graph, 'left').taken, channelOf(w.graph, 'right').taken]).toEqual([1, 1]);
  });
});

test('nobody overtakes a turn that waits for more room than there is', async () => {
  const w = world({ deadLetters: { capacity: 4 } });
  const many = w.graph.channel<number>('many', { capacity: 3 });
  const few = w.graph.channel<number>('few', { capacity: 3 });
  const broken = w.graph.channel<number>('broken', { capacity: 1 });
  w.graph.actor('many', refusing, { numbers: many });
  w.graph.actor('few', refusing, { numbers: few });
  w.graph.sink('broken', broken, () => Promise.reject(new Error('broken')), { showstopperAfter: 1 });
  w.graph.start();
  for (const number of [1, 2]) few.trySend(number);
  await w.sim.settle();
  for (const number of [3, 4, 5]) many.trySend(number);
  await w.sim.settle();
  expect(payloads(w.graph)).toEqual([1, 2]);
  few.trySend(6);
  broken.trySend(7);
  await w.sim.settle();
  expect(payloads(w.graph)).toEqual([1, 2]);
  w.graph.deadLetters.discard(({ payload }) => payload === 1);
  await w.sim.settle();
  expect(payloads(w.graph)).toEqual([2, 3, 4, 5]);
  w.graph.deadLetters.discard(() => true);
  await w.sim.settle();
  expect(payloads(w.graph)).toEqual([6, 7]);
  await stopCleanly(w);
});

describe('a store that fills', () => {
  const oneByOne = defineActor({
    inputs: { numbers: input<number>() },
    on: { numbers: (_, { reject }) => reject('refused') },
  });

  const sizes = ({ events }: World): unknown[] =>
    events.flatMap((event) => (event.kind === 'deadLettersFilling' ? [event.size] : []));

  async function filled(count: number): Promise<World> {
    const w = world({ deadLetters: { capacity: 20 } });
    const numbers = w.graph.channel<number>('numbers', { capacity: 64 });
    w.graph.actor('refusing', oneByOne, { numbers });
    w.graph.start();
    for (let number = 0; number < count; number += 1) {
      numbers.trySend(number);
      await w.sim.settle();
    }
    return w;
  }

  test('says so at 80 % and when it is full, each once', async () => {
    const w = await filled(25);
    expect(sizes(w)).toEqual([16, 20]);
    expect(w.graph.snapshot().deadLetters.kept).toBe(20);
  });

  test('says it again only when it was well below in between', async () => {
    const w = await filled(30);
    w.graph.deadLetters.discard({ id: 1 });
    await w.sim.settle();
    expect(w.graph.snapshot().deadLetters).toMatchObject({ kept: 20, total: 21 });
    expect(sizes(w)).toEqual([16, 20]);
    w.graph.deadLetters.discard(({ id }) => id <= 4);
    await w.sim.settle();
    expect(w.graph.snapshot().deadLetters).toMatchObject({ kept: 20, total: 24 });
    expect(sizes(w)).toEqual([16, 20, 20]);
    w.graph.deadLetters.discard({});
    await w.sim.settle();
    expect(w.graph.snapshot().deadLetters).toMatchObject({ kept: 6, total: 30 });
    expect(sizes(w)).toEqual([16, 20, 20]);
    await stopCleanly(w);
  });
});
