import { type ActorHandle, type Channel, defineActor, Graph, input, type InputSpec } from 'holdfast';
import { Simulation } from 'holdfast/testing';
import { expect, test } from 'vitest';

type Handle = ActorHandle<{ readonly in: InputSpec<number> }>;

test('a channel and a handle may be kept in state: they stand for something, and survive a restart as they are', async () => {
  const sim = new Simulation();
  const graph = new Graph({ name: 'references', ports: sim.ports, logLevel: 'silent' });
  const given = graph.channel<{ readonly channel: Channel<number>; readonly handle: Handle }>('given', { capacity: 2 });
  const target = graph.actor(
    'target',
    defineActor({ inputs: { in: input<number>({ capacity: 1 }) }, on: { in() {} } }),
    {},
  );
  const channel = graph.channel<number>('numbers', { capacity: 1 });
  const keeper = graph.actor(
    'keeper',
    defineActor({
      inputs: { given: input<{ readonly channel: Channel<number>; readonly handle: Handle }>() },
      state: () => ({ kept: [] as (Channel<number> | Handle)[] }),
      on: {
        given(message, { state, regeneration }) {
          state.kept.push(message.channel, message.handle);
          if (regeneration === 0) throw new Error('once');
        },
      },
    }),
    { given },
  );
  graph.start();
  given.trySend({ channel, handle: target });
  await sim.settle();
  keeper.kill();
  await sim.settle();
  const { state, regeneration } = graph.snapshot().actors.find(({ name }) => name === 'keeper') ?? {};
  const { kept } = state as { readonly kept: readonly unknown[] };
  expect([regeneration, kept.length, kept[0] === channel, kept[1] === target]).toEqual([2, 2, true, true]);
  graph.requestShutdown();
  await sim.runUntil(graph.stopped());
});
