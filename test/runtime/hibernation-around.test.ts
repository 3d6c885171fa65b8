/** Whoever knows of an actor finds it as it was, though it has hibernated meanwhile. */
import { type ActorHandle, defineActor, input, output, outputBundle, type OwnInputSpec } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { adder, gotOf, switched } from './degradation-world.ts';
import { actorOf, channelOf, collect, stopCleanly, type World, world } from './world.ts';

type Handle = ActorHandle<{ readonly numbers: OwnInputSpec<number> }>;

/** A synchronous handler has the same context in all its turns, as long as it stays awake: shows who has slept. */
function sleepers(): { readonly definition: typeof definition; readonly contextsOf: (name: string) => number } {
  const contexts = new Map<string, Set<unknown>>();
  const definition = defineActor({
    inputs: { numbers: input<number>({ capacity: 64 }) },
    on: {
      numbers(_, context) {
        contexts.set(context.name, (contexts.get(context.name) ?? new Set()).add(context));
      },
    },
  });
  return { definition, contextsOf: (name) => contexts.get(name)?.size ?? 0 };
}

/** Handlers that sleep whenever they can. */
function sleepyWorld(options: Parameters<typeof world>[0] = {}): World {
  const w = world({ logLevel: 'silent', ...options });
  w.graph.setAwakeMax(0, 0);
  return w;
}

describe('who sleeps', () => {
  test('everybody who rests, where nobody may stay awake', async () => {
    const w = sleepyWorld();
    const { definition, contextsOf } = sleepers();
    const actor = w.graph.actor('actor', definition, {});
    w.graph.start();
    for (let turns = 1; turns <= 3; turns += 1) {
      actor.input('numbers').trySend(turns);
      await w.sim.settle();
      expect(contextsOf('actor')).toBe(turns);
    }
    await stopCleanly(w);
  });

  test('nobody, in a graph of a few actors', async () => {
    const w = world();
    const { definition, contextsOf } = sleepers();
    const handles = Array.from({ length: 20 }, (_, index) => w.graph.actor(`actor ${index}`, definition, {}));
    w.graph.start();
    for (let round = 0; round < 3; round += 1) {
      for (const handle of handles) handle.input('numbers').trySend(round);
      await w.sim.settle();
    }
    expect(handles.map(({ name }) => contextsOf(name))).toEqual(handles.map(() => 1));
    await stopCleanly(w);
  });

  test('all but a few of those that a burst has woken at once, when it is over', async () => {
    const w = world();
    w.graph.setAwakeMax(10, 10);
    const { definition, contextsOf } = sleepers();
    const handles = Array.from({ length: 1_000 }, (_, index) => w.graph.actor(`actor ${index}`, definition, {}));
    w.graph.start();
    const burst = async (): Promise<void> => {
      for (const handle of handles) handle.input('numbers').trySend(1); // nobody has a slice meanwhile
      await w.sim.settle();
    };
    await burst();
    await burst();
    const stayedAwake = handles.filter(({ name }) => contextsOf(name) === 1);
    expect(stayedAwake.length).toBeLessThanOrEqual(20);
    await stopCleanly(w);
  });

  test('not those who are woken again and again, however many others wake between', async () => {
    const w = world();
    w.graph.setAwakeMax(1, 10);
    const { definition, contextsOf } = sleepers();
    const handles = Array.from({ length: 40 }, (_, index) => w.graph.actor(`actor ${index}`, definition, {}));
    w.graph.start();
    const send = async (...indices: readonly number[]): Promise<void> => {
      for (const index of indices) {
        handles[index]?.input('numbers').trySend(1);
        await w.sim.settle();
      }
    };
    await send(0, 1, 2, 0, 1); // the second time soon after the first: from now on they are regulars
    expect([contextsOf('actor 0'), contextsOf('actor 1')]).toEqual([2, 2]);
    for (let other = 3; other < 40; other += 1) await send(other);
    await send(0, 1);
    expect([contextsOf('actor 0'), contextsOf('actor 1')]).toEqual([2, 2]);
    await stopCleanly(w);
  });

  test('nobody who has handed out the signal of a turn that others came after', async () => {
    const w = sleepyWorld();
    const contexts = new Set<unknown>();
    const listener = defineActor({
      inputs: { numbers: input<number>({ capacity: 8 }) },
      on: {
        numbers(_, context) {
          context.signal.addEventListener('abort', () => undefined);
          contexts.add(context);
        },
      },
    });
    const actor = w.graph.actor('actor', listener, {});
    w.graph.start();
    for (const value of [1, 2]) {
      actor.input('numbers').trySend(value);
      await w.sim.settle();
    }
    expect(contexts.size).toBe(1);
    await stopCleanly(w);
  });

  test('the one that has failed only after a turn that went well', async () => {
    const w = sleepyWorld();
    const attempts: number[] = [];
    const contexts = new Set<unknown>();
    const careful = defineActor({
      inputs: { numbers: input<number>({ capacity: 8 }) },
      on: {
        numbers(value, context) {
          attempts.push(context.attempt);
          contexts.add(context);
          if (value === 0 && context.attempt <= 2) throw new Error('not yet');
        },
      },
    });
    const actor = w.graph.actor('actor', careful, {});
    w.graph.start();
    actor.input('numbers').trySend(0);
    await w.sim.advance(10_000);
    actor.input('numbers').trySend(1);
    await w.sim.settle();
    expect(attempts).toEqual([1, 2, 3, 1]);
    expect(contexts.size).toBe(4);
    expect(actorOf(w.graph, 'actor')).toMatchObject({ regeneration: 2, failures: 2, recovery: { count: 1 } });
    await stopCleanly(w);
  });
});

describe('an actor that hibernates', () => {
  test('without state and tables has none in a snapshot, asleep and awake', async () => {
    const w = sleepyWorld();
    const { definition } = sleepers();
    const actor = w.graph.actor('actor', definition, {});
    w.graph.start();
    const seen: unknown[] = [];
    for (const value of [1, 2]) {
      actor.input('numbers').trySend(value);
      await w.sim.settle();
      const { state, tables, phase } = actorOf(w.graph, 'actor');
      seen.push([phase, state, tables]);
    }
    w.graph.setAwakeMax(1, 1);
    actor.input('numbers').trySend(3);
    await w.sim.settle();
    const { state, tables, phase } = actorOf(w.graph, 'actor');
    expect([...seen, [phase, state, tables]]).toEqual(Array.from({ length: 3 }, () => ['idle', {}, {}]));
    await stopCleanly(w);
  });

  test('is held while the graph is degraded, if it is optional, and goes on after', async () => {
    const { w, on, off } = switched({ pauseOptional: true });
    w.graph.setAwakeMax(0, 0);
    const numbers = w.graph.channel<number>('numbers', { capacity: 4 });
    w.graph.actor('optional', adder, { in: numbers }, { optional: true });
    w.graph.start();
    numbers.trySend(1);
    await w.sim.settle();
    expect(actorOf(w.graph, 'optional').phase).toBe('idle');
    await on();
    expect(actorOf(w.graph, 'optional').phase).toBe('held');
    numbers.trySend(2);
    await w.sim.advance(1_000);
    expect([actorOf(w.graph, 'optional').phase, gotOf(w, 'optional')]).toEqual(['held', [1]]);
    await off();
    expect([actorOf(w.graph, 'optional').phase, gotOf(w, 'optional')]).toEqual(['idle', [1, 2]]);
    await on();
    await stopCleanly(w);
    expect(actorOf(w.graph, 'optional')).toMatchObject({ phase: 'ended', exit: 'completed' });
  });

  test('is one and the same for the watchdog', async () => {
    const w = sleepyWorld({ watchdog: true });
    const holders: unknown[] = [];
    const definition = defineActor({
      inputs: { numbers: input<number>({ capacity: 8 }) },
      on: { numbers: () => void holders.push(w.sim.watchdog.holder) },
    });
    const handles = [0, 1].map((index) => w.graph.actor(`actor ${index}`, definition, {}));
    w.graph.start();
    for (let round = 0; round < 50; round += 1) {
      handles[round % 2]?.input('numbers').trySend(round);
      await w.sim.settle();
    }
    const parts = [0, 1].map((index) => ({ kind: 'actor', name: `actor ${index}` }));
    expect(holders).toEqual(Array.from({ length: 50 }, (_, round) => parts[round % 2]));
    expect(w.sim.watchdog.known).toEqual(parts);
    await stopCleanly(w);
    expect(w.sim.watchdog.known).toEqual([]);
  });

  test('is named by what it waits for when it holds a stop', async () => {
    const heldBy = async (awakeMax: number): Promise<unknown> => {
      const w = world({ logLevel: 'silent', shutdownTimeoutMs: 1_000 });
      w.graph.setAwakeMax(awakeMax, awakeMax);
      const [go, more] = ['go', 'more'].map((name) => w.graph.channel<number>(name, { capacity: 4 }));
      if (go === undefined || more === undefined) throw new Error('no channels');
      const definition = defineActor({
        inputs: { go: input<number>() },
        outputs: { more: output<number>() },
        on: { go: () => undefined },
      });
      w.graph.actor('one', definition, { go, more }); // neither closes before the other: a cycle
      w.graph.actor('other', definition, { go: more, more: go });
      w.graph.start();
      for (const channel of [go, more]) channel.trySend(1);
      await w.sim.settle();
      w.graph.requestShutdown();
      return w.sim.runUntil(w.graph.stopped()).catch((error: unknown) => (error as { details: unknown }).details);
    };
    const details = await heldBy(0);
    expect(details).toEqual(await heldBy(10));
    expect(details).toMatchObject({
      holdouts: [
        { name: 'one', heldBy: 'waiting for "go" to close' },
        { name: 'other', heldBy: 'waiting for "more" to close' },
      ],
    });
  });

  test('wakes for a dead letter that is replayed', async () => {
    const w = sleepyWorld();
    const seen: [number, boolean][] = [];
    let isBroken = true;
    const picky = defineActor({
      inputs: { numbers: input<number>({ capacity: 8 }) },
      on: {
        numbers(value, { reject, replayOf }) {
          if (value === 13 && isBroken) reject('not now');
          else seen.push([value, replayOf !== undefined]);
        },
      },
    });
    const actor = w.graph.actor('actor', picky, {});
    w.graph.start();
    for (const value of [1, 13, 2]) {
      actor.input('numbers').trySend(value);
      await w.sim.settle();
    }
    isBroken = false;
    const replaying = w.graph.deadLetters.replay({});
    await w.sim.settle();
    expect((await replaying).replayed).toHaveLength(1);
    expect(seen).toEqual([
      [1, false],
      [2, false],
      [13, true],
    ]);
    await stopCleanly(w);
  });

  test('leaves no timer, of a deadline or a batch, when the graph has stopped', async () => {
    const w = sleepyWorld();
    const patient = defineActor({
      inputs: { numbers: input<number>({ capacity: 8 }) },
      on: { numbers: async () => Promise.resolve() },
    });
    const batches: (readonly number[])[] = [];
    const batcher = defineActor({
      inputs: { numbers: input<number>({ capacity: 8, batch: { size: 2, timeoutMs: 60_000 } }) },
      on: { numbers: (batch) => void batches.push(batch) },
    });
    const handles = [
      w.graph.actor('patient', patient, {}, { turnTimeoutMs: 60_000 }),
      w.graph.actor('batcher', batcher, {}),
    ];
    w.graph.start();
    for (const value of [1, 2, 3]) {
      for (const handle of handles) handle.input('numbers').trySend(value);
      await w.sim.settle();
    }
    expect(batches).toEqual([[1, 2]]);
    await w.sim.advance(60_000);
    expect(batches).toEqual([[1, 2], [3]]);
    for (const handle of handles) handle.input('numbers').trySend(4);
    await stopCleanly(w);
    expect(batches).toEqual([[1, 2], [3], [4]]);
    expect(w.sim.clock.pending).toBe(0);
  });

  test('waits for no deadline: a timer would keep alive what was given up', async () => {
    const pendingAfterATurn = async (awakeMax: number): Promise<number> => {
      const w = world();
      w.graph.setAwakeMax(awakeMax, awakeMax);
      const patient = defineActor({
        inputs: { numbers: input<number>({ capacity: 8 }) },
        on: { numbers: async () => Promise.resolve() },
      });
      const actor = w.graph.actor('actor', patient, {}, { turnTimeoutMs: 60_000 });
      w.graph.start();
      actor.input('numbers').trySend(1);
      await w.sim.settle();
      const { pending } = w.sim.clock;
      await stopCleanly(w);
      return pending;
    };
    expect([await pendingAfterATurn(0), await pendingAfterATurn(1)]).toEqual([0, 1]);
  });

  test('goes on where its output bundle left off', async () => {
    const w = sleepyWorld();
    const lanes = w.graph.bundle<number>('lanes', { lanes: 3, capacity: 8 });
    const spreader = defineActor({
      inputs: { numbers: input<number>({ capacity: 8 }) },
      outputs: { lanes: outputBundle<number>({ route: 'roundRobin' }) },
      on: {
        numbers: (value, { outputs }) => outputs.lanes.send(value),
      },
    });
    const actor = w.graph.actor('actor', spreader, { lanes });
    const arrived = lanes.map((lane) => collect(w.graph, lane));
    w.graph.start();
    for (let value = 0; value < 9; value += 1) {
      actor.input('numbers').trySend(value);
      await w.sim.settle();
    }
    expect(arrived).toEqual([
      [0, 3, 6],
      [1, 4, 7],
      [2, 5, 8],
    ]);
    await stopCleanly(w);
  });

  test('has its restarts counted, however often it slept between them', async () => {
    const w = sleepyWorld({ actorDefaults: { maxRestarts: 3, periodMs: 60_000, showstopperAfter: 1 } });
    const fragile = defineActor({
      inputs: { numbers: input<number>({ capacity: 8 }) },
      on: {
        numbers(value) {
          if (value < 0) throw new Error('negative');
        },
      },
    });
    const actor: Handle = w.graph.actor('actor', fragile, {});
    w.graph.start();
    for (let failures = 1; failures <= 4; failures += 1) {
      for (const value of [-1, 1]) {
        actor.input('numbers').trySend(value);
        await w.sim.advance(100);
      }
      expect(w.graph.status === 'running').toBe(failures < 4);
    }
    await expect(w.sim.runUntil(w.graph.stopped())).rejects.toMatchObject({ code: 'ERR_RESTART_LIMIT' });
  });

  test('takes turns at its inputs where it left off', async () => {
    const orderOf = async (awakeMax: number): Promise<string[]> => {
      const w = world();
      w.graph.setAwakeMax(awakeMax, awakeMax);
      const order: string[] = [];
      const fair = defineActor({
        inputs: {
          a: input<number>({ capacity: 8 }),
          b: input<number>({ capacity: 8 }),
          c: input<number>({ capacity: 8 }),
        },
        on: {
          a: (value) => void order.push(`a${value}`),
          b: (value) => void order.push(`b${value}`),
          c: (value) => void order.push(`c${value}`),
        },
      });
      const actor = w.graph.actor('actor', fair, {});
      w.graph.start();
      for (let round = 0; round < 4; round += 1) {
        actor.input(round % 2 === 0 ? 'a' : 'b').trySend(round);
        await w.sim.settle(); // now it sleeps, and remembers whose turn it is
        for (const port of ['a', 'b', 'c'] as const) actor.input(port).trySend(round);
        await w.sim.settle();
      }
      await stopCleanly(w);
      return order;
    };
    expect(await orderOf(0)).toEqual(await orderOf(10));
  });

  test('keeps its place for senders that wait for room, and its counters', async () => {
    const w = sleepyWorld();
    const got: number[] = [];
    const definition = defineActor({
      inputs: { numbers: input<number>({ capacity: 1 }) },
      on: { numbers: (value) => void got.push(value) },
    });
    const actor = w.graph.actor('actor', definition, {});
    w.graph.start();
    for (let round = 0; round < 5; round += 1) {
      const sends = Array.from({ length: 10 }, (_, index) => actor.input('numbers').send(round * 10 + index));
      await w.sim.runUntil(Promise.all(sends));
      await w.sim.settle();
    }
    expect(got).toEqual(Array.from({ length: 50 }, (_, index) => index));
    expect(channelOf(w.graph, 'actor.numbers')).toMatchObject({ sent: 50, taken: 50, highestFill: 1 });
    expect(actorOf(w.graph, 'actor').turns).toBe(50);
    await stopCleanly(w);
  });
});
