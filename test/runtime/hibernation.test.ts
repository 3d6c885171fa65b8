/** A handler with nothing to do is given up and made anew for its next message: nobody must be able to tell. */
import { defineActor, type GraphEvent, input, type OwnInputSpec, output, table } from 'holdfast';
import type { ActorHandle } from 'holdfast';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { actorOf, channelOf, collect, stopCleanly, type World, world } from './world.ts';

type Handle = ActorHandle<{ readonly numbers: OwnInputSpec<number> }>;

/** Adds up; fails at a 13 as often as its digits of attempts say, and passes on what it has. */
const adder = defineActor({
  inputs: { numbers: input<number>({ capacity: 8 }) },
  outputs: { sums: output<string>() },
  state: () => ({ sum: 0, nested: { seen: [] as number[] } }),
  tables: { counts: table<number, number>() },
  on: {
    numbers(value, { name, state, tables, outputs, attempt, regeneration, turnId, messageId, reject }) {
      if (value === 13 && attempt === 1) throw new Error('unlucky');
      if (value === 14) return reject('never');
      state.sum += value;
      state.nested.seen.push(value);
      tables.counts.set(value, (tables.counts.get(value) ?? 0) + 1);
      // The run's own id is random.
      const ids = [turnId, messageId].map((id) => id?.slice(id.indexOf('/')));
      outputs.sums.send(`${name} ${state.sum} ${tables.counts.get(value)} ${attempt} ${regeneration} ${ids.join()}`);
    },
  },
});

interface Crowd extends World {
  readonly handles: readonly Handle[];
  readonly arrived: readonly string[];
}

function crowd(size: number, awakeMax: number | undefined, definition: typeof adder = adder): Crowd {
  const w = world({ actorDefaults: { maxRestarts: Infinity } });
  if (awakeMax !== undefined) w.graph.setAwakeMax(awakeMax, 0);
  const sums = w.graph.channel<string>('sums', { capacity: 4 });
  const handles = Array.from({ length: size }, (_, index) => w.graph.actor(`actor ${index}`, definition, { sums }));
  const arrived = collect(w.graph, sums);
  w.graph.start();
  return { ...w, handles, arrived };
}

/** One after the other, each at rest before the next one is sent: time enough to sleep in between. */
async function play(w: Crowd, messages: readonly (readonly [number, number])[]): Promise<void> {
  for (const [actor, value] of messages) {
    w.handles[actor]?.input('numbers').trySend(value);
    await w.sim.advance(0);
  }
}

/** All that can be seen of a graph, but for the time that was spent. */
function seen({ graph, arrived, events }: Crowd) {
  const { actors, channels } = graph.snapshot();
  const told = events.map((event: GraphEvent) =>
    event.kind === 'failed' ? { ...event, exit: event.exit.kind } : event,
  );
  return {
    arrived,
    channels,
    actors: actors.map((actor) => ({ ...actor, busyMs: 0 })),
    kinds: told.map(({ kind }) => kind),
  };
}

describe('an actor that hibernates between its messages', () => {
  test('is the same from outside as one that stays awake', async () => {
    const message = fc.tuple(fc.nat(3), fc.constantFrom(1, 2, 3, 13, 14));
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 30 }), async (messages) => {
        const [sleepy, wakeful] = [crowd(4, 0), crowd(4, undefined)];
        await play(sleepy, messages);
        await play(wakeful, messages);
        expect(seen(sleepy)).toEqual(seen(wakeful));
        await stopCleanly(sleepy);
        await stopCleanly(wakeful);
        expect(seen(sleepy)).toEqual(seen(wakeful));
      }),
      { numRuns: 60 },
    );
  });

  test('is idle in a snapshot, with its state, tables and counters', async () => {
    const w = crowd(2, 0);
    await play(w, [
      [0, 5],
      [1, 1],
      [0, 7],
      [1, 1],
    ]);
    expect(actorOf(w.graph, 'actor 0')).toMatchObject({
      phase: 'idle',
      turns: 2,
      regeneration: 0,
      state: { sum: 12, nested: { seen: [5, 7] } },
      tableSizes: { counts: 2 },
    });
  });

  test('can be killed: it comes back with its state, one regeneration on', async () => {
    const w = crowd(2, 0);
    await play(w, [
      [0, 5],
      [1, 1],
    ]);
    w.handles[0]?.kill();
    await w.sim.advance(0);
    expect(actorOf(w.graph, 'actor 0')).toMatchObject({ regeneration: 1, restarts: 1, failures: 1 });
    await play(w, [
      [1, 1], // time for the first one to sleep, if it may before its next turn
      [0, 7],
      [1, 1],
      [0, 14],
    ]);
    expect(actorOf(w.graph, 'actor 0')).toMatchObject({ turns: 3, state: { sum: 12 }, recovery: { count: 1 } });
    expect(w.graph.deadLetters.list().map(({ regeneration }) => regeneration)).toEqual([1]);
    await stopCleanly(w);
  });

  test('ends with its channel, whatever it sleeps through, and closes its outputs', async () => {
    const w = crowd(3, 0);
    await play(w, [
      [0, 1],
      [1, 1],
      [2, 1],
    ]);
    for (const handle of w.handles) handle.input('numbers').close();
    await w.sim.advance(0);
    expect(w.graph.snapshot().actors.map(({ phase, exit, turns }) => [phase, exit, turns])).toEqual(
      Array.from({ length: 3 }, () => ['ended', 'completed', 1]),
    );
    expect(channelOf(w.graph, 'sums').closed).toBe(true);
    await stopCleanly(w);
    expect(w.events.filter(({ kind }) => kind === 'ended')).toHaveLength(3);
  });

  test('has its last turn when its inputs are drained', async () => {
    const w = world();
    w.graph.setAwakeMax(0, 0);
    const last: string[] = [];
    const farewell = defineActor({
      inputs: { numbers: input<number>({ capacity: 8 }) },
      state: () => ({ sum: 0 }),
      on: {
        numbers(value, { state }) {
          state.sum += value;
        },
      },
      onDrained({ name, state }) {
        last.push(`${name} ${state.sum}`);
      },
    });
    const handles = [0, 1, 2].map((index) => w.graph.actor(`actor ${index}`, farewell, {}));
    w.graph.start();
    for (const handle of handles) {
      handle.input('numbers').trySend(4);
      await w.sim.settle();
    }
    await stopCleanly(w);
    expect(last).toEqual(['actor 0 4', 'actor 1 4', 'actor 2 4']);
  });

  test('is stopped at the deadline with the others, and what is sent to it then is dead', async () => {
    const w = world({ shutdownTimeoutMs: 1_000 });
    w.graph.setAwakeMax(0, 0);
    const told = w.graph.channel<string>('told', { capacity: 8 });
    const quiet = defineActor({ inputs: { told: input<string>() }, on: { told() {} } });
    const chatty = defineActor({ inputs: { own: input<string>({ capacity: 8 }) }, on: { own() {} } });
    const stubborn = defineActor({
      outputs: { told: output<string>() },
      async run({ outputs, next, after }) {
        outputs.told.send('the only one');
        for (;;) await next(after(100)); // whatever anybody asks
      },
    });
    w.graph.actor('quiet', quiet, { told });
    const other = w.graph.actor('chatty', chatty, {});
    w.graph.actor('stubborn', stubborn, { told });
    w.graph.start();
    await w.sim.settle();
    other.input('own').trySend('so that quiet goes to sleep');
    await w.sim.settle();
    w.graph.requestShutdown();
    await expect(w.sim.runUntil(w.graph.stopped())).rejects.toMatchObject({ code: 'ERR_STOPPED_UNCLEANLY' });
    expect(actorOf(w.graph, 'quiet')).toMatchObject({ phase: 'ended', exit: 'shutdown', turns: 1 });
    w.graph.checkConservation();
  });

  test('goes on asynchronously where it was asynchronous, one context a turn', async () => {
    const w = world();
    w.graph.setAwakeMax(0, 0);
    const refused: unknown[] = [];
    let leftover = (): void => {};
    const moody = defineActor({
      inputs: { numbers: input<number>({ capacity: 8 }) },
      outputs: { out: output<number>() },
      on: {
        numbers(value, { outputs }) {
          if (value === 0) return Promise.resolve();
          leftover = () => outputs.out.send(-value);
          outputs.out.send(value);
          return value === 2 ? Promise.resolve().then(leftover) : undefined;
        },
      },
    });
    const out = w.graph.channel<number>('out', { capacity: 8 });
    const [first, second] = [0, 1].map((index) => w.graph.actor(`actor ${index}`, moody, { out }));
    const arrived = collect(w.graph, out);
    w.graph.start();
    for (const value of [0, 1, 2]) {
      first?.input('numbers').trySend(value);
      await w.sim.settle();
      second?.input('numbers').trySend(0);
      await w.sim.settle();
      try {
        leftover();
      } catch (error) {
        refused.push((error as { readonly code: string }).code);
      }
    }
    expect(arrived).toEqual([1, 2, -2]);
    expect(refused).toEqual(['ERR_FENCED', 'ERR_FENCED']);
    await stopCleanly(w);
  });

  test('keeps the signal that a turn was given: it aborts when the actor is killed', async () => {
    const w = world();
    w.graph.setAwakeMax(0, 0);
    const signals: AbortSignal[] = [];
    const listener = defineActor({
      inputs: { numbers: input<number>({ capacity: 8 }) },
      on: {
        numbers(_, { signal }) {
          signals.push(signal);
        },
      },
    });
    const [first, second] = [0, 1].map((index) => w.graph.actor(`actor ${index}`, listener, {}));
    w.graph.start();
    first?.input('numbers').trySend(1);
    await w.sim.settle();
    second?.input('numbers').trySend(1);
    await w.sim.settle();
    first?.kill();
    await w.sim.settle();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    await stopCleanly(w);
  });

  test('keeps an output that it has closed closed, once', async () => {
    const w = world();
    w.graph.setAwakeMax(0, 0);
    const closer = defineActor({
      inputs: { numbers: input<number>({ capacity: 8 }) },
      outputs: { out: output<number>() },
      on: {
        numbers(value, { outputs }) {
          if (value === 0) outputs.out.close();
          else outputs.out.send(value);
        },
      },
    });
    const out = w.graph.channel<number>('out', { capacity: 8 });
    const [first, second] = [0, 1].map((index) => w.graph.actor(`actor ${index}`, closer, { out }));
    const arrived = collect(w.graph, out);
    w.graph.start();
    first?.input('numbers').trySend(0);
    await w.sim.settle();
    second?.input('numbers').trySend(1);
    await w.sim.settle();
    first?.input('numbers').close(); // it ends, long after its output
    await w.sim.settle();
    expect(channelOf(w.graph, 'out').closed).toBe(false);
    second?.input('numbers').trySend(2);
    await stopCleanly(w);
    expect(arrived).toEqual([1, 2]);
  });

  test('answers for what its earlier turns have left running, until it is restarted', async () => {
    const w = world({ trackStray: true });
    w.graph.setAwakeMax(0, 0);
    const gates: (() => void)[] = [];
    const careless = defineActor({
      inputs: { numbers: input<number>({ capacity: 8 }) },
      on: {
        numbers(value, { name }) {
          const gate = new Promise<void>((resolve) => gates.push(resolve));
          void gate.then(() => w.sim.host.strayError(new Error(`${name} ${value}`)));
        },
      },
    });
    const [first, second] = [0, 1].map((index) => w.graph.actor(`actor ${index}`, careless, {}));
    const done = w.graph.run();
    for (const value of [1, 2]) {
      first?.input('numbers').trySend(value);
      await w.sim.settle();
      second?.input('numbers').trySend(value);
      await w.sim.settle();
    }
    gates[0]?.(); // of the first actor, which sleeps
    await w.sim.settle();
    expect(actorOf(w.graph, 'actor 0')).toMatchObject({ phase: 'idle', regeneration: 1, failures: 1, turns: 2 });
    gates[2]?.(); // of the incarnation before
    await w.sim.settle();
    expect(actorOf(w.graph, 'actor 0')).toMatchObject({ regeneration: 1, failures: 1 });
    gates[1]?.();
    await w.sim.settle();
    expect(actorOf(w.graph, 'actor 1')).toMatchObject({ regeneration: 1, failures: 1 });
    w.graph.requestShutdown();
    await w.sim.runUntil(done);
  });
});
