/** Defects that the attacks found, or were written to find, each as small as it gets. */
import { defineActor, Graph, type GraphOptions, input, output } from 'holdfast';
import { Simulation } from 'holdfast/testing';
import { describe, expect, test } from 'vitest';
import { checkInvariants, leftovers, silent } from './support.ts';

function world(options: Partial<GraphOptions> = {}): { sim: Simulation; graph: Graph } {
  const sim = new Simulation();
  const graph = new Graph({ name: 'test', log: silent, ports: sim.ports, ...options });
  return { sim, graph };
}

const collector = (capacity?: number) =>
  defineActor({
    inputs: { in: input<number>(capacity === undefined ? {} : { capacity }) },
    state: () => ({ got: [] as number[] }),
    on: {
      in: (message, { state }) => {
        state.got.push(message);
      },
    },
  });

const stateOf = (graph: Graph, actor: string): unknown =>
  graph.snapshot().actors.find(({ name }) => name === actor)?.state;

describe('the last turn', () => {
  test('of a source comes again when it was rolled back', async () => {
    const { sim, graph } = world();
    const numbers = graph.channel<number>('numbers', { capacity: 4 });
    const source = defineActor({
      outputs: { numbers: output<number>() },
      source: ({ outputs, regeneration }) => {
        outputs.numbers.send(1);
        if (regeneration === 0) handle.kill();
        return 'done';
      },
    });
    const handle = graph.actor('source', source, { numbers });
    graph.actor('collector', collector(), { in: numbers });
    graph.setProbe((point, actor) => {
      if (point === 'commit:decided' && actor === 'source' && once()) throw new Error('injected');
    });
    const once = first();
    graph.start();
    await sim.runUntil(graph.stopped());
    expect(stateOf(graph, 'collector')).toEqual({ got: [1] });
  });

  test('of a drained handler comes again when it was rolled back, and not when it was committed', async () => {
    for (const phase of ['commit:decided', 'commit:published'] as const) {
      const { sim, graph } = world();
      const numbers = graph.channel<number>('numbers', { capacity: 1 });
      const totals = graph.channel<number>('totals', { capacity: 1 });
      const adder = defineActor({
        inputs: { numbers: input<number>() },
        outputs: { totals: output<number>() },
        state: () => ({ total: 0 }),
        on: {
          numbers: (number, { state }) => {
            state.total += number;
          },
        },
        onDrained: ({ state, outputs }) => outputs.totals.send(state.total),
      });
      const handle = graph.actor('adder', adder, { numbers, totals });
      graph.actor('collector', collector(), { in: totals });
      const once = first();
      graph.setProbe((point, actor) => {
        if (point !== phase || actor !== 'adder' || graph.snapshot().channels[0]?.closed !== true || !once()) return;
        if (phase === 'commit:decided') throw new Error('injected');
        handle.kill();
      });
      graph.start();
      numbers.trySend(7);
      await sim.settle();
      numbers.close();
      await sim.runUntil(graph.stopped());
      expect(stateOf(graph, 'collector')).toEqual({ got: [7] });
    }
  });
});

function first(): () => boolean {
  let done = false;
  return () => {
    const isFirst = !done;
    done = true;
    return isFirst;
  };
}

/** Tokens that go round, each until it has made its hops; all mailboxes are full from the start. */
function ring(style: 'handler' | 'loop' | 'mixed', size: number, capacity: number, hops: number) {
  const { sim, graph } = world({ actorDefaults: { maxRestarts: 0, showstopperAfter: 1 } });
  const channels = Array.from({ length: size }, (_, index) => graph.channel<number>(`c${index}`, { capacity }));
  const handler = defineActor({
    inputs: { in: input<number>() },
    outputs: { out: output<number>() },
    on: {
      in: (left, { outputs }) => {
        if (left > 0) outputs.out.send(left - 1);
      },
    },
  });
  const loop = defineActor({
    inputs: { in: input<number>() },
    outputs: { out: output<number>() },
    run: async ({ inputs, outputs, running, next }) => {
      while (running()) {
        await next(inputs.in.avail());
        const left = inputs.in.take();
        if (left !== undefined && left > 0) outputs.out.send(left - 1);
      }
    },
  });
  for (const [index, channel] of channels.entries()) {
    const next = channels[(index + 1) % size];
    const definition = style === 'handler' || (style === 'mixed' && index % 2 === 0) ? handler : loop;
    if (next !== undefined) graph.actor(`a${index}`, definition, { in: channel, out: next });
    for (let count = 0; count < capacity; count += 1) channel.trySend(hops);
  }
  return { sim, graph, tokens: size * capacity };
}

describe('cycles', () => {
  for (const style of ['handler', 'loop', 'mixed'] as const) {
    for (const [size, capacity] of [
      [1, 1],
      [1, 3],
      [2, 1],
      [2, 2],
      [3, 1],
      [5, 2],
    ] as const) {
      test(`a full ring of ${size} ${style} actors at capacity ${capacity} stays alive`, async () => {
        const { sim, graph, tokens } = ring(style, size, capacity, 1_000);
        graph.start();
        await sim.settle();
        checkInvariants(graph);
        const { actors, channels } = graph.snapshot();
        expect(channels.map(({ inFlight }) => inFlight)).toEqual(channels.map(() => 0));
        expect(actors.map(({ failures }) => failures)).toEqual(actors.map(() => 0));
        expect(actors.reduce((sum, { turns }) => sum + turns, 0)).toBeGreaterThanOrEqual(tokens * 1_001);
      });
    }
  }

  test('an actor that casts to itself at capacity 1 does not wait for itself, whoever waits before it', async () => {
    const { sim, graph } = world({ actorDefaults: { maxRestarts: 0 } });
    const own = graph.channel<number>('own', { capacity: 1 });
    const done = graph.channel<number>('done', { capacity: 1 });
    const counter = defineActor({
      inputs: { in: input<number>() },
      outputs: { out: output<number>(), done: output<number>() },
      on: { in: (left, { outputs }) => (left > 0 ? outputs.out.send(left - 1) : outputs.done.send(0)) },
    });
    graph.actor('counter', counter, { in: own, out: own, done });
    graph.actor('collector', collector(), { in: done });
    graph.start();
    const sends = Array.from({ length: 5 }, (_, index) => own.send(index * 300));
    await sim.settle();
    await Promise.all(sends);
    expect(stateOf(graph, 'collector')).toEqual({ got: [0, 0, 0, 0, 0] });
    checkInvariants(graph);
  });
});

describe('dead letters', () => {
  test('are bounded for rejections as well: the actor waits until there is room', async () => {
    const { sim, graph } = world({ deadLetters: { capacity: 2 } });
    const numbers = graph.channel<number>('numbers', { capacity: 10 });
    const refuser = defineActor({
      inputs: { in: input<number>() },
      on: { in: (_number, { reject }) => reject('no') },
    });
    graph.actor('refuser', refuser, { in: numbers });
    graph.start();
    for (let count = 0; count < 10; count += 1) numbers.trySend(count);
    await sim.settle();
    expect(graph.deadLetters.list().map(({ payload }) => payload)).toEqual([0, 1]);
    graph.deadLetters.discard(({ payload }) => payload === 0);
    await sim.settle();
    expect(graph.deadLetters.list().map(({ payload }) => payload)).toEqual([1, 2]);
    graph.requestShutdown();
    await sim.runUntil(graph.stopped());
    expect(graph.deadLetters.total).toBe(10);
  });

  test('let all go that wait for room, when the graph stops', async () => {
    const { sim, graph } = world({ deadLetters: { capacity: 1 } });
    const refuser = defineActor({
      inputs: { in: input<number>() },
      on: { in: (_number, { reject }) => reject('no') },
    });
    for (const name of ['a', 'b', 'c', 'd']) {
      const numbers = graph.channel<number>(name, { capacity: 4 });
      graph.actor(`refuser ${name}`, refuser, { in: numbers });
      for (let count = 0; count < 4; count += 1) numbers.trySend(count);
    }
    graph.start();
    await sim.settle();
    expect(graph.deadLetters.total).toBe(1);
    graph.requestShutdown();
    await sim.runUntil(graph.stopped({ timeoutMs: 10 }));
    expect(graph.deadLetters.total).toBe(16);
  });
});

describe('a failed batch', () => {
  test('is retried by a loop that waits for the time only, and takes what is there', async () => {
    const { sim, graph } = world();
    const numbers = graph.channel<number>('numbers', { capacity: 10 });
    const batcher = defineActor({
      inputs: { in: input<number>() },
      state: () => ({ got: [] as number[] }),
      run: async ({ inputs, state, running, next, every }) => {
        while (running()) {
          await next(every(10));
          for (const number of inputs.in.takeMany(10)) {
            if (number === 3) throw new Error('bad number');
            state.got.push(number);
          }
        }
      },
    });
    graph.actor('batcher', batcher, { in: numbers });
    graph.start();
    for (let count = 0; count < 6; count += 1) numbers.trySend(count);
    await sim.advance(5_000);
    expect(stateOf(graph, 'batcher')).toEqual({ got: [0, 1, 2, 4, 5] });
    expect(graph.deadLetters.list().map(({ payload }) => payload)).toEqual([3]);
    graph.requestShutdown();
    await sim.runUntil(graph.stopped());
  });
});

describe('user code that the runtime calls outside a turn', () => {
  test('a named condition that throws fails its own actor and nobody else', async () => {
    const { sim, graph } = world({ actorDefaults: { maxRestarts: 2 } });
    const numbers = graph.channel<number>('numbers', { capacity: 4 });
    let isInTurn = false;
    let asked = 0;
    const vetoer = defineActor({
      inputs: { in: input<number>() },
      run: async ({ inputs, running, next, regeneration }) => {
        const flushed = (): boolean => {
          asked += 1;
          if (!isInTurn && regeneration === 0) throw new Error('in a named condition');
          return asked > 6;
        };
        isInTurn = true;
        while (running({ flushed })) {
          const wait = next(inputs.in.avail());
          isInTurn = false;
          await wait;
          isInTurn = true;
          inputs.in.take();
        }
      },
    });
    graph.actor('vetoer', vetoer, { in: numbers });
    graph.start();
    numbers.trySend(1);
    numbers.close();
    await sim.runUntil(graph.stopped());
    expect(graph.snapshot().actors[0]?.failures).toBe(1);
    expect(leftovers(graph, sim)).toEqual([]);
  });

  test('an initial state that cannot be made stops the graph and names the actor, and fails nobody who wrote to it', async () => {
    const { sim, graph } = world();
    const numbers = graph.channel<number>('numbers', { capacity: 1 });
    const spare = graph.channel<number>('spare', { capacity: 1 });
    let made = 0;
    const broken = defineActor({
      inputs: { in: input<number>() },
      state: () => {
        made += 1;
        if (made > 1) throw new Error('no state');
        return { got: 0 };
      },
      on: { in: () => undefined },
    });
    const source = defineActor({
      outputs: { numbers: output<number>() },
      source: ({ outputs }) => {
        outputs.numbers.send(1);
        return 'done';
      },
    });
    graph.actor('first', broken, { in: spare });
    graph.actor('second', broken, { in: numbers });
    graph.actor('source', source, { numbers });
    graph.start();
    await expect(sim.runUntil(graph.stopped())).rejects.toThrow('second');
    expect(graph.snapshot().actors.map(({ name, failures }) => [name, failures])).toContainEqual(['source', 0]);
    expect(graph.deadLetters.list().map(({ payload }) => payload)).toEqual([1]);
  });
});

test('a kill is not lost behind a deadline that turns out to be met', async () => {
  const { sim, graph } = world({ actorDefaults: { turnTimeoutMs: 10 } });
  const numbers = graph.channel<number>('numbers', { capacity: 4 });
  let release: (() => void) | undefined;
  const slow = defineActor({
    inputs: { in: input<number>() },
    run: async ({ inputs, running, next }) => {
      while (running()) {
        await next(inputs.in.avail());
        if (inputs.in.take() === 1) await new Promise<void>((resolve) => (release = resolve));
      }
    },
  });
  const handle = graph.actor('slow', slow, { in: numbers });
  graph.start();
  numbers.trySend(1);
  await sim.settle();
  // The deadline passes, the turn commits before anybody looks, and then somebody kills the actor.
  sim.clock.fireNext();
  release?.();
  await Promise.resolve();
  await Promise.resolve();
  handle.kill();
  await sim.settle();
  // The turn in question has committed: it was the next one that was killed.
  expect(graph.snapshot().channels[0]).toMatchObject({ taken: 1, inFlight: 0 });
  expect(graph.snapshot().actors[0]).toMatchObject({ regeneration: 1, failures: 1 });
  graph.requestShutdown();
  await sim.runUntil(graph.stopped());
});

test('a message that a sink has written is no dead letter when the graph is stopped at that moment', async () => {
  const { sim, graph } = world();
  const numbers = graph.channel<number>('numbers', { capacity: 4 });
  const written: number[] = [];
  let finish: (() => void) | undefined;
  graph.sink('sink', numbers, async (number) => {
    await new Promise<void>((resolve) => (finish = resolve));
    written.push(number);
  });
  const ran = graph.run().catch(() => undefined);
  numbers.trySend(1);
  numbers.trySend(2);
  await sim.settle();
  sim.host.signal('SIGTERM');
  finish?.();
  for (let hops = 0; hops < 4; hops += 1) await Promise.resolve();
  sim.host.signal('SIGTERM');
  await sim.runUntil(ran);
  expect(written).toEqual([1]);
  expect(graph.deadLetters.list().map(({ payload }) => payload)).toEqual([2]);
});

test('a turn is decided at its end: what writes to the state while its commit waits for room is not kept', async () => {
  const { sim, graph } = world();
  const numbers = graph.channel<number>('numbers', { capacity: 1 });
  const source = defineActor({
    outputs: { numbers: output<number>() },
    state: () => ({ sent: 0 }),
    run: async ({ outputs, state, commit, running }) => {
      while (running()) {
        outputs.numbers.send(state.sent);
        state.sent += 1;
        const committed = commit();
        if (state.sent === 2) state.sent = 999; // a leftover of the turn, while it waits
        await committed;
        if (state.sent > 2) throw new Error('so that the committed state is restored');
      }
    },
  });
  graph.actor('source', source, { numbers });
  graph.start();
  await sim.settle();
  const reader = numbers[Symbol.asyncIterator]();
  const read: unknown[] = [];
  for (let count = 0; count < 4; count += 1) {
    read.push((await reader.next()).value);
    await sim.advance(1_000);
  }
  expect(read).toEqual([0, 1, 2, 3]);
  graph.requestShutdown();
  await reader.return?.();
  await sim.runUntil(graph.stopped());
});

test('the state of a decided turn that was abandoned is not kept by a later one', async () => {
  const { sim, graph } = world();
  const numbers = graph.channel<number>('numbers', { capacity: 4 });
  const out = graph.channel<number>('out', { capacity: 1 });
  const sender = defineActor({
    inputs: { in: input<number>() },
    outputs: { out: output<number>() },
    state: () => ({ touched: 0 }),
    on: {
      in: (number, ctx) => {
        if (number === 1 && ctx.regeneration === 0) ctx.state.touched += 1;
        ctx.outputs.out.send(number);
      },
    },
  });
  const handle = graph.actor('sender', sender, { in: numbers, out });
  graph.start();
  numbers.trySend(0);
  numbers.trySend(1);
  await sim.settle();
  expect(graph.snapshot().actors[0]).toMatchObject({ phase: 'committing', state: { touched: 0 } });
  handle.kill();
  await sim.settle();
  expect(graph.snapshot().actors[0]).toMatchObject({ phase: 'committing', regeneration: 1 });
  const reader = out[Symbol.asyncIterator]();
  expect([(await reader.next()).value, (await reader.next()).value]).toEqual([0, 1]);
  expect(stateOf(graph, 'sender')).toEqual({ touched: 0 });
  graph.requestShutdown();
  await sim.runUntil(graph.stopped());
});
