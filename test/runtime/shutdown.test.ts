import { defineActor, input, output } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { deferred } from './single-actor.ts';
import { actorOf, channelOf, collect, stopCleanly, watch, type World, world } from './world.ts';

/** Sends 0, 1, 2, ... for ever, a message every `everyMs`. */
const counter = defineActor({
  outputs: { out: output<number>() },
  state: () => ({ n: 0 }),
  async run({ outputs: { out }, state, next, every, running }) {
    while (running()) {
      out.send(state.n);
      state.n += 1;
      await next(every(10));
    }
  },
});

const relay = defineActor({
  inputs: { in: input<number>() },
  outputs: { out: output<number>() },
  on: {
    in(value, ctx) {
      ctx.outputs.out.send(value);
    },
  },
});

const stuck = defineActor({
  inputs: { in: input<number>() },
  on: { in: (_, ctx) => ctx.effect('write ledger', () => new Promise<void>(() => undefined)) },
});

function nothingIsLeft({ sim, graph }: World): void {
  graph.checkConservation();
  expect(graph.status).toBe('stopped');
  expect([sim.clock.pending, sim.clock.keepsAlive, sim.host.listeners]).toEqual([0, false, 0]);
  expect(graph.snapshot().channels.map(({ waitingForRoom }) => waitingForRoom)).not.toContain(1);
  expect(graph.snapshot().actors.map(({ phase }) => phase)).not.toContain('idle');
}

/** counter → a → b → sink */
function pipeline(w: World): number[] {
  const channel = (name: string) => w.graph.channel<number>(name, { capacity: 4 });
  const [ca, ab, bs] = [channel('ca'), channel('ab'), channel('bs')];
  w.graph.actor('counter', counter, { out: ca });
  w.graph.actor('a', relay, { in: ca, out: ab });
  w.graph.actor('b', relay, { in: ab, out: bs });
  return collect(w.graph, bs);
}

describe('the drain', () => {
  test('finishes what is under way, from source to sink, and leaves nothing', async () => {
    const w = world();
    const arrived = pipeline(w);
    w.graph.start();
    await w.sim.advance(105);
    w.graph.requestShutdown();
    expect(w.graph.status).toBe('draining');
    await w.sim.runUntil(w.graph.stopped());
    expect(arrived).toEqual(Array.from({ length: 11 }, (_, n) => n));
    expect(w.graph.snapshot().actors.map(({ exit }) => exit)).toEqual(['completed', 'completed', 'completed']);
    nothingIsLeft(w);
  });

  test('restarts what crashes meanwhile, without delay, and loses nothing', async () => {
    const w = world();
    const crasher = defineActor({
      inputs: { in: input<number>() },
      outputs: { out: output<number>() },
      on: {
        in(value, ctx) {
          ctx.outputs.out.send(value);
          if (ctx.attempt < 3) throw new Error('boom');
        },
      },
    });
    const out = w.graph.channel<number>('out', { capacity: 16 });
    const go = w.graph.channel<number>('go', { capacity: 16 });
    w.graph.actor(
      'crasher',
      crasher,
      { in: go, out },
      { backoff: { minMs: 5_000 }, retryBackoff: { minMs: 5_000 }, maxRestarts: 100 },
    );
    const arrived = collect(w.graph, out);
    w.graph.start();
    for (const value of [1, 2, 3, 4]) go.trySend(value);
    w.graph.requestShutdown();
    await w.sim.runUntil(w.graph.stopped());
    expect([arrived, w.sim.clock.nowMs()]).toEqual([[1, 2, 3, 4], 0]);
    expect(actorOf(w.graph, 'crasher').restarts).toBe(8);
    nothingIsLeft(w);
  });

  test('cuts a restart delay short: one last chance to drain', async () => {
    const w = world();
    const go = w.graph.channel<number>('go', { capacity: 16 });
    const seen: number[] = [];
    const crasher = defineActor({
      inputs: { in: input<number>() },
      on: {
        in(value, ctx) {
          if (ctx.attempt === 1) throw new Error('boom');
          seen.push(value);
        },
      },
    });
    w.graph.actor('crasher', crasher, { in: go }, { backoff: { minMs: 20_000, jitter: 0 } });
    w.graph.start();
    go.trySend(1);
    await w.sim.advance(1_000);
    expect(actorOf(w.graph, 'crasher').phase).toBe('delayed');
    await stopCleanly(w);
    expect([seen, w.sim.clock.nowMs()]).toEqual([[1], 1_000]);
    nothingIsLeft(w);
  });

  test('ends a source in its restart delay at once', async () => {
    const w = world();
    const broken = defineActor({
      source(): 'done' {
        throw new Error('boom');
      },
    });
    w.graph.actor('broken', broken, {}, { backoff: { minMs: 20_000, jitter: 0 } });
    w.graph.start();
    await w.sim.settle();
    await stopCleanly(w);
    expect(w.sim.clock.nowMs()).toBe(0);
    nothingIsLeft(w);
  });

  test('a graph that is built of nothing but ended parts completes by itself', async () => {
    const w = world();
    const numbers = w.graph.channel<number>('numbers', { capacity: 1 });
    const out = w.graph.channel<number>('out', { capacity: 1 });
    w.graph.feed('feed', [1, 2, 3], numbers);
    w.graph.actor('relay', relay, { in: numbers, out });
    const arrived = collect(w.graph, out);
    w.graph.start();
    await w.sim.runUntil(w.graph.stopped());
    expect(arrived).toEqual([1, 2, 3]);
    nothingIsLeft(w);
    const empty = world();
    empty.graph.start();
    await empty.sim.runUntil(empty.graph.stopped());
    nothingIsLeft(empty);
  });

  test('what an actor asked for takes effect with its turn', async () => {
    const w = world();
    const last = defineActor({
      outputs: { out: output<number>() },
      state: () => ({ n: 0 }),
      source(ctx) {
        ctx.outputs.out.send(ctx.state.n);
        ctx.state.n += 1;
        if (ctx.state.n === 3) {
          ctx.requestShutdown('last beat');
          if (ctx.attempt === 1) throw new Error('not yet');
        }
        return 'more';
      },
    });
    const out = w.graph.channel<number>('out', { capacity: 8 });
    w.graph.actor('last', last, { out });
    const arrived = collect(w.graph, out);
    w.graph.start();
    await w.sim.runUntil(w.graph.stopped());
    expect(arrived).toEqual([0, 1, 2]);
    expect(w.events.filter(({ kind }) => kind === 'stopping')).toEqual([{ kind: 'stopping', reason: 'last beat' }]);
    nothingIsLeft(w);
  });
});

describe('the deadline', () => {
  test('names what has not ended and what held it; what is left becomes dead letters, and all adds up', async () => {
    const w = world({ shutdownTimeoutMs: 2_000, shutdownGraceMs: 0 });
    const go = w.graph.channel<number>('go', { capacity: 8 });
    const full = w.graph.channel<number>('full', { capacity: 1 });
    const unread = w.graph.channel<number>('unread', { capacity: 1 });
    w.graph.actor('blocked', relay, { in: full, out: unread });
    w.graph.actor('stuck', stuck, { in: go });
    w.graph.sink('slow', w.graph.channel<number>('slow', { capacity: 1 }), () => new Promise<void>(() => undefined));
    w.graph.start();
    for (const value of [1, 2, 3]) go.trySend(value);
    await full.send(1);
    await full.send(2);
    w.graph.requestShutdown();
    await w.sim.advance(1_999);
    expect(w.graph.status).toBe('draining');
    await expect(w.sim.runUntil(w.graph.stopped())).rejects.toMatchObject({
      code: 'ERR_STOPPED_UNCLEANLY',
      details: {
        graph: 'test',
        holdouts: [
          { kind: 'actor', name: 'blocked', heldBy: 'a commit that waits for room in "unread" (1/1)' },
          { kind: 'actor', name: 'stuck', heldBy: 'a turn that awaits effect "write ledger"' },
        ],
      },
    });
    expect(w.sim.clock.nowMs()).toBe(2_000);
    const left = w.graph.deadLetters
      .list()
      .map(({ channel, payload, reason }) => `${channel} ${String(payload)} ${reason}`);
    expect(left.sort()).toEqual(['full 2 stopped', 'go 1 stopped', 'go 2 stopped', 'go 3 stopped', 'unread 1 stopped']);
    for (const channel of w.graph.snapshot().channels) {
      expect(channel.sent).toBe(channel.taken + channel.deadLettered);
      expect(channel.inFlight).toBe(0);
    }
    nothingIsLeft(w);
  });

  test('may be given to stopped(), also while the drain is on; Infinity waits for ever', async () => {
    const w = world({ shutdownTimeoutMs: 100, shutdownGraceMs: 0 });
    const go = w.graph.channel<number>('go', { capacity: 1 });
    w.graph.actor('stuck', stuck, { in: go });
    w.graph.start();
    await go.send(1);
    void w.graph.stopped({ timeoutMs: Infinity }).catch(() => undefined);
    w.graph.requestShutdown();
    await w.sim.advance(1_000_000);
    expect(w.graph.status).toBe('draining');
    const outcome = watch(w.graph.stopped({ timeoutMs: 5 }));
    await w.sim.advance(0);
    expect(outcome.code).toBe('ERR_STOPPED_UNCLEANLY');
    expect(() => w.graph.stopped({ timeoutMs: -1 })).toThrow(/timeoutMs must be a number of 0 or more/);
    nothingIsLeft(w);
  });

  test('lets finally and abort listeners of what is stopped run', async () => {
    const w = world({ shutdownTimeoutMs: 10 });
    const trace: string[] = [];
    const loop = defineActor({
      async run({ signal, next, after }) {
        signal.addEventListener('abort', () => trace.push('aborted'));
        try {
          for (;;) await next(after(1_000_000));
        } finally {
          trace.push('finally');
        }
      },
    });
    w.graph.actor('loop', loop, {});
    w.graph.start();
    w.graph.requestShutdown();
    await expect(w.sim.runUntil(w.graph.stopped())).rejects.toMatchObject({ code: 'ERR_STOPPED_UNCLEANLY' });
    await w.sim.settle();
    expect(trace.sort()).toEqual(['aborted', 'finally']);
    nothingIsLeft(w);
  });

  test('a dead letter store that is full does not hold it', async () => {
    const w = world({ deadLetters: { capacity: 1 }, shutdownTimeoutMs: 10 });
    const go = w.graph.channel<number>('go', { capacity: 8 });
    w.graph.actor('stuck', stuck, { in: go });
    w.graph.start();
    for (const value of [1, 2, 3, 4]) go.trySend(value);
    await w.sim.settle();
    w.graph.requestShutdown();
    await expect(w.sim.runUntil(w.graph.stopped())).rejects.toMatchObject({ code: 'ERR_STOPPED_UNCLEANLY' });
    expect(w.graph.deadLetters.list().map(({ payload }) => payload)).toEqual([1, 2, 3, 4]);
    nothingIsLeft(w);
  });
});

describe('asking', () => {
  test('twice is asking once', async () => {
    const w = world();
    pipeline(w);
    w.graph.start();
    w.graph.requestShutdown('first');
    w.graph.requestShutdown('second');
    await w.sim.runUntil(w.graph.stopped());
    w.graph.requestShutdown('third');
    expect(w.events.filter(({ kind }) => kind === 'stopping')).toEqual([{ kind: 'stopping', reason: 'first' }]);
    nothingIsLeft(w);
  });

  test('before the start stops the graph, which then cannot be started', async () => {
    const w = world();
    pipeline(w);
    w.graph.requestShutdown();
    await w.graph.stopped();
    expect(() => w.graph.start()).toThrow(expect.objectContaining({ code: 'ERR_GRAPH_STATUS' }) as Error);
    expect(w.graph.status).toBe('stopped');
  });

  test('by leaving a block: await using, more than once', async () => {
    const w = world();
    const arrived = pipeline(w);
    w.graph.start();
    await w.sim.advance(20);
    const disposed = w.graph[Symbol.asyncDispose]();
    await w.sim.runUntil(disposed);
    await w.graph[Symbol.asyncDispose]();
    expect(arrived).toEqual([0, 1, 2]);
    nothingIsLeft(w);
  });

  test('a graph is started once, and cannot be changed after that', async () => {
    const w = world();
    const numbers = w.graph.channel<number>('numbers', { capacity: 1 });
    w.graph.start();
    for (const change of [
      () => w.graph.start(),
      () => w.graph.channel('more', { capacity: 1 }),
      () => w.graph.actor('more', counter, { out: numbers }),
      () => w.graph.feed('more', [], numbers),
      () => w.graph.sink('more', numbers, () => undefined),
    ]) {
      expect(change).toThrow(expect.objectContaining({ code: 'ERR_GRAPH_STATUS' }) as Error);
    }
    await w.sim.runUntil(w.graph.stopped());
  });
});

describe('run()', () => {
  test('stops at a signal, resolves when it has stopped cleanly, and leaves the exit status alone', async () => {
    const w = world();
    const arrived = pipeline(w);
    const done = watch(w.graph.run());
    await w.sim.advance(20);
    expect(w.sim.host.listeners).toBe(2);
    w.sim.host.signal('SIGTERM');
    await w.sim.advance(0);
    expect([done.state, arrived, w.sim.host.exitStatus]).toEqual(['resolved', [0, 1, 2], undefined]);
    nothingIsLeft(w);
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('a second signal, %s, stops at once with status %i', async (signal, status) => {
    const w = world();
    const go = w.graph.channel<number>('go', { capacity: 8 });
    w.graph.actor('stuck', stuck, { in: go });
    const done = watch(w.graph.run());
    await go.send(1);
    await w.sim.settle();
    w.sim.host.signal('SIGINT');
    await w.sim.settle();
    w.sim.host.signal('SIGINT'); // an echo: npm passes on what the terminal has sent as well
    await w.sim.advance(100);
    expect(done.state).toBe('pending');
    w.sim.host.signal(signal);
    expect([w.sim.host.exited, w.sim.host.exitStatus]).toEqual([true, status]);
    await w.sim.settle();
    expect([done.code, w.sim.host.exitStatus]).toEqual(['ERR_STOPPED_UNCLEANLY', status]);
    nothingIsLeft(w);
  });

  test('fails with status 1 when the graph stops uncleanly, cannot start, or an actor failed too often', async () => {
    const unclean = world({ shutdownTimeoutMs: 10, shutdownGraceMs: 0 });
    const go = unclean.graph.channel<number>('go', { capacity: 8 });
    unclean.graph.actor('stuck', stuck, { in: go });
    const first = watch(unclean.graph.run());
    await go.send(1);
    await unclean.sim.settle();
    unclean.sim.host.signal('SIGINT');
    await unclean.sim.advance(10);
    expect([first.code, unclean.sim.host.exitStatus, unclean.sim.host.exited]).toEqual([
      'ERR_STOPPED_UNCLEANLY',
      1,
      false,
    ]);
    nothingIsLeft(unclean);

    const unbuildable = world();
    const hopeless = defineActor({ state: () => ({ at: () => 1 }), source: () => 'done' as const });
    unbuildable.graph.actor('hopeless', hopeless, {});
    const second = watch(unbuildable.graph.run());
    await unbuildable.sim.settle();
    expect([second.code, unbuildable.sim.host.exitStatus]).toEqual(['ERR_STATE_UNSUPPORTED', 1]);
    expect(unbuildable.sim.host.listeners).toBe(0);

    const failing = world();
    const broken = defineActor({
      source(): 'done' {
        throw new Error('boom');
      },
    });
    failing.graph.actor('broken', broken, {});
    const third = watch(failing.graph.run());
    await failing.sim.advance(0);
    expect([third.code, failing.sim.host.exitStatus]).toEqual(['ERR_RESTART_LIMIT', 1]);
    nothingIsLeft(failing);
  });

  test('an error that nothing caught drains the graph, and fails with it', async () => {
    const w = world();
    const arrived = pipeline(w);
    const done = watch(w.graph.run());
    await w.sim.advance(20);
    const stray = new Error('from a callback');
    w.sim.host.strayError(stray);
    w.sim.host.strayError(new Error('another'));
    await w.sim.advance(0);
    expect([done.error, arrived, w.sim.host.exitStatus]).toEqual([stray, [0, 1, 2], 1]);
    nothingIsLeft(w);
  });

  test('what a leftover ran into at its fence is no reason to stop', async () => {
    const w = world();
    const gate = deferred();
    let leftover: unknown;
    const abandoned = defineActor({
      inputs: { in: input<number>() },
      outputs: { out: output<number>() },
      on: {
        async in(_, ctx) {
          if (ctx.attempt > 1) return;
          void gate.promise.then(() => ctx.outputs.out.send(1)).catch((error: unknown) => (leftover = error));
          throw new Error('boom');
        },
      },
    });
    const go = w.graph.channel<number>('go', { capacity: 1 });
    const out = w.graph.channel<number>('out', { capacity: 1 });
    w.graph.actor('abandoned', abandoned, { in: go, out });
    const arrived = collect(w.graph, out);
    const done = watch(w.graph.run());
    await go.send(1);
    await w.sim.settle();
    gate.resolve();
    await w.sim.settle();
    w.sim.host.strayError(leftover);
    expect([leftover, w.graph.status, arrived]).toMatchObject([{ code: 'ERR_FENCED' }, 'running', []]);
    w.sim.host.signal('SIGINT');
    await w.sim.advance(0);
    expect([done.state, w.sim.host.exitStatus]).toEqual(['resolved', undefined]);
  });
});

test('a conservation check finds nothing wrong at any moment of a busy graph', async () => {
  const w = world({}, { schedule: 'random', seed: 11 });
  pipeline(w);
  w.graph.start();
  for (let n = 0; n < 50; n += 1) {
    await w.sim.advance(7);
    w.graph.checkConservation();
  }
  await stopCleanly(w);
  expect(channelOf(w.graph, 'bs').sent).toBe(channelOf(w.graph, 'bs').taken);
});
