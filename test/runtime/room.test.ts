import { type Channel, defineActor, input, output } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { actorOf, channelOf, collect, stopCleanly, world } from './world.ts';

/** Sends on what it takes, one message a turn, handler style. */
const relay = defineActor({
  inputs: { in: input<number>() },
  outputs: { out: output<number>() },
  on: {
    in(value, ctx) {
      ctx.outputs.out.send(value);
    },
  },
});

/** Sends `count` messages, `batch` in a turn, tagged with its name. */
const producer = (count: number, batch: number) =>
  defineActor({
    outputs: { out: output<string>() },
    state: () => ({ sent: 0 }),
    source(ctx) {
      for (let n = 0; n < batch && ctx.state.sent < count; n += 1) {
        ctx.outputs.out.send(`${ctx.name}${ctx.state.sent}`);
        ctx.state.sent += 1;
      }
      return ctx.state.sent < count ? 'more' : 'done';
    },
  });

describe('room made by the turn itself', () => {
  test('counts: an actor that sends to itself at capacity 1 does not block itself', async () => {
    const w = world();
    const own = w.graph.channel<number>('own', { capacity: 1 });
    const out = w.graph.channel<number>('out', { capacity: 8 });
    const countdown = defineActor({
      inputs: { own: input<number>() },
      outputs: { again: output<number>(), out: output<number>() },
      on: {
        own(value, ctx) {
          ctx.outputs.out.send(value);
          if (value > 0) ctx.outputs.again.send(value - 1);
          else ctx.outputs.again.close();
        },
      },
    });
    w.graph.actor('countdown', countdown, { own, again: own, out });
    const arrived = collect(w.graph, out);
    w.graph.start();
    own.trySend(5);
    own.close();
    await w.sim.runUntil(w.graph.stopped());
    expect(arrived).toEqual([5, 4, 3, 2, 1, 0]);
  });

  test('does not count for more than it is: what can never fit beside the rest is a deadlock', async () => {
    const w = world({ actorDefaults: { showstopperAfter: 1 } });
    const own = w.graph.channel<number>('own', { capacity: 2 });
    const doubler = defineActor({
      inputs: { own: input<number>() },
      outputs: { again: output<number>() },
      on: {
        own(value, ctx) {
          if (value > 0) ctx.outputs.again.sendMany([value - 1, value - 1]);
        },
      },
    });
    w.graph.actor('doubler', doubler, { own, again: own });
    w.graph.start();
    own.trySend(2);
    own.trySend(2);
    await w.sim.settle();
    const [letter] = w.graph.deadLetters.list();
    expect(letter?.error).toMatchObject({ code: 'ERR_DEADLOCK' });
    expect(letter?.text).toContain('"doubler" → "doubler"');
    await w.sim.settle();
    w.graph.checkConservation();
    expect(actorOf(w.graph, 'doubler').phase).toBe('idle');
  });
});

describe('the line for room', () => {
  test('serves producers of big and of small batches alike', async () => {
    const w = world();
    const shared = w.graph.channel<string>('shared', { capacity: 8 });
    w.graph.actor('B', producer(800, 8), { out: shared });
    for (const name of ['a', 'b', 'c', 'd', 'e']) w.graph.actor(name, producer(100, 1), { out: shared });
    const arrived = collect(w.graph, shared);
    w.graph.start();
    await w.sim.runUntil(w.graph.stopped());
    // Turn by turn: 8 of B for each message of the small ones, from the beginning to the end.
    const turnsOf = (name: string, messages: readonly string[]): number =>
      messages.filter((message) => message.startsWith(name)).length / (name === 'B' ? 8 : 1);
    const half = arrived.slice(0, 650);
    for (const name of ['B', 'a', 'b', 'c', 'd', 'e']) {
      expect(turnsOf(name, half)).toBeGreaterThan(40);
      expect(turnsOf(name, half)).toBeLessThan(60);
      expect(arrived.filter((message) => message.startsWith(name))).toEqual(
        Array.from({ length: name === 'B' ? 800 : 100 }, (_, n) => `${name}${n}`),
      );
    }
  });

  test('lets everybody through who fits, so that not every message has to wait', async () => {
    const w = world();
    const shared = w.graph.channel<string>('shared', { capacity: 64 });
    for (let index = 0; index < 10; index += 1) w.graph.actor(`p${index}.`, producer(200, 1), { out: shared });
    const reader = defineActor({ inputs: { in: input<string>() }, on: { in() {} } });
    w.graph.actor('reader', reader, { in: shared });
    let waits = 0;
    w.graph.setProbe((point) => {
      if (point === 'commit:waitForRoom') waits += 1;
    });
    w.graph.start();
    await w.sim.runUntil(w.graph.stopped());
    expect(channelOf(w.graph, 'shared').taken).toBe(2_000);
    expect(waits).toBeGreaterThan(100); // the channel was full time and again
    expect(waits).toBeLessThan(1_000); // one for each message if whoever waited finds others before it each time
  });

  test('does not wait for more room from a reader that waits for what the line has still to send', async () => {
    const w = world();
    const shared = w.graph.channel<number>('shared', { capacity: 8 });
    const told = w.graph.channel<number>('told', { capacity: 8 });
    const teller = defineActor({
      outputs: { shared: output<number>(), told: output<number>() },
      state: () => ({ sent: 0 }),
      source(ctx) {
        ctx.outputs.shared.send(ctx.state.sent);
        if (ctx.state.sent >= 2) ctx.outputs.told.send(ctx.state.sent); // two of each of the four fill the channel
        ctx.state.sent += 1;
        return ctx.state.sent < 8 ? 'more' : 'done';
      },
    });
    const seen: number[] = [];
    const reader = defineActor({
      inputs: { shared: input<number>(), told: input<number>() },
      async run({ inputs, running, next, all }) {
        while (running()) {
          await next(all(inputs.shared.avail()));
          const message = inputs.shared.take();
          if (message !== undefined) seen.push(message);
          await next(all(inputs.told.avail())); // sent together with what the room just made is for
          inputs.told.take();
        }
      },
    });
    for (const name of ['a', 'b', 'c', 'd']) w.graph.actor(name, teller, { shared, told });
    w.graph.actor('reader', reader, { shared, told });
    w.graph.start();
    await w.sim.runUntil(w.graph.stopped());
    expect(seen).toHaveLength(32);
  });

  test('holds nobody up on the other outputs of a commit that waits', async () => {
    const w = world();
    const full = w.graph.channel<number>('full', { capacity: 1 });
    const free = w.graph.channel<string>('free', { capacity: 4 });
    const both = defineActor({
      outputs: { full: output<number>(), free: output<string>() },
      source(ctx) {
        ctx.outputs.full.send(1);
        ctx.outputs.free.send('both');
        return 'more';
      },
    });
    w.graph.actor('both', both, { full, free });
    w.graph.actor('p', producer(3, 1), { out: free });
    const arrived = collect(w.graph, free);
    w.graph.start();
    await w.sim.settle();
    expect(actorOf(w.graph, 'both').phase).toBe('committing');
    expect(arrived).toEqual(['both', 'p0', 'p1', 'p2']);
  });

  test('outside sends stand in it like commits', async () => {
    const w = world();
    const shared = w.graph.channel<string>('shared', { capacity: 1 });
    w.graph.actor('p', producer(4, 1), { out: shared });
    w.graph.start();
    await w.sim.settle();
    void shared.send('outside 1');
    void shared.send('outside 2');
    const seen: string[] = [];
    for await (const message of shared) {
      seen.push(message);
      if (seen.length === 4) shared.close();
    }
    expect(seen).toEqual(['p0', 'p1', 'outside 1', 'outside 2', 'p2', 'p3']);
  });

  test('is left by a commit that is killed while it waits: the next one moves up', async () => {
    const w = world();
    const shared = w.graph.channel<string>('shared', { capacity: 1 });
    const first = w.graph.actor('x', producer(2, 1), { out: shared }, { restart: 'temporary' });
    w.graph.actor('y', producer(1, 1), { out: shared });
    w.graph.start();
    await w.sim.settle();
    expect(channelOf(w.graph, 'shared').waitingForRoom).toBe(2);
    first.kill();
    await w.sim.settle();
    expect(channelOf(w.graph, 'shared').waitingForRoom).toBe(1);
    const seen: string[] = [];
    for await (const message of shared) seen.push(message);
    expect(seen).toEqual(['x0', 'y0']);
    w.graph.checkConservation();
  });

  test('a consumer that is gone for good wakes all who wait; their messages become dead letters', async () => {
    const w = world();
    const shared = w.graph.channel<string>('shared', { capacity: 1 });
    const sleeper = defineActor({
      inputs: { in: input<string>() },
      on: { in: (_, ctx) => ctx.effect('sleep', () => new Promise<void>(() => undefined)) },
    });
    for (const name of ['x', 'y', 'z']) w.graph.actor(name, producer(2, 1), { out: shared });
    const reader = w.graph.actor('reader', sleeper, { in: shared }, { restart: 'temporary' });
    w.graph.start();
    await w.sim.settle();
    expect(channelOf(w.graph, 'shared').waitingForRoom).toBe(3);
    reader.kill();
    await w.sim.runUntil(w.graph.stopped());
    expect(channelOf(w.graph, 'shared')).toMatchObject({ sent: 6, taken: 0, deadLettered: 6, inFlight: 0 });
    expect(new Set(w.graph.deadLetters.list().map(({ reason }) => reason))).toEqual(new Set(['no-consumer']));
    expect(new Set(w.graph.deadLetters.list().map(({ messageId }) => messageId)).size).toBe(6);
  });
});

describe('a cycle of full channels', () => {
  test.each(['fair', 'random'] as const)(
    'whose takes make all commits fit goes on as a group (schedule: %s)',
    async (schedule) => {
      for (let seed = 1; seed <= 10; seed += 1) {
        const w = world({}, { seed, schedule });
        const size = 2 + (seed % 4);
        const ring = Array.from({ length: size }, (_, n) =>
          w.graph.channel<number>(`c${n}`, { capacity: 1 + (n % 2) }),
        );
        let turns = 0;
        const counted = defineActor({
          inputs: { in: input<number>() },
          outputs: { out: output<number>() },
          on: {
            in(value, ctx) {
              turns += 1;
              if (turns < 2_000) ctx.outputs.out.send(value);
            },
          },
        });
        for (const [n, channel] of ring.entries()) {
          w.graph.actor(`a${n}`, counted, { in: channel, out: ring[(n + 1) % size] as typeof channel });
        }
        for (const channel of ring) while (channel.trySend(0).ok);
        w.graph.start();
        await w.sim.settle();
        expect(turns).toBeGreaterThanOrEqual(2_000);
        expect(w.graph.snapshot().actors.map(({ failures }) => failures)).toEqual(new Array(size).fill(0));
        w.graph.checkConservation();
      }
    },
  );

  test('into which others send as well is no deadlock: who was carried along has only not resumed yet', async () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const w = world({}, { seed, schedule: 'random' });
      const ab = w.graph.channel<number>('ab', { capacity: 1 });
      const ba = w.graph.channel<number>('ba', { capacity: 1 });
      let turns = 0;
      const player = defineActor({
        inputs: { in: input<number>() },
        outputs: { out: output<number>() },
        on: {
          in(value, ctx) {
            turns += 1;
            if (turns < 300 || value < 0) ctx.outputs.out.send(value);
          },
        },
      });
      const guest = defineActor({
        outputs: { out: output<number>() },
        state: () => ({ n: 0 }),
        source(ctx) {
          ctx.outputs.out.send(1);
          ctx.state.n += 1;
          return ctx.state.n < 20 ? 'more' : 'done';
        },
      });
      w.graph.actor('a', player, { in: ba, out: ab });
      w.graph.actor('b', player, { in: ab, out: ba });
      w.graph.actor('guest', guest, { out: ab });
      ab.trySend(0);
      ba.trySend(0);
      w.graph.start();
      await w.sim.settle();
      expect(w.graph.snapshot().actors.map(({ failures }) => failures)).toEqual([0, 0, 0]);
      expect(actorOf(w.graph, 'guest').exit).toBe('completed');
    }
  });

  test.each([1, 2, 3])(
    'that only waits for room outside of it goes on when that appears (%i actors on the way)',
    async (size) => {
      const w = world();
      const ring = Array.from({ length: size + 1 }, (_, n) => w.graph.channel<number>(`c${n}`, { capacity: 1 }));
      const tap = w.graph.channel<number>('tap', { capacity: 1 });
      // The first actor also sends to a reader that is slow; the full ring comes first among its outputs.
      const tapped = defineActor({
        inputs: { in: input<number>() },
        outputs: { out: output<number>(), tap: output<number>() },
        on: {
          in(value, { outputs }) {
            outputs.out.send(value);
            outputs.tap.send(value);
          },
        },
      });
      const slow = defineActor({
        inputs: { in: input<number>() },
        on: { in: (_, { effect }) => effect('a second', () => new Promise<void>((done) => dones.push(done))) },
      });
      const dones: (() => void)[] = [];
      for (const [n, channel] of ring.entries()) {
        const out = ring[(n + 1) % ring.length] as typeof channel;
        if (n === 0) w.graph.actor('a0', tapped, { in: channel, out, tap });
        else w.graph.actor(`a${n}`, relay, { in: channel, out });
        channel.trySend(n);
      }
      w.graph.actor('slow', slow, { in: tap });
      tap.trySend(-1);
      w.graph.start();
      await w.sim.settle();
      for (let turn = 0; turn < 20; turn += 1) {
        expect(actorOf(w.graph, 'a0').turns).toBe(turn);
        for (const done of dones.splice(0)) done();
        await w.sim.settle();
      }
      expect(w.graph.snapshot().actors.map(({ failures }) => failures)).toEqual(new Array(size + 2).fill(0));
    },
  );

  test('that can never fit is a failure of the actor that closed it, names the path, and frees itself', async () => {
    const w = world({ actorDefaults: { showstopperAfter: 1 } });
    const ab = w.graph.channel<number>('ab', { capacity: 2 });
    const ba = w.graph.channel<number>('ba', { capacity: 2 });
    const doubler = defineActor({
      inputs: { in: input<number>() },
      outputs: { out: output<number>() },
      on: {
        in(value, ctx) {
          if (value > 0) ctx.outputs.out.sendMany([value - 1, value - 1]);
        },
      },
    });
    w.graph.actor('alpha', doubler, { in: ba, out: ab });
    w.graph.actor('beta', doubler, { in: ab, out: ba });
    for (const channel of [ab, ba]) while (channel.trySend(1).ok);
    w.graph.start();
    await w.sim.settle();
    const deadlocks = w.graph.deadLetters.list().filter(({ error }) => error?.code === 'ERR_DEADLOCK');
    expect(deadlocks.length).toBeGreaterThan(0);
    const text = deadlocks[0]?.text ?? '';
    expect(text).toMatch(/"(alpha|beta)" → "(alpha|beta)" → "(alpha|beta)"/);
    expect(text).toContain(`: "${deadlocks[0]?.actor}"`); // the path begins with the actor that closed it
    expect(w.graph.snapshot().channels.map(({ inFlight }) => inFlight)).toEqual([0, 0]);
    w.graph.checkConservation();
  });

  test('is none where one commit only has to wait for another, even if both have more for a channel than it holds', async () => {
    const w = world();
    const chain = w.graph.channel<number>('chain', { capacity: 2 });
    const tap = w.graph.channel<number>('tap', { capacity: 2 });
    const dones: (() => void)[] = [];
    const first = defineActor({
      outputs: { chain: output<number>(), tap: output<number>() },
      state: () => ({ n: 0 }),
      source({ outputs, state }) {
        outputs.chain.send(state.n);
        outputs.tap.send(state.n);
        state.n += 1;
        return state.n < 10 ? 'more' : 'done';
      },
    });
    const second = defineActor({
      inputs: { chain: input<number>() },
      outputs: { tap: output<number>() },
      on: { chain: (value, { outputs }) => outputs.tap.sendMany([value, value]) },
    });
    const slow = defineActor({
      inputs: { tap: input<number>() },
      state: () => ({ got: 0 }),
      on: {
        async tap(_, { effect, state }) {
          state.got += 1;
          await effect('a while', () => new Promise<void>((done) => dones.push(done)));
        },
      },
    });
    w.graph.actor('first', first, { chain, tap });
    w.graph.actor('second', second, { chain, tap });
    w.graph.actor('slow', slow, { tap });
    w.graph.start();
    for (let turn = 0; turn < 40; turn += 1) {
      await w.sim.settle();
      for (const done of dones.splice(0)) done();
    }
    await w.sim.settle();
    expect(w.graph.snapshot().actors.map(({ failures }) => failures)).toEqual([0, 0, 0]);
    expect(actorOf(w.graph, 'slow').state).toEqual({ got: 30 });
  });

  test('is none where nothing goes in a circle: a reader that has room by now may take more than once', async () => {
    const batch = defineActor({
      outputs: { orders: output<number>() },
      state: () => ({ n: 0 }),
      source({ outputs, state }) {
        outputs.orders.sendMany([state.n, state.n, state.n]);
        state.n += 1;
        return state.n < 200 ? 'more' : 'done';
      },
    });
    for (let seed = 1; seed <= 20; seed += 1) {
      const w = world({}, { seed, schedule: 'random' });
      const orders = w.graph.channel<number>('orders', { capacity: 4 });
      const approved = w.graph.channel<number>('approved', { capacity: 1 });
      const filled = w.graph.channel<number>('filled', { capacity: 1 });
      w.graph.actor('batch', batch, { orders });
      w.graph.actor('first', relay, { in: orders, out: approved });
      w.graph.actor('second', relay, { in: approved, out: filled });
      const arrived = collect(w.graph, filled);
      w.graph.start();
      await w.sim.runUntil(w.graph.stopped());
      expect(w.graph.snapshot().actors.map(({ failures }) => failures)).toEqual([0, 0, 0]);
      expect(arrived).toHaveLength(600);
    }
  });

  test('that needs more room at once outside of it than there is fails, rather than wait for ever', async () => {
    const w = world({ actorDefaults: { showstopperAfter: 1 } });
    const [ab, ba, tap] = ['ab', 'ba', 'tap'].map((name) => w.graph.channel<number>(name, { capacity: 1 })) as [
      Channel<number>,
      Channel<number>,
      Channel<number>,
    ];
    const tapped = defineActor({
      inputs: { in: input<number>() },
      outputs: { out: output<number>(), tap: output<number>() },
      on: {
        in(value, { outputs }) {
          outputs.tap.send(value);
          if (value > 0) outputs.out.send(value - 1);
        },
      },
    });
    // Neither commit goes without the other, and together they have two messages for a channel that holds one.
    w.graph.actor('alpha', tapped, { in: ba, out: ab, tap });
    w.graph.actor('beta', tapped, { in: ab, out: ba, tap });
    const arrived = collect(w.graph, tap);
    for (const channel of [ab, ba]) channel.trySend(9);
    w.graph.start();
    await w.sim.settle();
    const letters = w.graph.deadLetters.list();
    expect(letters.map(({ error }) => error?.code)).toEqual(['ERR_DEADLOCK']);
    expect(letters[0]?.text).toMatch(/"(alpha|beta)" → "(alpha|beta)" → "(alpha|beta)"/);
    expect(arrived).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
  });
});

test.each(['handler', 'loop'] as const)(
  'the triangle P → A → X → B and P → B at capacity 1 is no deadlock (%s)',
  async (style) => {
    const w = world();
    const [pa, ax, pb] = ['pa', 'ax', 'pb'].map((name) => w.graph.channel<number>(name, { capacity: 1 })) as [
      ReturnType<typeof w.graph.channel<number>>,
      ReturnType<typeof w.graph.channel<number>>,
      ReturnType<typeof w.graph.channel<number>>,
    ];
    const p = defineActor({
      outputs: { a: output<number>(), b: output<number>() },
      state: () => ({ n: 0 }),
      source(ctx) {
        ctx.outputs.a.send(ctx.state.n);
        ctx.outputs.b.send(ctx.state.n);
        ctx.state.n += 1;
        return ctx.state.n < 100 ? 'more' : 'done';
      },
    });
    const join = defineActor({
      inputs: { x: input<number>(), p: input<number>() },
      state: () => ({ pairs: [] as [number | undefined, number | undefined][] }),
      async run({ inputs: { x, p }, state, next, all, running }) {
        while (running()) {
          await next(all(x.avail(), p.avail()));
          if (running()) state.pairs.push([x.take(), p.take()]);
        }
      },
    });
    const either = defineActor({
      inputs: { x: input<number>(), p: input<number>() },
      state: () => ({ pairs: [] as [number | undefined, number | undefined][] }),
      on: {
        x(value, ctx) {
          ctx.state.pairs.push([value, undefined]);
        },
        p(value, ctx) {
          ctx.state.pairs.push([undefined, value]);
        },
      },
    });
    w.graph.actor('P', p, { a: pa, b: pb });
    w.graph.actor('A', relay, { in: pa, out: ax });
    w.graph.actor('B', style === 'loop' ? join : either, { x: ax, p: pb });
    w.graph.start();
    await w.sim.runUntil(w.graph.stopped());
    const { pairs } = actorOf(w.graph, 'B').state as { pairs: [number | undefined, number | undefined][] };
    const numbers = Array.from({ length: 100 }, (_, n) => n);
    expect(pairs.map(([x]) => x).filter((x) => x !== undefined)).toEqual(numbers);
    expect(pairs.map(([, b]) => b).filter((b) => b !== undefined)).toEqual(numbers);
    expect(w.graph.snapshot().actors.map(({ failures }) => failures)).toEqual([0, 0, 0]);
  },
);

test('vacant holds when there is room, and makes no reservation', async () => {
  const w = world();
  const out = w.graph.channel<string>('out', { capacity: 1 });
  const polite = defineActor({
    outputs: { out: output<string>() },
    async run({ outputs: { out }, next, running, name }) {
      for (let n = 0; n < 3 && running(); n += 1) {
        await next(out.vacant());
        out.send(`${name}${n}`);
      }
    },
  });
  w.graph.actor('a', polite, { out }, { restart: 'temporary' });
  w.graph.actor('b', polite, { out }, { restart: 'temporary' });
  const arrived = collect(w.graph, out);
  w.graph.start();
  await w.sim.runUntil(w.graph.stopped());
  expect([...arrived].sort()).toEqual(['a0', 'a1', 'a2', 'b0', 'b1', 'b2']);
  await stopCleanly(w);
});
