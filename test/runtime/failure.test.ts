import { type ActorOptions, defineActor, Graph, input, output } from 'holdfast';
import { Simulation } from 'holdfast/testing';
import { describe, expect, test } from 'vitest';
import { give, handlerWorld, letters, loopWorld } from './single-actor.ts';
import { actorOf, channelOf, collect, stopCleanly, watch, world } from './world.ts';

const EXACT = { minMs: 100, maxMs: 10_000, factor: 2, jitter: 0 };

describe('attempts', () => {
  test('the second is at once, the third and later ones wait longer and longer, then the message is a dead letter', async () => {
    const at: number[] = [];
    const w = handlerWorld(
      (_, ctx) => {
        at.push(ctx.nowMs());
        throw new Error('poison');
      },
      { actor: { showstopperAfter: 5, retryBackoff: EXACT } },
    );
    await give(w, 1);
    await w.sim.advance(5_000);
    expect(at).toEqual([0, 0, 100, 300, 700]);
    expect(w.graph.deadLetters.list()).toMatchObject([{ payload: 1, attempts: 5, reason: 'showstopper' }]);
    await stopCleanly(w);
  });

  test('with jitter a delay lies between half of it and all of it', async () => {
    const at: number[] = [];
    const w = handlerWorld(
      (_, ctx) => {
        at.push(ctx.nowMs());
        throw new Error('poison');
      },
      { actor: { showstopperAfter: 3 } },
    );
    for (let n = 0; n < 20; n += 1) {
      at.length = 0;
      await give(w, n);
      await w.sim.advance(100);
      expect((at[2] as number) - (at[1] as number)).toBeGreaterThanOrEqual(50);
      expect((at[2] as number) - (at[1] as number)).toBeLessThanOrEqual(100);
      await w.sim.advance(60_000);
    }
  });

  test('showstopperAfter 1 gives up at once', async () => {
    const w = handlerWorld(
      (value) => {
        if (value === 2) throw new Error('two');
      },
      { actor: { showstopperAfter: 1 } },
    );
    await give(w, 1, 2, 3);
    expect(letters(w)).toEqual([[2, 'showstopper', 'two']]);
    expect(channelOf(w.graph, 'go')).toMatchObject({ sent: 3, taken: 2, deadLettered: 1, inFlight: 0 });
    await stopCleanly(w);
  });

  test('showstopperAfter Infinity never does, however often it fails, and keeps the pace of its retries', async () => {
    let failures = 0;
    const w = handlerWorld(
      () => {
        failures += 1;
        if (failures < 1_500) throw new Error('again');
      },
      { actor: { showstopperAfter: Infinity, retryBackoff: { ...EXACT, maxMs: 100 } } },
    );
    await give(w, 1);
    await w.sim.advance(149_799);
    expect(failures).toBe(1_499);
    await w.sim.advance(100_000);
    expect([failures, w.graph.deadLetters.total]).toEqual([1_500, 0]);
    await stopCleanly(w);
  });

  test('a kill, a roll back and the failure of another message add none', async () => {
    const attempts: [number, number][] = [];
    const w = handlerWorld((value, ctx) => {
      attempts.push([value, ctx.attempt]);
      if (value === 1 && ctx.attempt === 1) throw new Error('one');
      if (value === 2 && ctx.regeneration === 1) ctx.rollback();
      return value === 3 && ctx.regeneration === 2
        ? ctx.effect('wait', () => new Promise<void>(() => undefined))
        : undefined;
    });
    await give(w, 1, 2, 3);
    w.actor.kill();
    await w.sim.settle();
    expect(attempts).toEqual([
      [1, 1],
      [1, 2],
      [2, 1],
      [2, 1],
      [3, 1],
      [3, 1],
    ]);
  });
});

describe('blame with several messages in hand', () => {
  /** Takes all there is in each turn; fails if the poison is among it. */
  const batcher = (poison: number, seen: number[][], options: ActorOptions = {}) =>
    loopWorld(
      async ({ inputs: { go }, outputs: { out }, next, running }) => {
        while (running()) {
          await next(go.avail());
          const batch = [...go.takeMany(64)];
          seen.push(batch);
          out.sendMany(batch);
          if (batch.includes(poison)) throw new Error('poison');
        }
      },
      { actor: options },
    );

  test('one a turn until past them: only the poison becomes a dead letter, and batches come back', async () => {
    const seen: number[][] = [];
    const w = batcher(3, seen);
    for (const value of [1, 2, 3, 4, 5]) w.go.trySend(value);
    await w.sim.advance(1_000);
    expect(letters(w)).toEqual([[3, 'showstopper', 'poison']]);
    expect(w.arrived).toEqual([1, 2, 4, 5]);
    expect(seen.slice(0, 3)).toEqual([[1, 2, 3, 4, 5], [1], [2]]);
    for (const value of [6, 7, 8]) w.go.trySend(value);
    await w.sim.settle();
    expect(seen.at(-1)).toEqual([6, 7, 8]);
    await stopCleanly(w);
  });

  test('at showstopperAfter 1 the message taken last is the one; the others begin again', async () => {
    const seen: number[][] = [];
    const w = batcher(1, seen, { showstopperAfter: 1 });
    for (const value of [1, 2, 3]) w.go.trySend(value);
    await w.sim.advance(1_000);
    expect(letters(w)).toEqual([
      [3, 'showstopper', 'poison'],
      [1, 'showstopper', 'poison'],
    ]);
    expect(w.arrived).toEqual([2]);
    await stopCleanly(w);
  });

  test('of several inputs the one taken from last, and what was only looked at is not blamed if something was taken', async () => {
    const w = world({ actorDefaults: { showstopperAfter: 1 } });
    const a = w.graph.channel<string>('a', { capacity: 4 });
    const b = w.graph.channel<string>('b', { capacity: 4 });
    const c = w.graph.channel<string>('c', { capacity: 4 });
    const joiner = defineActor({
      inputs: { a: input<string>(), b: input<string>(), c: input<string>() },
      async run({ inputs, next, all }) {
        await next(all(inputs.a.avail(), inputs.b.avail(), inputs.c.avail()));
        inputs.b.take();
        inputs.a.take();
        inputs.c.peek();
        throw new Error('boom');
      },
    });
    w.graph.actor('joiner', joiner, { a, b, c }, { restart: 'temporary' });
    w.graph.start();
    for (const [name, channel] of Object.entries({ a, b, c })) channel.trySend(name);
    await w.sim.settle();
    expect(w.graph.deadLetters.list()[0]).toMatchObject({ payload: 'a', reason: 'showstopper', attempts: 1 });
    expect(w.graph.deadLetters.list().map(({ payload, reason }) => [payload, reason])).toEqual([
      ['a', 'showstopper'],
      ['b', 'no-consumer'],
      ['c', 'no-consumer'],
    ]);
  });

  test('a pause inside a later turn shows what it asked for, besides what the turn has taken', async () => {
    const pairs: unknown[] = [];
    const w = loopWorld(async ({ inputs: { go }, outputs: { out }, next, pause, running, after }) => {
      while (running()) {
        await next(go.avail());
        const first = go.take();
        if (first === undefined) continue;
        await pause(go.avail());
        const second = go.take();
        await pause(after(1));
        pairs.push([first, second, go.peek()]);
        if (second === 4) throw new Error('poison');
        out.send([first, second]);
      }
    });
    for (const value of [1, 2, 3, 4, 5, 6, 7]) w.go.trySend(value);
    await w.sim.advance(1_000);
    // Without that the pause would end, the second take would find nothing, and no later turn would be as the loop wants it.
    expect(pairs).toEqual([
      [1, 2, 3],
      [3, 4, 5],
      [3, 4, undefined],
      [3, 4, undefined],
      [3, 5, undefined],
      [6, 7, undefined],
    ]);
    expect(letters(w)).toEqual([[4, 'showstopper', 'poison']]);
    await stopCleanly(w);
  });

  test('what was only looked at is blamed where nothing was taken', async () => {
    const w = loopWorld(
      async ({ inputs: { go }, next }) => {
        await next(go.avail());
        if (go.peek() === 1) throw new Error('ugly');
        go.take();
      },
      { actor: { showstopperAfter: 2 } },
    );
    await give(w, 1);
    expect(letters(w)).toEqual([[1, 'showstopper', 'ugly']]);
  });

  test('ticks are never blamed, and count as a crash with empty hands', async () => {
    const w = loopWorld(
      async ({ inputs: { tick }, next, regeneration }) => {
        await next(tick.avail());
        tick.take();
        if (regeneration < 4) throw new Error('at the beat');
        await next(tick.avail(5));
      },
      { actor: { showstopperAfter: 1 } },
    );
    await w.tick.send('tick');
    await w.sim.settle();
    expect([actorOf(w.graph, 'actor').failures, w.graph.deadLetters.total]).toEqual([4, 0]);
    expect(channelOf(w.graph, 'tick').taken).toBe(1);
  });

  test('a loop paced by ticks gets past a poisoned batch of another input', async () => {
    const seen: (readonly number[])[] = [];
    const w = loopWorld(async ({ inputs: { go, tick }, outputs: { out }, next, running }) => {
      while (running()) {
        await next(tick.avail());
        tick.take();
        const batch = go.takeMany(64);
        seen.push(batch);
        if (batch.includes(2)) throw new Error('poison');
        out.sendMany(batch);
      }
    });
    for (const value of [1, 2, 3, 4]) w.go.trySend(value);
    for (let n = 0; n < 6; n += 1) {
      w.tick.trySend('tick');
      await w.sim.advance(1_000);
    }
    expect(w.arrived).toEqual([1, 3, 4]);
    expect(letters(w)).toEqual([[2, 'showstopper', 'poison']]);
  });
});

describe('the restart limit', () => {
  test('counts the first failed attempt of each message, not the further ones', async () => {
    const w = handlerWorld(
      () => {
        throw new Error('poison');
      },
      { actor: { maxRestarts: 2, showstopperAfter: 10, retryBackoff: { minMs: 0 } } },
    );
    await give(w, 1, 2);
    expect([w.graph.status, w.graph.deadLetters.total]).toEqual(['running', 2]);
    await w.go.send(3);
    await expect(w.sim.runUntil(w.graph.stopped())).rejects.toMatchObject({ code: 'ERR_RESTART_LIMIT' });
  });

  test('counts crashes with empty hands; the error names actor, failures and times, and the rest is stopped', async () => {
    const w = world();
    const ticker = defineActor({
      async run({ next, every, running }) {
        while (running()) {
          await next(every(1_000));
          throw new Error(`broken ${running() ? 'early' : 'late'}`);
        }
      },
    });
    const idle = w.graph.channel<number>('idle', { capacity: 1 });
    w.graph.actor('ticker', ticker, {}, { maxRestarts: 2, periodMs: 60_000 });
    w.graph.actor('idler', defineActor({ inputs: { idle: input<number>() }, on: { idle: () => undefined } }), { idle });
    w.graph.start();
    const stopped = w.sim.runUntil(w.graph.stopped());
    await expect(stopped).rejects.toMatchObject({
      code: 'ERR_RESTART_LIMIT',
      details: { actor: 'ticker', maxRestarts: 2, periodMs: 60_000 },
    });
    const error = (await stopped.catch((reason: unknown) => reason)) as Error & { details: { failures: unknown[] } };
    expect(error.details.failures).toHaveLength(3);
    expect(error.message).toMatch(/actor "ticker".*limit of 2 restarts in 60000 ms/);
    expect(error.message.match(/2026-01-01T00:00:01\.000Z regeneration \d: Error: broken early/g)).toHaveLength(3);
    expect(error.cause).toMatchObject({ message: 'broken early' });
    expect(w.graph.snapshot().actors.map(({ phase }) => phase)).toEqual(['ended', 'ended']);
    expect(w.sim.clock.pending).toBe(0);
  });

  test('forgets what is older than the period', async () => {
    const w = handlerWorld(
      () => {
        throw new Error('poison');
      },
      { actor: { maxRestarts: 1, periodMs: 1_000, showstopperAfter: 1 } },
    );
    for (let n = 0; n < 5; n += 1) {
      await give(w, n);
      await w.sim.advance(1_001);
    }
    expect([w.graph.status, w.graph.deadLetters.total]).toEqual(['running', 5]);
  });
});

describe('restart types', () => {
  const comesBack: [ActorOptions['restart'] & string, 'crash' | 'exit' | 'kill' | 'complete', boolean][] = [
    ['permanent', 'crash', true],
    ['permanent', 'exit', true],
    ['permanent', 'kill', true],
    ['permanent', 'complete', false],
    ['transient', 'crash', true],
    ['transient', 'exit', false],
    ['transient', 'kill', true],
    ['transient', 'complete', false],
    ['temporary', 'crash', false],
    ['temporary', 'exit', false],
    ['temporary', 'kill', false],
    ['temporary', 'complete', false],
  ];

  test.each(comesBack)('%s after %s: comes back %s', async (restart, how, expected) => {
    const w = handlerWorld(
      (_, ctx) => {
        if (how === 'crash' && ctx.attempt === 1) throw new Error('boom');
        if (how === 'exit') ctx.exit();
      },
      { actor: { restart } },
    );
    if (how === 'complete') {
      w.go.close();
      w.tick.close();
    } else await give(w, 1);
    if (how === 'kill') w.actor.kill();
    await w.sim.settle();
    const { regeneration, phase } = actorOf(w.graph, 'actor');
    expect([regeneration, phase === 'ended']).toEqual(expected ? [1, false] : [0, true]);
  });

  test('what an actor that is gone for good had before it, and what still comes, is dead letters', async () => {
    const w = handlerWorld(
      () => {
        throw new Error('boom');
      },
      { actor: { restart: 'temporary' } },
    );
    w.go.trySend(1);
    w.go.trySend(2);
    await w.sim.settle();
    expect(w.graph.deadLetters.list().map(({ payload, reason }) => [payload, reason])).toEqual([
      [1, 'no-consumer'],
      [2, 'no-consumer'],
    ]);
    expect(w.graph.deadLetters.list()[0]).toMatchObject({ attempts: 1 });
  });

  test('code outside is told that nobody reads any more', async () => {
    const w = world();
    const go = w.graph.channel<number>('go', { capacity: 1 });
    const idle = w.graph.channel<number>('idle', { capacity: 1 });
    const quitter = defineActor({ inputs: { go: input<number>() }, on: { go: (_, ctx) => ctx.exit() } });
    w.graph.actor('quitter', quitter, { go }, { restart: 'transient' });
    collect(w.graph, idle);
    w.graph.start();
    const sends = [1, 2, 3].map((n) => watch(go.send(n)));
    await w.sim.settle();
    expect(sends.map(({ state }) => state)).toEqual(['resolved', 'rejected', 'rejected']);
    expect(sends[1]).toMatchObject({ code: 'ERR_CHANNEL_CLOSED', error: { details: { undelivered: 2 } } });
    await expect(go.send(4)).rejects.toMatchObject({ code: 'ERR_CHANNEL_CLOSED' });
    expect(go.trySend(5)).toMatchObject({ ok: false, reason: 'closed' });
    await stopCleanly(w);
  });

  test('a run that returns while inputs are open has ended by its own wish', async () => {
    const w = loopWorld(async ({ inputs: { go }, next }) => void (await next(go.avail())), {
      actor: { restart: 'transient' },
    });
    await give(w, 1);
    expect(actorOf(w.graph, 'actor')).toMatchObject({ phase: 'ended', exit: 'normal' });
    expect(letters(w)).toEqual([[1, 'no-consumer', 'actor "actor" has ended']]);
  });

  test('an exit takes effect with its turn: what that turn sent has arrived', async () => {
    const w = handlerWorld(
      (value, ctx) => {
        ctx.outputs.out.send(value);
        ctx.exit();
        if (ctx.attempt === 1) throw new Error('not yet');
      },
      { actor: { restart: 'transient' } },
    );
    await give(w, 5);
    expect([w.arrived, actorOf(w.graph, 'actor').exit]).toEqual([[5], 'normal']);
  });
});

test('backoff delays the restart, and its time goes into the recovery', async () => {
  const w = handlerWorld(
    (_, ctx) => {
      if (ctx.attempt === 1) throw new Error('boom');
    },
    { actor: { backoff: { minMs: 500, jitter: 0 } } },
  );
  await give(w, 1);
  expect(actorOf(w.graph, 'actor').phase).toBe('delayed');
  await w.sim.advance(499);
  expect(actorOf(w.graph, 'actor').phase).toBe('delayed');
  await w.sim.advance(1);
  expect(actorOf(w.graph, 'actor')).toMatchObject({
    phase: 'idle',
    turns: 1,
    recovery: { count: 1, lastMs: 500, maxMs: 500, totalMs: 500 },
  });
});

describe('dead letters', () => {
  const poisoned = (whenFull: 'block' | 'evict', capacity: number = 2) =>
    handlerWorld(
      (value, ctx) => {
        if (value < 0) throw new Error(`poison ${value}`);
        if (value > 100) ctx.reject('too big');
      },
      { actor: { showstopperAfter: 1, maxRestarts: Infinity }, graph: { deadLetters: { capacity, whenFull } } },
    );

  test('have everything there is to know', async () => {
    const w = handlerWorld(
      (value) => {
        throw Object.assign(new RangeError(`no ${value}`), { code: 'E_NO' });
      },
      { actor: { showstopperAfter: 2, backoff: { minMs: 1_000, jitter: 0 } } },
    );
    await w.sim.advance(5_000);
    await give(w, 7);
    await w.sim.advance(1_000);
    const epochMs = Date.UTC(2026, 0, 1);
    expect(w.graph.deadLetters.list()).toEqual([
      {
        id: 1,
        payload: 7,
        channel: 'go',
        messageId: expect.stringMatching(/^[0-9a-z]+\/go\/0$/) as string,
        actor: 'actor',
        reason: 'showstopper',
        text: 'RangeError: no 7',
        issues: [],
        error: {
          name: 'RangeError',
          message: 'no 7',
          code: 'E_NO',
          stack: expect.stringContaining('failure.test') as string,
        },
        attempts: 2,
        regeneration: 1,
        firstFailedWallMs: epochMs + 5_000,
        wallMs: epochMs + 6_000,
      },
    ]);
    expect(structuredClone(w.graph.deadLetters.list())).toEqual(w.graph.deadLetters.list());
  });

  test.each([
    ['by failing', -3],
    ['by rejecting', 103],
  ])('when they are full, an actor that has one more %s waits, and goes on when there is room', async (_, third) => {
    const w = poisoned('block');
    await give(w, -1, -2, third, 4);
    expect(['recovering', 'committing']).toContain(actorOf(w.graph, 'actor').phase);
    expect([w.graph.deadLetters.total, channelOf(w.graph, 'go').taken]).toEqual([2, 0]);
    await w.sim.advance(100_000);
    expect(w.graph.deadLetters.total).toBe(2);
    expect(w.graph.deadLetters.discard(({ payload }) => payload === -1)).toBe(1);
    await w.sim.settle();
    expect(w.graph.deadLetters.list().map(({ payload }) => payload)).toEqual([-2, third]);
    expect(channelOf(w.graph, 'go').taken).toBe(1);
    await stopCleanly(w);
  });

  test('a blocked actor can be told apart, and a stop frees all who are blocked', async () => {
    const w = world({ deadLetters: { capacity: 1 }, actorDefaults: { showstopperAfter: 1 } });
    const failing = defineActor({
      inputs: { in: input<number>() },
      on: {
        in() {
          throw new Error('poison');
        },
      },
    });
    const names = ['a', 'b', 'c', 'd'];
    const channels = names.map((name) => w.graph.channel<number>(name, { capacity: 2 }));
    for (const [n, name] of names.entries()) {
      w.graph.actor(name, failing, { in: channels[n] as (typeof channels)[number] });
    }
    w.graph.start();
    for (const channel of channels) channel.trySend(1);
    await w.sim.settle();
    expect(w.graph.snapshot().actors.filter(({ phase }) => phase === 'recovering')).toHaveLength(3);
    await stopCleanly(w);
    expect(w.graph.deadLetters.list().map(({ reason }) => reason)).toEqual(new Array(4).fill('showstopper'));
    expect(w.sim.clock.nowMs()).toBe(0);
  });

  test('with evict the oldest go and are counted', async () => {
    const w = poisoned('evict');
    await give(w, -1, -2, -3, 104);
    expect(w.graph.deadLetters.list().map(({ id, payload }) => [id, payload])).toEqual([
      [3, -3],
      [4, 104],
    ]);
    expect(w.graph.snapshot().deadLetters).toMatchObject({ kept: 2, total: 4, evicted: 2, capacity: 2 });
    await stopCleanly(w);
  });

  test('say that they fill up, at four fifths and when full', async () => {
    const w = poisoned('block', 5);
    await give(w, -1, -2, -3, -4, -5);
    const filling = w.events.filter((event) => event.kind === 'deadLettersFilling');
    expect(filling.map(({ size }) => size)).toEqual([4, 5]);
  });

  test('are told to subscribers, whose errors reach nobody', async () => {
    const w = poisoned('block', 5);
    const seen: unknown[] = [];
    const stop = w.graph.deadLetters.subscribe(({ payload }) => {
      seen.push(payload);
      throw new Error('listener');
    });
    await give(w, -1);
    stop();
    await give(w, -2);
    expect([seen, w.graph.status]).toEqual([[-1], 'running']);
  });

  test('a turn with more of them than could ever fit takes the empty store, rather than block for ever', async () => {
    const w = loopWorld(
      async ({ inputs: { go }, next }) => {
        for (;;) {
          await next(go.avail(3));
          while (go.take() !== undefined) go.reject('all bad');
        }
      },
      { graph: { deadLetters: { capacity: 2 } } },
    );
    await give(w, 1, 2, 3);
    expect(w.graph.deadLetters.list()).toHaveLength(3);
  });
});

test('a state that cannot be made for an actor that wakes late is a failure of that actor alone', async () => {
  const w = world();
  const go = w.graph.channel<number>('go', { capacity: 4 });
  const [left, right] = ['left', 'right'].map((name) => w.graph.channel<number>(name, { capacity: 4 })) as [
    ReturnType<typeof w.graph.channel<number>>,
    ReturnType<typeof w.graph.channel<number>>,
  ];
  const splitter = defineActor({
    inputs: { go: input<number>() },
    outputs: { left: output<number>(), right: output<number>() },
    on: {
      go(value, ctx) {
        ctx.outputs[value % 2 === 0 ? 'left' : 'right'].send(value);
      },
    },
  });
  let made = 0;
  const keeper = defineActor({
    inputs: { in: input<number>() },
    state: () => {
      made += 1;
      if (made === 2) throw new Error('no state today');
      return { sum: 0 };
    },
    on: {
      in(value, ctx) {
        ctx.state.sum += value;
      },
    },
  });
  w.graph.actor('splitter', splitter, { go, left, right });
  w.graph.actor('even', keeper, { in: left });
  w.graph.actor('odd', keeper, { in: right });
  w.graph.start();
  for (const value of [1, 2, 3, 4]) await go.send(value);
  await w.sim.settle();
  expect(actorOf(w.graph, 'splitter')).toMatchObject({ turns: 4, failures: 0 });
  expect(actorOf(w.graph, 'even').state).toEqual({ sum: 6 });
  expect(actorOf(w.graph, 'odd')).toMatchObject({ failures: 1, state: { sum: 4 } });
  await stopCleanly(w);
});

test('a restarted loop that comes to its first wait has not recovered yet', async () => {
  const sim = new Simulation();
  const graph = new Graph({ name: 'opening', ports: sim.ports, logLevel: 'silent' });
  const attempts: number[] = [];
  const ticker = defineActor({
    state: () => ({ ticks: 0 }),
    async run(ctx) {
      const { state, next, every, running } = ctx;
      while (running()) {
        await next(every(10));
        attempts.push(ctx.attempt);
        if (attempts.length < 4) throw new Error('boom');
        state.ticks += 1;
      }
    },
  });
  graph.actor('ticker', ticker, {}, { maxRestarts: Infinity });
  graph.start();
  await sim.advance(10);
  expect(attempts).toEqual([1, 2, 3, 4]); // a beat that failed is due again at once, and the attempts are counted on
  await sim.advance(10);
  expect(attempts).toEqual([1, 2, 3, 4, 1]);
  expect(graph.snapshot().actors[0]).toMatchObject({ turns: 2, failures: 3, recovery: { count: 1 } });
  graph.requestShutdown();
  await sim.runUntil(graph.stopped());
});

test('a roll back is no attempt', async () => {
  const sim = new Simulation();
  const graph = new Graph({ name: 'rollbacks', ports: sim.ports, logLevel: 'silent' });
  const attempts: number[] = [];
  const source = defineActor({
    source({ attempt, rollback }) {
      attempts.push(attempt);
      if (attempts.length < 3) rollback();
      return 'done';
    },
  });
  graph.actor('source', source, {});
  graph.start();
  await sim.runUntil(graph.stopped());
  expect(attempts).toEqual([1, 1, 1]);
  expect(graph.snapshot().actors[0]).toMatchObject({ failures: 0, turns: 1 });
});
