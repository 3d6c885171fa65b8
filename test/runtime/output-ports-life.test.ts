/** How long subscriptions to output ports last: over restarts and sleep, until an end, and no longer. */
import { type ActorOptions, defineActor, fallbackTo, Graph, input, output, outputPort, type PortRef } from 'holdfast';
import { Simulation } from 'holdfast/testing';
import { describe, expect, test } from 'vitest';
import { actorOf, channelOf, collect, stopCleanly, watch, type World, world } from './world.ts';

type Word = number | 'crash' | 'exit';

const publisher = defineActor({
  inputs: { mailbox: input<Word>({ capacity: 8 }) },
  outputs: { numbers: outputPort<number>() },
  state: () => ({ last: 0 }),
  on: {
    mailbox(word, { outputs, state, exit }) {
      if (word === 'crash') throw new Error('planned');
      if (word === 'exit') return exit();
      state.last = word;
      outputs.numbers.publish(word);
    },
  },
});

const reader = (got: number[]) =>
  defineActor({
    inputs: { mailbox: input<Word>({ capacity: 8 }) },
    on: {
      mailbox(word, { exit }) {
        if (word === 'crash') throw new Error('planned');
        if (word === 'exit') return exit();
        got.push(word);
      },
    },
  });

const ONCE: ActorOptions = { showstopperAfter: 1 };

function pair(ofSource: ActorOptions = {}, ofReader: ActorOptions = {}) {
  const w = world();
  const got: number[] = [];
  const source = w.graph.spawn('source', publisher, {}, { ...ONCE, ...ofSource });
  const sink = w.graph.spawn('reader', reader(got), {}, { ...ONCE, ...ofReader });
  const port = source.port('numbers');
  port.subscribe(sink);
  w.graph.start();
  const tell = async (ref: { cast(word: Word): Promise<void> }, word: Word): Promise<void> => {
    await ref.cast(word);
    await w.sim.advance(1_000);
  };
  const end = async (): Promise<void> => {
    w.graph.deadLetters.discard(() => true);
    await stopCleanly(w);
  };
  return { ...w, got, source, sink, port, tell, end };
}

describe('subscriptions are kept', () => {
  test.each(['preserve', 'reset'] as const)('when the publisher is restarted (%s)', async (stateOnRestart) => {
    const w = pair({ stateOnRestart });
    await w.tell(w.source, 1);
    await w.tell(w.source, 'crash');
    w.source.kill();
    await w.sim.advance(1_000);
    await w.tell(w.source, 2);
    expect(w.got).toEqual([1, 2]);
    expect(actorOf(w.graph, 'source').regeneration).toBe(2);
    expect(w.port.subscribers()).toMatchObject([{ sent: 2 }]);
    await w.end();
  });

  test.each(['preserve', 'reset'] as const)('when the subscriber is restarted (%s)', async (stateOnRestart) => {
    const w = pair({}, { stateOnRestart });
    await w.tell(w.source, 1);
    await w.tell(w.sink, 'crash');
    await w.tell(w.source, 2);
    expect(w.got).toEqual([1, 2]);
    await w.end();
  });

  test('while the subscriber waits for its restart: what is published waits in its mailbox', async () => {
    const w = pair({}, { backoff: { minMs: 500, jitter: 0 } });
    await w.tell(w.source, 1);
    w.sink.kill();
    await w.sim.advance(10);
    await w.source.cast(2);
    await w.sim.settle();
    expect([actorOf(w.graph, 'reader').phase, w.got]).toEqual(['delayed', [1]]);
    await w.sim.advance(1_000);
    expect(w.got).toEqual([1, 2]);
    await w.end();
  });

  test('when the supervisor of both is restarted', async () => {
    const w = world();
    const got: number[] = [];
    const outer = { strategy: 'oneForOne', maxRestarts: 5, periodMs: 10_000 } as const;
    const desk = w.graph.supervisor('desk', outer, (top) =>
      top.supervisor('pair', { strategy: 'oneForAll', maxRestarts: 0, periodMs: 1_000 }, (each) => {
        const source = each.spawn('source', publisher, {}, ONCE);
        const sink = each.spawn('reader', reader(got), {}, ONCE);
        return { source, sink };
      }),
    );
    const port = desk.source.port('numbers');
    port.subscribe(desk.sink);
    w.graph.start();
    await desk.source.cast(1);
    await w.sim.settle();
    await desk.source.cast('crash');
    await w.sim.advance(1_000);
    expect(actorOf(w.graph, 'desk/pair/source').regeneration).toBeGreaterThan(0);
    await desk.source.cast(2);
    await w.sim.settle();
    expect(got).toEqual([1, 2]);
    w.graph.deadLetters.discard(() => true);
    await stopCleanly(w);
  });

  test('when the publisher, and the subscriber, hibernate', async () => {
    const w = pair();
    await w.tell(w.source, 1);
    const { cells } = w.graph.backstage;
    for (const name of ['source', 'reader']) expect(cells.get(name)?.hibernate(0)).toBe(true);
    expect(cells.get('source')?.actor).toBeUndefined();
    await w.tell(w.source, 2);
    expect(w.got).toEqual([1, 2]);
    expect(w.port.subscribers()).toMatchObject([{ sent: 2 }]);
    await w.end();
  });

  test('when a fallback takes over, which has the same ports, and when it gives back', async () => {
    const w = world();
    const got: number[] = [];
    const exchange = { isDown: true };
    const ports = { inputs: { mailbox: input<number>({ capacity: 8 }) }, outputs: { numbers: outputPort<number>() } };
    const feed = defineActor({
      ...ports,
      onStart() {
        if (exchange.isDown) throw new Error('no connection');
      },
      on: { mailbox: (number, { outputs }) => outputs.numbers.publish(number) },
    });
    const backup = defineActor({
      ...ports,
      on: { mailbox: (number, { outputs }) => outputs.numbers.publish(-number) },
    });
    const fallback = fallbackTo(backup, { after: 2, returnAfterMs: 1_000 });
    exchange.isDown = false;
    const source = w.graph.spawn('feed', feed, {}, { fallback, maxRestarts: Infinity });
    source.port('numbers').subscribe(w.graph.spawn('reader', reader(got)));
    w.graph.start();
    await source.cast(1);
    await w.sim.settle();
    exchange.isDown = true;
    source.kill();
    await w.sim.advance(500);
    await source.cast(2);
    await w.sim.settle();
    exchange.isDown = false;
    await w.sim.advance(60_000);
    await source.cast(3);
    await w.sim.settle();
    expect(got).toEqual([1, -2, 3]);
    expect(source.port('numbers').subscribers()).toMatchObject([{ sent: 3 }]);
    await stopCleanly(w);
    const other = defineActor({ inputs: ports.inputs, on: { mailbox: () => undefined } });
    const misfit = fallbackTo(other as unknown as typeof backup, { after: 1 });
    const graph = new Graph({ name: 'other', logLevel: 'silent' });
    expect(() => graph.spawn('feed', feed, {}, { fallback: misfit })).toThrow('with the same outputs as the actor');
  });

  test('while the circuit breaker of the subscriber is open: what it does not wait for is dropped', async () => {
    const w = world();
    const got: number[] = [];
    const source = w.graph.spawn('source', publisher);
    const breaker = { maxFailures: 1, periodMs: 1_000, resetTimeoutMs: 5_000 };
    const sink = w.graph.spawn('reader', reader(got), {}, { ...ONCE, breaker });
    const port = source.port('numbers');
    port.subscribe(sink, { whenFull: 'drop' });
    w.graph.start();
    await sink.cast('crash');
    await w.sim.advance(100);
    expect(actorOf(w.graph, 'reader').breaker).toBe('open');
    await source.cast(1);
    await w.sim.settle();
    expect(port.subscribers()).toMatchObject([{ sent: 0, dropped: 1 }]);
    port.subscribe(sink, { whenFull: 'wait' });
    await source.cast(2);
    await w.sim.settle();
    expect(w.graph.deadLetters.list({ reason: 'breaker-open' })).toMatchObject([{ payload: 2 }]);
    expect(port.subscribers()).toMatchObject([{ sent: 0, dropped: 1 }]);
    await w.sim.advance(10_000);
    await source.cast(3);
    await w.sim.settle();
    expect(got).toEqual([3]);
    w.graph.deadLetters.discard(() => true);
    await stopCleanly(w);
  });
});

describe('subscriptions end', () => {
  test('with the subscriber: nobody is told, and nothing becomes a dead letter', async () => {
    const w = pair({}, { restart: 'temporary' });
    await w.tell(w.source, 1);
    await w.tell(w.sink, 'exit');
    await w.tell(w.source, 2);
    expect(w.port.subscribers()).toEqual([]);
    expect(w.graph.deadLetters.list()).toEqual([]);
    expect(channelOf(w.graph, 'reader.mailbox')).toMatchObject({ sent: 2, taken: 2 });
    await w.end();
  });

  test('with a subscriber that drains: it works off what it has', async () => {
    const w = pair();
    for (const n of [1, 2, 3]) await w.source.cast(n);
    await w.sim.settle();
    const drained = watch(w.sink.drain());
    await w.tell(w.source, 4);
    expect([drained.state, w.got, w.port.subscribers()]).toEqual(['resolved', [1, 2, 3], []]);
    expect(w.graph.deadLetters.list()).toEqual([]);
    await w.end();
  });

  test('with the publisher: its port does nothing from then on', async () => {
    const w = pair({ restart: 'temporary' });
    await w.tell(w.source, 1);
    await w.tell(w.source, 'exit');
    expect(w.port.subscribers()).toEqual([]);
    w.port.subscribe(w.sink);
    w.port.unsubscribe(w.sink);
    w.port.subscribe(w.sink);
    expect(w.port.subscribers()).toEqual([]);
    expect([w.port.actor, w.port.name]).toEqual(['source', 'numbers']);
    expect(w.got).toEqual([1]);
    await w.end();
  });

  test('with a publisher that waits for room: what waits becomes nothing', async () => {
    const w = world();
    const slow = defineActor({
      inputs: { mailbox: input<number>({ capacity: 1 }) },
      run: ({ next, after }) => next(after(100_000)).then(() => undefined),
    });
    const source = w.graph.spawn('source', publisher, {}, { restart: 'temporary' });
    source.port('numbers').subscribe(w.graph.spawn('slow', slow, {}, { restart: 'temporary' }));
    w.graph.start();
    await source.cast(1);
    await source.cast(2);
    await w.sim.settle();
    expect(actorOf(w.graph, 'source').phase).toBe('committing');
    source.kill();
    await w.sim.settle();
    expect(channelOf(w.graph, 'slow.mailbox')).toMatchObject({ sent: 1, inFlight: 1 });
    expect(actorOf(w.graph, 'source').ports).toEqual({ numbers: [] });
    w.graph.requestShutdown();
    await w.sim.runUntil(w.graph.stopped());
  });

  test('of children that come and go, without a trace', async () => {
    const w = world();
    const got: number[] = [];
    const source = w.graph.spawn('source', publisher);
    const port = source.port('numbers');
    const joining = defineActor({
      inputs: { mailbox: input<Word>({ capacity: 8 }) },
      onStart: ({ subscribe }) => subscribe(port),
      on: {
        mailbox(word, { exit }) {
          if (word === 'exit') exit();
          else got.push(Number(word));
        },
      },
    });
    const children = w.graph.dynamicSupervisor('children', { maxChildren: 10 }, joining, {}, { restart: 'temporary' });
    w.graph.start();
    for (let n = 0; n < 300; n += 1) {
      const child = await w.sim.runUntil(children.start());
      await child.cast('exit');
      await w.sim.settle();
    }
    const { publishers } = w.graph.backstage.core;
    // Nothing was published: they were looked for when so many had come.
    expect([...publishers.rings()].length).toBeLessThanOrEqual(64);
    const last = await w.sim.runUntil(children.start());
    await source.cast(1);
    await w.sim.settle();
    expect(got).toEqual([1]);
    expect(port.subscribers()).toHaveLength(1);
    expect([...publishers.rings()]).toHaveLength(1);
    await last.cast('exit');
    await w.sim.settle();
    await stopCleanly(w);
  });

  test('by a million changes of mind: nothing is left', () => {
    const graph = new Graph({ name: 'test', logLevel: 'silent' });
    const port = graph.spawn('source', publisher).port('numbers');
    const channels = Array.from({ length: 10 }, (_, n) => graph.channel<number>(`c${n}`, { capacity: 1 }));
    for (let n = 0; n < 500_000; n += 1) {
      const channel = channels[n % 10]!;
      port.subscribe(channel, { whenFull: 'drop' });
      port.unsubscribe(channel);
    }
    const { publishers } = graph.backstage.core;
    expect(publishers.rings().size).toBe(0);
    expect(publishers.haveEnds).toBe(false);
  });
});

describe('a graph with output ports ends', () => {
  const counter = defineActor({
    outputs: { numbers: outputPort<number>() },
    state: () => ({ next: 0 }),
    source({ outputs, state }) {
      state.next += 1;
      outputs.numbers.publish(state.next);
      return state.next < 5 ? 'more' : 'done';
    },
  });
  const doubler = defineActor({
    inputs: { numbers: input<number>() },
    outputs: { doubles: outputPort<number>() },
    on: { numbers: (number, { outputs }) => outputs.doubles.publish(2 * number) },
  });

  test('by itself, where channels get what is published: they close with the last publisher', async () => {
    const w = world();
    const numbers = w.graph.channel<number>('numbers', { capacity: 2 });
    const doubles = w.graph.channel<number>('doubles', { capacity: 2 });
    w.graph.actor('counter', counter, {}).port('numbers').subscribe(numbers);
    w.graph.actor('doubler', doubler, { numbers }).port('doubles').subscribe(doubles);
    const got = collect(w.graph, doubles);
    w.graph.start();
    await w.sim.runUntil(w.graph.stopped());
    expect(got).toEqual([2, 4, 6, 8, 10]);
    w.graph.checkConservation();
  });

  test('by itself, where a channel is wired besides: it closes when both have ended', async () => {
    const w = world();
    const numbers = w.graph.channel<number>('numbers', { capacity: 2 });
    const got = collect(w.graph, numbers);
    const first = defineActor({
      outputs: { numbers: output<number>() },
      source({ outputs }) {
        outputs.numbers.send(100);
        return 'done';
      },
    });
    w.graph.actor('first', first, { numbers });
    w.graph.actor('counter', counter, {}).port('numbers').subscribe(numbers);
    w.graph.start();
    await w.sim.runUntil(w.graph.stopped());
    expect(got.sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 100]);
  });

  test('a channel closes when it is unsubscribed from the last port, and is not subscribed again', async () => {
    const w = world();
    const numbers = w.graph.channel<number>('numbers', { capacity: 8 });
    const got = collect(w.graph, numbers);
    const port = w.graph.spawn('source', publisher).port('numbers');
    port.subscribe(numbers);
    w.graph.start();
    port.unsubscribe(numbers);
    await w.sim.settle();
    expect(channelOf(w.graph, 'numbers').closed).toBe(true);
    port.subscribe(numbers);
    expect([got, port.subscribers()]).toEqual([[], []]);
    await stopCleanly(w);
  });

  /** The publisher has a long queue when the stop comes: all of it reaches the subscriber. */
  test.each(['before', 'after'] as const)('in a stop, with the subscriber started %s the publisher', async (order) => {
    const w = world();
    const got: number[] = [];
    const first = order === 'before' ? w.graph.spawn('reader', reader(got)) : undefined;
    const source = w.graph.spawn('source', publisher);
    const sink = first ?? w.graph.spawn('reader', reader(got));
    source.port('numbers').subscribe(sink);
    w.graph.start();
    for (let n = 1; n <= 8; n += 1) void source.cast(n);
    await stopCleanly(w);
    expect(got).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test('in a stop, where an own channel is subscribed that no one else writes to', async () => {
    const w = world();
    const got: number[] = [];
    const source = w.graph.spawn('source', publisher);
    const own = defineActor({
      inputs: { numbers: input<number>({ capacity: 1 }) },
      onStart: ({ subscribe }) => subscribe(source.port('numbers'), { to: 'numbers' }),
      on: { numbers: (number) => void got.push(number) },
    });
    w.graph.actor('own', own, {});
    w.graph.start();
    await w.sim.settle();
    for (let n = 1; n <= 8; n += 1) void source.cast(n);
    await stopCleanly(w);
    expect(got).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test.each([1, 2, 3])('in a stop, in a circle of %i that subscribe to each other', async (count) => {
    const w: World = world();
    const got: string[] = [];
    const ring: PortRef<number>[] = [];
    for (let n = 0; n < count; n += 1) {
      const member = defineActor({
        inputs: { mailbox: input<number>({ capacity: 4 }) },
        outputs: { numbers: outputPort<number>() },
        onStart: ({ subscribe }) => subscribe(ring[(n + 1) % count]!),
        on: {
          mailbox(number, { outputs }) {
            got.push(`${n}:${number}`);
            if (number > 0) outputs.numbers.publish(number - 1);
          },
        },
      });
      ring.push(w.graph.spawn(`member ${n}`, member).port('numbers'));
    }
    w.graph.start();
    await w.sim.settle();
    const before = w.sim.clock.nowMs();
    void w.graph.whereIs<number>('member 0')?.cast(6);
    await stopCleanly(w);
    expect(got).toHaveLength(7);
    expect(w.sim.clock.nowMs()).toBe(before);
  });

  test('in a stop, with a feed behind the publisher and an effect under way in it', async () => {
    const w = world();
    const got: number[] = [];
    const numbers = w.graph.channel<number>('numbers', { capacity: 4 });
    const slow = defineActor({
      inputs: { mailbox: input<number>({ capacity: 1 }), numbers: input<number>() },
      outputs: { doubles: outputPort<number>() },
      on: {
        mailbox: () => undefined,
        async numbers(number, { outputs, effect }) {
          await effect('slow', () => w.sim.clock.sleep(100));
          outputs.doubles.publish(2 * number);
        },
      },
    });
    const source = w.graph.spawn('slow', slow, { numbers });
    source.port('doubles').subscribe(w.graph.spawn('reader', reader(got)));
    w.graph.feed('feed', [1, 2, 3], numbers);
    w.graph.start();
    await w.sim.settle();
    await stopCleanly(w);
    expect(got).toEqual([2, 4, 6]);
  });

  test('in a stop, when a feed behind the publisher ends late: what that publishes last still comes', async () => {
    const w = world();
    const got: number[] = [];
    const numbers = w.graph.channel<number>('numbers', { capacity: 4 });
    const counting = defineActor({
      inputs: { numbers: input<number>() },
      outputs: { counts: outputPort<number>() },
      on: { numbers: () => undefined },
      onDrained: ({ outputs }) => outputs.counts.publish(100),
    });
    const source = w.graph.actor('counting', counting, { numbers });
    source.port('counts').subscribe(w.graph.spawn('reader', reader(got)));
    async function* late(): AsyncGenerator<number> {
      await w.sim.clock.sleep(1_000);
      yield 1;
    }
    w.graph.feed('feed', late(), numbers);
    w.graph.start();
    await w.sim.settle();
    await stopCleanly(w);
    expect(got).toEqual([100]);
  });
});

describe('whoever has a port', () => {
  test('may be a child that its owner spawns', async () => {
    const w = world();
    const got: number[] = [];
    const boss = defineActor({
      inputs: { mailbox: input<number>({ capacity: 4 }) },
      supervises: {},
      onStart: ({ spawn, subscribe }) => subscribe(spawn('source', publisher).port('numbers')),
      on: { mailbox: (number) => void got.push(number) },
    });
    w.graph.spawn('boss', boss);
    w.graph.start();
    await w.sim.settle();
    await w.graph.whereIs<Word>('boss/source')?.cast(1);
    await w.sim.settle();
    w.graph.whereIs('boss')?.kill();
    await w.sim.advance(1_000);
    await w.graph.whereIs<Word>('boss/source')?.cast(2);
    await w.sim.settle();
    expect(got).toEqual([1, 2]);
    await stopCleanly(w);
  });

  test('may publish before its first wait: that is a turn', async () => {
    const w = world();
    const got: number[] = [];
    const loop = defineActor({
      outputs: { numbers: outputPort<number>() },
      async run({ outputs, next, after }) {
        outputs.numbers.publish(1);
        await next(after(10));
        outputs.numbers.publish(2);
      },
    });
    w.graph
      .actor('loop', loop, {})
      .port('numbers')
      .subscribe(w.graph.spawn('reader', reader(got)));
    w.graph.start();
    await w.sim.settle();
    expect([got, actorOf(w.graph, 'loop').turns]).toEqual([[1], 1]);
    await w.sim.advance(10);
    expect(got).toEqual([1, 2]);
    await stopCleanly(w);
  });

  test('goes the same way whatever the order of the ready ones', async () => {
    const hashes = new Set<string>();
    for (const seed of [1, 1, 2]) {
      const sim = new Simulation({ seed, schedule: 'random' });
      const graph = new Graph({ name: 'test', ports: sim.ports, logLevel: 'silent' });
      const got: number[][] = [[], []];
      const source = graph.spawn('source', publisher);
      for (const [n, each] of got.entries()) {
        source.port('numbers').subscribe(graph.spawn(`r${n}`, reader(each)), { whenFull: n === 0 ? 'wait' : 'drop' });
      }
      graph.start();
      const casts = [1, 2, 3, 4].map((n) => watch(source.cast(n)));
      graph.requestShutdown();
      await sim.runUntil(graph.stopped());
      expect(got).toEqual([
        [1, 2, 3, 4],
        [1, 2, 3, 4],
      ]);
      expect(casts.every(({ state }) => state === 'resolved')).toBe(true);
      hashes.add(`${seed} ${sim.trace.hash}`);
    }
    expect(hashes.size).toBe(2);
  });
});
