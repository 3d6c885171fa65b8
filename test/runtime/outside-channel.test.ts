import { type Channel, defineActor, input, output } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { channelOf, collect, stopCleanly, watch, world } from './world.ts';

/** Takes one message at each message of `gate`. */
const gated = defineActor({
  inputs: { gate: input<string>(), numbers: input<number>() },
  state: () => ({ seen: [] as number[] }),
  async run({ inputs: { gate, numbers }, state, running, next, all }) {
    while (running()) {
      await next(all(gate.avail(), numbers.avail()));
      gate.take();
      const value = numbers.take();
      if (value !== undefined) state.seen.push(value);
    }
  },
});

function gatedWorld(capacity: number, maxWaiting?: number) {
  const w = world();
  const gate = w.graph.channel<string>('gate', { capacity: 64 });
  const numbers = w.graph.channel<number>('numbers', {
    capacity,
    ...(maxWaiting === undefined ? {} : { maxWaiting }),
  });
  w.graph.actor('reader', gated, { gate, numbers });
  w.graph.start();
  const seen = (): number[] => (w.graph.snapshot().actors[0]?.state as { seen: number[] }).seen;
  return { ...w, gate, numbers, seen };
}

describe('send', () => {
  test('waits for room, and resolves when the message is in the channel', async () => {
    const w = gatedWorld(2);
    const sends = [1, 2, 3].map((n) => watch(w.numbers.send(n)));
    await w.sim.settle();
    expect(sends.map(({ state }) => state)).toEqual(['resolved', 'resolved', 'pending']);
    expect(channelOf(w.graph, 'numbers').waitingForRoom).toBe(1);
    await w.gate.send('go');
    await w.sim.settle();
    expect(sends[2]?.state).toBe('resolved');
    expect(w.seen()).toEqual([1]);
  });

  test('keeps the order of a sender, also of those who had to wait, and nobody overtakes', async () => {
    const w = gatedWorld(1);
    for (let n = 0; n < 6; n += 1) watch(w.numbers.send(n));
    await w.gate.send('go');
    await w.sim.settle();
    expect(w.numbers.trySend(99)).toMatchObject({ ok: false, reason: 'full' });
    for (let n = 0; n < 6; n += 1) await w.gate.send('go');
    await w.sim.settle();
    expect(w.seen()).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('aborted before, it rejects with the reason and leaves nothing', async () => {
    const w = gatedWorld(1);
    const reason = new Error('changed my mind');
    await expect(w.numbers.send(1, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(w.numbers.size).toBe(0);
  });

  test('aborted while it waits, it is certainly not in the channel, and the one behind it moves up', async () => {
    const w = gatedWorld(1);
    const abort = new AbortController();
    await w.numbers.send(1);
    const second = watch(w.numbers.send(2, { signal: abort.signal }));
    const third = watch(w.numbers.send(3));
    abort.abort(new Error('late'));
    await w.sim.settle();
    expect(second).toMatchObject({ state: 'rejected', error: { message: 'late' } });
    expect(channelOf(w.graph, 'numbers').waitingForRoom).toBe(1);
    for (let n = 0; n < 3; n += 1) await w.gate.send('go');
    await w.sim.settle();
    expect([third.state, w.seen()]).toEqual(['resolved', [1, 3]]);
  });

  test('aborted after it was delivered, nothing happens', async () => {
    const w = gatedWorld(1);
    const abort = new AbortController();
    await w.numbers.send(1);
    const second = watch(w.numbers.send(2, { signal: abort.signal }));
    await w.gate.send('go');
    await w.sim.settle();
    abort.abort(new Error('too late'));
    await w.sim.settle();
    expect([second.state, w.numbers.size]).toEqual(['resolved', 1]);
  });

  test('beyond maxWaiting it is refused with the message', async () => {
    const w = gatedWorld(1, 2);
    const sends = [1, 2, 3, 4].map((n) => watch(w.numbers.send(n)));
    await w.sim.settle();
    expect(sends.map(({ state }) => state)).toEqual(['resolved', 'pending', 'pending', 'rejected']);
    expect(sends[3]).toMatchObject({
      code: 'ERR_OVERLOADED',
      error: { details: { channel: 'numbers', waiting: 2, undelivered: 4 } },
    });
    await w.gate.send('go');
    await w.sim.settle();
    expect(watch(w.numbers.send(5)).state).toBe('pending');
  });

  test('with maxWaiting 0 nobody may wait', async () => {
    const w = gatedWorld(1, 0);
    await w.numbers.send(1);
    await expect(w.numbers.send(2)).rejects.toMatchObject({ code: 'ERR_OVERLOADED' });
  });

  test('undefined is no message', async () => {
    const w = gatedWorld(1);
    const channel = w.numbers as Channel<number | undefined>;
    await expect(channel.send(undefined)).rejects.toMatchObject({ code: 'ERR_UNDEFINED_MESSAGE' });
    expect(() => channel.trySend(undefined)).toThrow(/undefined was sent/);
    expect(w.numbers.size).toBe(0);
  });

  test('what was sent is frozen, so that the sender cannot change it later', async () => {
    const w = world({ checks: true });
    const orders = w.graph.channel<{ lines: number[] }>('orders', { capacity: 4 });
    const arrived = collect(w.graph, orders);
    w.graph.start();
    const order = { lines: [1] };
    await orders.send(order);
    expect(() => order.lines.push(2)).toThrow(TypeError);
    await w.sim.settle();
    expect(arrived).toEqual([{ lines: [1] }]);
  });
});

test('a message with a getter that throws is refused by a rejection, and nothing of it is sent', async () => {
  const w = world();
  const channel = w.graph.channel<object>('channel', { capacity: 1 });
  const bad = { get now(): number { throw new Error('no'); } }; // prettier-ignore
  const outcome = watch(channel.send(bad));
  await w.sim.settle();
  expect(outcome).toMatchObject({ state: 'rejected', error: { message: 'no' } });
  expect(() => channel.trySend(bad)).toThrow('no');
  expect(channel.size).toBe(0);
});

test('trySend never waits, and gives the message back with the reason', async () => {
  const w = gatedWorld(1);
  expect(w.numbers.trySend(1)).toEqual({ ok: true });
  expect(w.numbers.trySend(2)).toEqual({ ok: false, reason: 'full', message: 2 });
  w.numbers.close();
  expect(w.numbers.trySend(3)).toEqual({ ok: false, reason: 'closed', message: 3 });
  w.graph.requestShutdown();
  expect(w.numbers.trySend(4)).toEqual({ ok: false, reason: 'stopping', message: 4 });
  await expect(w.numbers.send(5)).rejects.toMatchObject({ code: 'ERR_STOPPING', details: { undelivered: 5 } });
});

describe('closing', () => {
  test('settles every send that waits, and nothing is delivered after it', async () => {
    const w = gatedWorld(2);
    const sends = [1, 2, 3, 4].map((n) => watch(w.numbers.send(n)));
    await w.sim.settle();
    w.numbers.close();
    await w.sim.settle();
    expect(sends.map(({ state }) => state)).toEqual(['resolved', 'resolved', 'rejected', 'rejected']);
    expect(sends[2]).toMatchObject({ code: 'ERR_CHANNEL_CLOSED', error: { details: { undelivered: 3 } } });
    for (let n = 0; n < 4; n += 1) await w.gate.send('go');
    w.gate.close();
    await w.sim.runUntil(w.graph.stopped());
    expect(w.seen()).toEqual([1, 2]);
    expect(w.graph.deadLetters.total).toBe(0); // each came back to its sender
  });

  test('ends the graph by itself once everything is drained', async () => {
    const w = world();
    const numbers = w.graph.channel<number>('numbers', { capacity: 4 });
    const arrived = collect(w.graph, numbers);
    w.graph.start();
    await numbers.send(1);
    numbers.close();
    numbers.close();
    await w.sim.runUntil(w.graph.stopped());
    expect(arrived).toEqual([1]);
    expect(w.graph.status).toBe('stopped');
  });

  test('a channel is closed for the outside as soon as its last producer has ended', async () => {
    const w = world();
    const numbers = w.graph.channel<number>('numbers', { capacity: 4 });
    const other = w.graph.channel<number>('other', { capacity: 4 });
    w.graph.feed('feed', [], numbers);
    w.graph.actor('reader', defineActor({ inputs: { numbers: input<number>() }, on: { numbers: () => undefined } }), {
      numbers,
    });
    collect(w.graph, other);
    w.graph.start();
    await w.sim.settle();
    expect(channelOf(w.graph, 'numbers').closed).toBe(true);
    expect(numbers.trySend(1)).toEqual({ ok: false, reason: 'closed', message: 1 });
    await expect(numbers.send(1)).rejects.toMatchObject({ code: 'ERR_CHANNEL_CLOSED' });
    expect(numbers.sender().trySend(1)).toMatchObject({ ok: false, reason: 'closed' });
    await stopCleanly(w);
    expect(channelOf(w.graph, 'numbers').sent).toBe(0);
  });
});

describe('sender()', () => {
  test('keeps the channel open until it and all other ends have closed', async () => {
    const w = gatedWorld(8);
    const [a, b] = [w.numbers.sender(), w.numbers.sender()];
    w.numbers.close();
    a.close();
    a.close();
    await w.sim.settle();
    expect(channelOf(w.graph, 'numbers').closed).toBe(false);
    await expect(a.send(1)).rejects.toMatchObject({ code: 'ERR_CHANNEL_CLOSED' });
    expect(a.trySend(1)).toMatchObject({ reason: 'closed' });
    await b.send(2);
    b.close();
    await w.sim.settle();
    expect(channelOf(w.graph, 'numbers').closed).toBe(true);
  });

  test('the shutdown closes it', async () => {
    const w = world();
    const numbers = w.graph.channel<number>('numbers', { capacity: 4 });
    const arrived = collect(w.graph, numbers);
    const sender = numbers.sender();
    w.graph.start();
    await sender.send(1);
    await stopCleanly(w);
    expect(arrived).toEqual([1]);
    await expect(sender.send(2)).rejects.toMatchObject({ code: 'ERR_STOPPING' });
  });
});

describe('before the start', () => {
  test('what is sent waits in the channel, in order, and nothing runs', async () => {
    const w = world();
    const numbers = w.graph.channel<number>('numbers', { capacity: 2 });
    const words = w.graph.channel<string>('words', { capacity: 2 });
    const seen: number[] = [];
    const reader = defineActor({
      inputs: { numbers: input<number>() },
      on: { numbers: (value) => void seen.push(value) },
    });
    w.graph.actor('reader', reader, { numbers });
    const arrived = collect(w.graph, words);
    await numbers.send(1);
    await words.send('a');
    const [second, third] = [watch(numbers.send(2)), watch(numbers.send(3))];
    await w.sim.settle();
    expect([seen, arrived, second.state, third.state]).toEqual([[], [], 'resolved', 'pending']);
    w.graph.start();
    await w.sim.settle();
    expect([seen, arrived, third.state]).toEqual([[1, 2, 3], ['a'], 'resolved']);
    await stopCleanly(w);
  });

  test('a graph that is stopped before its start settles what waits, and keeps what it was given as dead letters', async () => {
    const w = world();
    const numbers = w.graph.channel<number>('numbers', { capacity: 1 });
    collect(w.graph, numbers);
    await numbers.send(1);
    const second = watch(numbers.send(2));
    w.graph.requestShutdown();
    await w.graph.stopped();
    await w.sim.settle();
    expect(second.code).toBe('ERR_STOPPING');
    await expect(numbers.send(3)).rejects.toMatchObject({ code: 'ERR_STOPPING' });
    expect(w.graph.deadLetters.list()).toMatchObject([{ payload: 1, reason: 'stopped', channel: 'numbers' }]);
    w.graph.checkConservation();
  });
});

describe('reading from outside', () => {
  const counter = defineActor({
    outputs: { numbers: output<number>() },
    state: () => ({ n: 0 }),
    source({ outputs, state }) {
      state.n += 1;
      outputs.numbers.send(state.n);
      return state.n < 5 ? 'more' : 'done';
    },
  });

  test('gives every message in order, and ends with the channel', async () => {
    const w = world();
    const numbers = w.graph.channel<number>('numbers', { capacity: 1 });
    w.graph.actor('counter', counter, { numbers });
    w.graph.start();
    const seen: number[] = [];
    for await (const n of numbers) seen.push(n);
    await w.sim.runUntil(w.graph.stopped());
    expect(seen).toEqual([1, 2, 3, 4, 5]);
    w.graph.checkConservation();
  });

  test('leaving the loop makes dead letters of what is left and of what still comes', async () => {
    const w = world();
    const numbers = w.graph.channel<number>('numbers', { capacity: 2 });
    w.graph.actor('counter', counter, { numbers });
    w.graph.start();
    await w.sim.settle();
    for await (const n of numbers) if (n === 1) break;
    await w.sim.runUntil(w.graph.stopped());
    expect(w.graph.deadLetters.list().map(({ payload, reason }) => [payload, reason])).toEqual([
      [2, 'no-consumer'],
      [3, 'no-consumer'],
      [4, 'no-consumer'],
      [5, 'no-consumer'],
    ]);
    expect(channelOf(w.graph, 'numbers')).toMatchObject({ sent: 5, taken: 1, deadLettered: 4, inFlight: 0 });
  });

  test('return() settles a next() that waits', async () => {
    const w = world();
    const numbers = w.graph.channel<number>('numbers', { capacity: 2 });
    const reader = numbers[Symbol.asyncIterator]();
    const waiting = watch(reader.next());
    await w.sim.settle();
    await reader.return?.();
    await w.sim.settle();
    expect(waiting).toMatchObject({ state: 'resolved', value: { done: true } });
    expect(await reader.next()).toMatchObject({ done: true });
    await expect(numbers.send(1)).rejects.toMatchObject({ code: 'ERR_CHANNEL_CLOSED' });
  });

  test('a channel has one consumer', () => {
    const w = world();
    const numbers = w.graph.channel<number>('numbers', { capacity: 2 });
    const first = numbers[Symbol.asyncIterator]();
    expect(() => numbers[Symbol.asyncIterator]()).toThrow(/has one consumer, "a reader outside the graph"/);
    expect(() => collect(w.graph, numbers)).toThrow(expect.objectContaining({ code: 'ERR_WIRING' }) as Error);
    expect(first).toBeDefined();
  });

  test('two next() at the same time are refused', async () => {
    const w = world();
    const numbers = w.graph.channel<number>('numbers', { capacity: 2 });
    const reader = numbers[Symbol.asyncIterator]();
    const first = watch(reader.next());
    await expect(reader.next()).rejects.toMatchObject({ code: 'ERR_ALREADY_WAITING' });
    await numbers.send(7);
    await w.sim.settle();
    expect(first.value).toEqual({ done: false, value: 7 });
  });
});

test.each([
  ['channel.send', (channel: Channel<number>) => channel.send(1)],
  ['channel.trySend', (channel: Channel<number>) => channel.trySend(1)],
  ['channel.close', (channel: Channel<number>) => channel.close()],
  ['channel.sender', (channel: Channel<number>) => channel.sender()],
])('%s inside a turn is refused: it would escape the roll back', async (api, call) => {
  const w = world({ actorDefaults: { showstopperAfter: 1 } });
  const go = w.graph.channel<number>('go', { capacity: 1 });
  const other = w.graph.channel<number>('other', { capacity: 8 });
  collect(w.graph, other);
  const actor = defineActor({
    inputs: { go: input<number>() },
    on: {
      go() {
        void call(other);
      },
    },
  });
  w.graph.actor('actor', actor, { go });
  w.graph.start();
  await go.send(1);
  await w.sim.settle();
  expect(w.graph.deadLetters.list()[0]?.error).toMatchObject({ code: 'ERR_OUTSIDE_API_IN_TURN' });
  expect(w.graph.deadLetters.list()[0]?.error?.message).toContain(`${api} was called inside a turn of actor "actor"`);
});

test.each([
  ['send', (sender: ReturnType<Channel<number>['sender']>) => sender.send(1)],
  ['trySend', (sender: ReturnType<Channel<number>['sender']>) => sender.trySend(1)],
  ['close', (sender: ReturnType<Channel<number>['sender']>) => sender.close()],
])('%s of a sender inside a turn is refused as well', async (_, call) => {
  const w = world({ actorDefaults: { showstopperAfter: 1 } });
  const go = w.graph.channel<number>('go', { capacity: 1 });
  const other = w.graph.channel<number>('other', { capacity: 8 });
  const arrived = collect(w.graph, other);
  const sender = other.sender();
  const actor = defineActor({
    inputs: { go: input<number>() },
    on: {
      go() {
        void call(sender);
      },
    },
  });
  w.graph.actor('actor', actor, { go });
  w.graph.start();
  await go.send(1);
  await w.sim.settle();
  expect(w.graph.deadLetters.list()[0]?.error).toMatchObject({ code: 'ERR_OUTSIDE_API_IN_TURN' });
  expect(arrived).toEqual([]);
});
