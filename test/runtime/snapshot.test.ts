import type { Channel } from 'holdfast';
import { defineActor, input, output } from 'holdfast';
import { expect, test } from 'vitest';
import { give, handlerWorld, loopWorld, type SingleState } from './single-actor.ts';
import { actorOf, channelOf, collect, stopCleanly, world } from './world.ts';

test('counts what happened, per channel and per actor', async () => {
  const w = handlerWorld(
    (value, ctx) => {
      ctx.outputs.out.send(value);
      ctx.state.n += value;
      if (value === 2 && ctx.attempt === 1) throw new Error('once');
      if (value === 3) ctx.reject('three');
      if (value === 4) throw new Error('always');
    },
    { actor: { showstopperAfter: 2 } },
  );
  for (const value of [1, 2, 3, 4]) w.go.trySend(value);
  await w.sim.settle();
  expect(channelOf(w.graph, 'go')).toEqual({
    name: 'go',
    capacity: 64,
    limit: 64,
    producers: [],
    consumer: 'actor',
    closed: false,
    sent: 4,
    taken: 2,
    deadLettered: 2,
    inFlight: 0,
    highestFill: 4,
    waitingForRoom: 0,
  });
  expect(channelOf(w.graph, 'out')).toMatchObject({
    producers: ['actor'],
    consumer: 'collector of out',
    sent: 3,
    taken: 3,
  });
  expect(actorOf(w.graph, 'actor')).toMatchObject({
    phase: 'idle',
    exit: undefined,
    turns: 3,
    failures: 3,
    restarts: 3,
    regeneration: 3,
    recovery: { count: 1 },
    state: { n: 6, list: [] },
  });
  expect(w.graph.snapshot().deadLetters).toEqual({
    kept: 2,
    byReason: {
      showstopper: 1,
      rejected: 1,
      invalid: 0,
      'no-consumer': 0,
      'breaker-open': 0,
      restarted: 0,
      stopped: 0,
    },
    total: 2,
    evicted: 0,
    discarded: 0,
    replayed: 0,
    routed: 0,
    capacity: 10_000,
  });
  await stopCleanly(w);
});

test('is plain data, and none of it is a reference into the graph', async () => {
  const w = handlerWorld((value, ctx) => {
    ctx.state.list.push(value);
  });
  await give(w, 1);
  const before = w.graph.snapshot();
  expect(structuredClone(before)).toEqual(before);
  (actorOf(w.graph, 'actor').state as SingleState).list.push(1_000);
  (before.channels[0]?.producers as string[]).push('nobody');
  await give(w, 2);
  expect(actorOf(w.graph, 'actor').state).toEqual({ n: 0, list: [1, 2] });
  expect((before.actors[0]?.state as SingleState).list).toEqual([1]);
  expect(channelOf(w.graph, 'go').producers).toEqual([]);
});

test('shows the state as last committed, not what an open turn has done to it', async () => {
  const w = loopWorld(async ({ inputs: { go }, state, next, pause, after }) => {
    for (;;) {
      await next(go.avail());
      state.n += go.take() ?? 0;
      await pause(after(100));
    }
  });
  await give(w, 5);
  expect(actorOf(w.graph, 'actor').state).toMatchObject({ n: 0 });
  await w.sim.advance(100);
  expect(actorOf(w.graph, 'actor').state).toMatchObject({ n: 5 });
});

test('an actor that has had nothing to do is asleep, and ends without ever having been made', async () => {
  const w = world();
  const channels = ['a', 'b', 'c'].map((name) => w.graph.channel<number>(name, { capacity: 1 }));
  const [a, b, c] = channels as [Channel<number>, Channel<number>, Channel<number>];
  let made = 0;
  const lazy = defineActor({
    inputs: { in: input<number>() },
    outputs: { out: output<number>() },
    on: {
      in(value, ctx) {
        made += 1;
        ctx.outputs.out.send(value);
      },
    },
  });
  w.graph.actor('first', lazy, { in: a, out: b });
  w.graph.actor('second', lazy, { in: b, out: c });
  const arrived = collect(w.graph, c);
  w.graph.start();
  await w.sim.settle();
  expect(w.graph.snapshot().actors.map(({ phase }) => phase)).toEqual(['asleep', 'asleep']);
  await stopCleanly(w);
  expect(w.graph.snapshot().actors.map(({ phase, exit }) => [phase, exit])).toEqual([
    ['ended', 'completed'],
    ['ended', 'completed'],
  ]);
  expect([made, arrived]).toEqual([0, []]);
});

test('an actor that has not begun yet can be killed, and its own channel be had from the handle', async () => {
  const w = world();
  const mailbox = defineActor({
    inputs: { mail: input<number>({ capacity: 2 }) },
    state: () => ({ sum: 0 }),
    on: {
      mail(value, ctx) {
        ctx.state.sum += value;
      },
    },
  });
  const handle = w.graph.actor('desk', mailbox, {});
  w.graph.start();
  handle.kill();
  await handle.input('mail').send(7);
  await w.sim.settle();
  expect(handle.input('mail').name).toBe('desk.mail');
  expect(actorOf(w.graph, 'desk')).toMatchObject({ phase: 'idle', state: { sum: 7 } });
  await stopCleanly(w);
});

test('a chain of thousands of actors that have slept all along can be stopped', async () => {
  const w = world();
  const relay = defineActor({
    inputs: { in: input<number>() },
    outputs: { out: output<number>() },
    on: {
      in(value, ctx) {
        ctx.outputs.out.send(value);
      },
    },
  });
  const length = 20_000;
  let from = w.graph.channel<number>('0', { capacity: 1 });
  for (let n = 1; n <= length; n += 1) {
    const to = w.graph.channel<number>(String(n), { capacity: 1 });
    w.graph.actor(`a${n}`, relay, { in: from, out: to });
    from = to;
  }
  w.graph.start();
  w.graph.requestShutdown();
  await w.sim.runUntil(w.graph.stopped());
  expect(w.graph.status).toBe('stopped');
});

test('the busy time of an actor is that of its turns, and a slow one is reported with its name', async () => {
  const w = handlerWorld((value) => w.sim.clock.jumpTo(w.sim.clock.nowMs() + value), { graph: { slowTurnMs: 50 } });
  await give(w, 49);
  expect(w.events.filter(({ kind }) => kind === 'slowTurn')).toEqual([]);
  await give(w, 50);
  expect(w.events.filter(({ kind }) => kind === 'slowTurn')).toEqual([
    { kind: 'slowTurn', actor: 'actor', elapsedMs: 50, turns: 1 },
  ]);
  expect(actorOf(w.graph, 'actor').busyMs).toBe(99);
});

test('watching never changes results: a listener that throws or unsubscribes others does no harm', async () => {
  const w = handlerWorld((value, ctx) => ctx.outputs.out.send(value));
  const seen: string[] = [];
  const stop = w.graph.subscribe(({ kind }) => {
    seen.push(kind);
    stop();
    throw new Error('listener');
  });
  await give(w, 1, 2);
  w.actor.kill();
  await w.sim.settle();
  expect([w.arrived, seen.length]).toEqual([[1, 2], 1]);
  await stopCleanly(w);
});
