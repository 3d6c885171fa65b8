/** Limits that failures lower and quiet times restore, on real actors. */
import { expect, test } from 'vitest';
import { args, defineActor, Graph, input, type ShrinkingLimit, shrinkingLimit } from '../../src/index.ts';
import { Simulation } from '../../src/testing/index.ts';

const executor = defineActor({
  inputs: { mailbox: input<'work' | 'crash' | 'exit'>({ capacity: 8 }) },
  on: {
    mailbox(order, { exit }) {
      if (order === 'crash') throw new Error('the exchange is down');
      if (order === 'exit') exit();
    },
  },
});

/** Goes by the limit, which it has as an argument. */
const risk = defineActor({
  inputs: { mailbox: input<number>({ capacity: 8 }) },
  args: args<{ readonly limit: ShrinkingLimit }>(),
  state: () => ({ accepted: 0, refused: 0 }),
  on: {
    mailbox(quantity, { args: { limit }, nowMs, state }) {
      if (quantity > limit.valueAt(nowMs())) state.refused += 1;
      else state.accepted += 1;
    },
  },
});

test('B14: failures of a child lower a limit step by step, to its least, and quiet times restore it', async () => {
  const sim = new Simulation();
  const graph = new Graph({ name: 'desk', ports: sim.ports, logLevel: 'silent' });
  const lowered: string[] = [];
  graph.subscribe((event) => {
    if (event.kind === 'limitLowered') lowered.push(`${event.actor} ${event.value}`);
  });
  const limit = shrinkingLimit({ full: 10_000, min: 2_500, factor: 0.5, failures: 1, restoreAfterMs: 1_000 });
  const desk = graph.supervisor('desk', { maxRestarts: 100 }, (builder) => ({
    executor: builder.spawn('executor', executor, {}, { showstopperAfter: 1, lowers: limit }),
    risk: builder.spawn('risk', risk, {}, { args: { limit } }),
  }));
  const fits = async (quantity: number): Promise<boolean> => {
    const before = graph.snapshot().actors[1]?.state as { readonly accepted: number } | undefined;
    desk.risk.tryCast(quantity);
    await sim.settle();
    const after = graph.snapshot().actors[1]?.state as { readonly accepted: number };
    return after.accepted > (before?.accepted ?? 0);
  };
  graph.start();
  await sim.settle();
  expect(await fits(10_000)).toBe(true);
  for (const expected of [5_000, 2_500, 2_500]) {
    desk.executor.tryCast('crash');
    await sim.settle();
    expect([await fits(expected), await fits(expected + 1)]).toEqual([true, false]);
  }
  desk.executor.tryCast('exit'); // by its own wish: no failure
  await sim.advance(999);
  expect(await fits(2_501)).toBe(false);
  await sim.advance(1);
  expect([await fits(5_000), await fits(5_001)]).toEqual([true, false]);
  await sim.advance(1_000);
  expect(await fits(10_000)).toBe(true);
  expect(lowered).toEqual(['desk/executor 5000', 'desk/executor 2500']);
  graph.requestShutdown();
  await sim.runUntil(graph.stopped());
});

test('B14: each failed attempt at one message lowers it', async () => {
  const sim = new Simulation();
  const graph = new Graph({ name: 'desk', ports: sim.ports, logLevel: 'silent' });
  const limit = shrinkingLimit({ full: 8, min: 1 });
  const ref = graph.spawn('a', executor, {}, { showstopperAfter: 3, lowers: limit });
  graph.start();
  ref.tryCast('crash');
  await sim.advance(1_000);
  expect(limit.valueAt(sim.clock.nowMs())).toBe(1);
  graph.requestShutdown();
  await sim.runUntil(graph.stopped());
});

test('B14: a temporary child lowers it as well, and what is no limit is refused', async () => {
  const sim = new Simulation();
  const graph = new Graph({ name: 'desk', ports: sim.ports, logLevel: 'silent' });
  const limit = shrinkingLimit({ full: 8, min: 1 });
  expect(() => graph.spawn('a', executor, {}, { lowers: 8 as never })).toThrow(/lowers must be a limit/);
  expect(() => shrinkingLimit({ full: 1, min: 2 })).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }));
  const { a } = graph.supervisor('s', {}, (builder) => ({
    a: builder.spawn('a', executor, {}, { restart: 'temporary', lowers: limit }),
    b: builder.spawn('b', executor),
  }));
  graph.start();
  a.tryCast('crash');
  await sim.settle();
  expect(limit.valueAt(sim.clock.nowMs())).toBe(4);
  graph.requestShutdown();
  await sim.runUntil(graph.stopped());
});
