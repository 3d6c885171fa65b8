import { type Channel, defineActor, input, output } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { adder, degraded, gotOf, keepRunning, steps, switched } from './degradation-world.ts';
import { actorOf, channelOf, stopCleanly, watch, type World } from './world.ts';

describe('optional actors', () => {
  test('begin no turn while they are paused, and lose nothing', async () => {
    const { w, on, off } = switched({ pauseOptional: true });
    const numbers = w.graph.channel<number>('numbers', { capacity: 4 });
    const needed = w.graph.channel<number>('needed', { capacity: 4 });
    w.graph.actor('optional', adder, { in: numbers }, { optional: true });
    w.graph.actor('needed', adder, { in: needed });
    w.graph.start();
    numbers.trySend(1);
    await w.sim.settle();
    await on();
    for (let value = 2; value <= 5; value += 1) {
      expect(numbers.trySend(value).ok).toBe(true);
      needed.trySend(value);
    }
    expect(numbers.trySend(6)).toMatchObject({ ok: false, reason: 'full' });
    const waiting = numbers.send(6);
    await w.sim.advance(60_000);
    expect(gotOf(w, 'optional')).toEqual([1]);
    expect(gotOf(w, 'needed')).toEqual([2, 3, 4, 5]);
    expect([actorOf(w.graph, 'optional').phase, actorOf(w.graph, 'needed').phase]).toEqual(['held', 'idle']);
    await off();
    await waiting;
    expect(gotOf(w, 'optional')).toEqual([1, 2, 3, 4, 5, 6]);
    expect(actorOf(w.graph, 'optional').phase).toBe('idle');
    await stopCleanly(w);
  });

  test('finish the asynchronous turn that is open, and a commit that waits for room', async () => {
    const { w, on, off } = switched({ pauseOptional: true });
    const numbers = w.graph.channel<number>('numbers', { capacity: 4 });
    const full = w.graph.channel<number>('full', { capacity: 1 });
    const dones: (() => void)[] = [];
    const slow = defineActor({
      inputs: { in: input<number>() },
      outputs: { out: output<number>() },
      on: {
        async in(value, { effect, outputs }) {
          await effect('wait', () => new Promise<void>((done) => dones.push(done)));
          outputs.out.send(value);
        },
      },
    });
    w.graph.actor('slow', slow, { in: numbers, out: full }, { optional: true });
    w.graph.start();
    full.trySend(0);
    numbers.trySend(1);
    numbers.trySend(2);
    await w.sim.settle();
    await on();
    expect(actorOf(w.graph, 'slow').phase).toBe('turn');
    dones.shift()?.();
    await w.sim.settle();
    expect(actorOf(w.graph, 'slow').phase).toBe('committing');
    const seen: number[] = [];
    const reading = (async () => {
      for await (const value of full) seen.push(value);
    })();
    await w.sim.settle();
    expect(seen).toEqual([0, 1]);
    expect([actorOf(w.graph, 'slow').phase, dones.length]).toEqual(['held', 0]);
    await off();
    expect([actorOf(w.graph, 'slow').phase, dones.length]).toEqual(['turn', 1]);
    dones.shift()?.();
    await stopCleanly(w);
    await reading;
    expect(seen).toEqual([0, 1, 2]);
  });

  test.each(['next', 'tryNext', 'commit'] as const)(
    'as loops: a wait that could end does not, and waits inside an open turn go on (%s)',
    async (verb) => {
      const { w, on, off } = switched({ pauseOptional: true });
      const numbers = w.graph.channel<number>('numbers', { capacity: 8 });
      const trace: string[] = [];
      const loop = defineActor({
        inputs: { in: input<number>() },
        async run({ inputs, running, next, tryNext, commit, pause, any, after }) {
          const some = inputs.in.avail();
          while (running()) {
            if (verb === 'tryNext') void (tryNext(some) ?? (await next(some)));
            else await next(some);
            const value = inputs.in.take();
            if (value === undefined) continue;
            trace.push(`took ${value}`);
            await pause(any(after(100)));
            trace.push(`paused ${value}`);
            if (verb === 'commit') {
              await commit();
              trace.push(`committed ${value}`);
            }
          }
        },
      });
      w.graph.actor('loop', loop, { in: numbers }, { optional: true });
      w.graph.start();
      numbers.trySend(1);
      numbers.trySend(2);
      await w.sim.settle();
      await on();
      await w.sim.advance(1_000);
      const first = ['took 1', 'paused 1'];
      expect(trace).toEqual(first);
      expect(actorOf(w.graph, 'loop')).toMatchObject({ phase: 'held', turns: 1 });
      await off();
      await w.sim.advance(1_000);
      const committed = (value: number): string[] => (verb === 'commit' ? [`committed ${value}`] : []);
      expect(trace).toEqual([...first, ...committed(1), 'took 2', 'paused 2', ...committed(2)]);
      await stopCleanly(w);
    },
  );

  test('that wait for time begin their turn after the pause, and count the beats that were missed', async () => {
    const { w, on, off } = switched({ pauseOptional: true });
    const trace: string[] = [];
    const clock = defineActor({
      inputs: { in: input<number>({ capacity: 1 }) },
      async run({ inputs, every, any, after, next, nowMs, running }) {
        while (running()) {
          const beat = every(100);
          const { kind, index } = await next(any(inputs.in.avail(), beat, after(1_000)));
          trace.push(`${nowMs()}: ${kind} ${index} missed ${beat.missed}`);
        }
      },
    });
    w.graph.actor('clock', clock, {}, { optional: true });
    w.graph.start();
    await w.sim.advance(150);
    await on();
    await w.sim.advance(340); // 500 ms
    await off();
    await w.sim.advance(90); // 600 ms
    expect(trace).toEqual(['100: ready 1 missed 0', '510: ready 1 missed 3', '600: ready 1 missed 0']);
    w.graph.requestShutdown();
    await w.sim.runUntil(w.graph.stopped());
  });

  test('as sources are not called', async () => {
    const { w, on, off } = switched({ pauseOptional: true });
    const numbers = w.graph.channel<number>('numbers', { capacity: 1 });
    const counter = defineActor({
      outputs: { out: output<number>() },
      state: () => ({ n: 0 }),
      source({ outputs, state }) {
        state.n += 1;
        outputs.out.send(state.n);
        return 'more';
      },
    });
    w.graph.actor('counter', counter, { out: numbers }, { optional: true });
    const pauses = defineActor({
      inputs: { in: input<number>() },
      async run({ inputs, next, after, running }) {
        while (running()) {
          await next(after(10));
          inputs.in.take();
        }
      },
    });
    w.graph.actor('reader', pauses, { in: numbers });
    w.graph.start();
    await w.sim.advance(100);
    await on();
    const { turns } = actorOf(w.graph, 'counter');
    await w.sim.advance(1_000);
    expect(actorOf(w.graph, 'counter').turns - turns).toBeLessThanOrEqual(1); // one was decided, and waited for room
    expect(channelOf(w.graph, 'numbers').inFlight).toBe(0);
    await off();
    await w.sim.advance(100);
    expect(actorOf(w.graph, 'counter').turns - turns).toBeGreaterThanOrEqual(8);
    w.graph.requestShutdown();
    await w.sim.runUntil(w.graph.stopped());
  });

  test('that a message would wake for the first time sleep on', async () => {
    const { w, on, off } = switched({ pauseOptional: true });
    const sleeper = defineActor({
      inputs: { in: input<number>({ capacity: 4 }) },
      state: () => ({ got: [] as number[] }),
      on: {
        in(value, { state }) {
          state.got.push(value);
        },
      },
    });
    const first = w.graph.actor('first', sleeper, {}, { optional: true });
    const second = w.graph.actor('second', sleeper, {}, { optional: true });
    w.graph.start();
    await on();
    first.input('in').trySend(1);
    second.input('in').trySend(2);
    await w.sim.advance(100);
    expect([actorOf(w.graph, 'first').turns, actorOf(w.graph, 'second').turns]).toEqual([0, 0]);
    await off();
    expect([gotOf(w, 'first'), gotOf(w, 'second')]).toEqual([[1], [2]]);
    await stopCleanly(w);
  });

  test('that get batches get them after the pause', async () => {
    const { w, on, off } = switched({ pauseOptional: true });
    const numbers = w.graph.channel<number>('numbers', { capacity: 8 });
    const batches: number[][] = [];
    const batcher = defineActor({
      inputs: { in: input<number>({ batch: { size: 4, timeoutMs: 50 } }) },
      on: { in: (batch) => void batches.push([...batch]) },
    });
    w.graph.actor('batcher', batcher, { in: numbers }, { optional: true });
    w.graph.start();
    await on();
    for (const value of [1, 2, 3, 4, 5]) numbers.trySend(value);
    await w.sim.advance(1_000);
    expect(batches).toEqual([]);
    await off();
    await w.sim.advance(50);
    expect(batches).toEqual([[1, 2, 3, 4], [5]]);
    await stopCleanly(w);
  });

  test('are released by a request to stop: the drain completes', async () => {
    const { w, on } = switched({ pauseOptional: true });
    const numbers = w.graph.channel<number>('numbers', { capacity: 8 });
    w.graph.actor('optional', adder, { in: numbers }, { optional: true });
    w.graph.start();
    await on();
    for (const value of [1, 2, 3]) numbers.trySend(value);
    await w.sim.advance(1_000);
    await stopCleanly(w);
    expect(gotOf(w, 'optional')).toEqual([1, 2, 3]);
  });

  test('come to their end when their inputs have closed, so that a graph that is done stops', async () => {
    const { w, on } = switched({ pauseOptional: true });
    const numbers = w.graph.channel<number>('numbers', { capacity: 8 });
    w.graph.actor('optional', adder, { in: numbers }, { optional: true });
    w.graph.start();
    for (const value of [1, 2]) numbers.trySend(value);
    await w.sim.settle();
    await on();
    numbers.trySend(3);
    await w.sim.advance(1_000);
    expect(gotOf(w, 'optional')).toEqual([1, 2]);
    numbers.close();
    await w.sim.settle();
    expect(w.graph.status).toBe('stopped');
    expect(gotOf(w, 'optional')).toEqual([1, 2, 3]);
  });

  test('as loops whose decided turn waits for room commit, and begin no other', async () => {
    const { w, on, off } = switched({ pauseOptional: true });
    const numbers = w.graph.channel<number>('numbers', { capacity: 2 });
    const full = w.graph.channel<number>('full', { capacity: 1 });
    const loop = defineActor({
      inputs: { in: input<number>() },
      outputs: { out: output<number>() },
      async run({ inputs, outputs, running, next }) {
        while (running()) {
          await next(inputs.in.avail());
          const value = inputs.in.take();
          if (value !== undefined) outputs.out.send(value);
        }
      },
    });
    w.graph.actor('loop', loop, { in: numbers, out: full }, { optional: true });
    w.graph.start();
    full.trySend(0);
    for (const value of [1, 2]) numbers.trySend(value);
    await on();
    expect(actorOf(w.graph, 'loop').phase).toBe('committing');
    const seen: number[] = [];
    const reading = (async () => {
      for await (const value of full) seen.push(value);
    })();
    await w.sim.advance(100);
    expect([seen, actorOf(w.graph, 'loop').phase]).toEqual([[0, 1], 'held']);
    await off();
    expect(seen).toEqual([0, 1, 2]);
    await stopCleanly(w);
    await reading;
  });

  test('as sources that are done end, and do not wait for the end of the pause', async () => {
    const { w, on } = switched({ pauseOptional: true });
    const numbers = w.graph.channel<number>('numbers', { capacity: 1 });
    const full = w.graph.channel<number>('full', { capacity: 1 });
    const last = defineActor({
      outputs: { out: output<number>() },
      source({ outputs }) {
        outputs.out.send(1);
        return 'done';
      },
    });
    w.graph.actor('last', last, { out: full }, { optional: true });
    w.graph.actor('optional', adder, { in: numbers }, { optional: true });
    full.trySend(0);
    w.graph.start();
    await on();
    expect(actorOf(w.graph, 'last').phase).toBe('committing');
    const seen: number[] = [];
    for await (const value of full) {
      seen.push(value);
      full.close();
    }
    await w.sim.settle();
    expect([seen, actorOf(w.graph, 'last').exit]).toEqual([[0, 1], 'completed']);
    await stopCleanly(w);
  });

  test('that were killed while they are paused begin, and end, when their inputs close', async () => {
    const { w, on } = switched({ pauseOptional: true });
    const numbers = w.graph.channel<number>('numbers', { capacity: 8 });
    const slow = defineActor({
      inputs: { in: input<number>() },
      state: () => ({ got: [] as number[] }),
      on: {
        async in(value, { state, effect, regeneration }) {
          if (regeneration === 0) await effect('for ever', () => new Promise<void>(() => undefined));
          state.got.push(value);
        },
      },
    });
    const handle = w.graph.actor('slow', slow, { in: numbers }, { optional: true });
    w.graph.start();
    numbers.trySend(1);
    await w.sim.settle();
    await on();
    handle.kill();
    await w.sim.advance(100);
    expect(actorOf(w.graph, 'slow')).toMatchObject({ phase: 'held', regeneration: 0 });
    numbers.close();
    await w.sim.settle();
    expect(gotOf(w, 'slow')).toEqual([1]);
    expect(w.graph.status).toBe('stopped');
  });

  test('that are killed while they are paused begin anew when the pause ends', async () => {
    const { w, on, off } = switched({ pauseOptional: true });
    const numbers = w.graph.channel<number>('numbers', { capacity: 8 });
    const begun: number[] = [];
    const loop = defineActor({
      inputs: { in: input<number>() },
      state: () => ({ got: [] as number[] }),
      async run({ inputs, state, running, next, regeneration }) {
        begun.push(regeneration);
        while (running()) {
          await next(inputs.in.avail());
          const value = inputs.in.take();
          if (value !== undefined) state.got.push(value);
        }
      },
    });
    const loopHandle = w.graph.actor('loop', loop, { in: numbers }, { optional: true });
    const once = w.graph.channel<number>('once', { capacity: 8 });
    const gone = w.graph.actor('gone', adder, { in: once }, { optional: true, restart: 'temporary' });
    w.graph.start();
    numbers.trySend(1);
    once.trySend(1);
    await w.sim.settle();
    await on();
    numbers.trySend(2);
    once.trySend(2);
    loopHandle.kill();
    gone.kill();
    await w.sim.advance(1_000);
    expect([begun, actorOf(w.graph, 'loop').phase, actorOf(w.graph, 'gone').phase]).toEqual([[0], 'held', 'ended']);
    expect(w.graph.deadLetters.list().map(({ payload }) => payload)).toEqual([2]);
    await off();
    expect([begun, gotOf(w, 'loop')]).toEqual([
      [0, 1],
      [1, 2],
    ]);
    await stopCleanly(w);
  });

  test('whose open turn fails while they are paused retry after the pause', async () => {
    const { w, on, off } = switched({ pauseOptional: true });
    const numbers = w.graph.channel<number>('numbers', { capacity: 8 });
    const fails: ((error: Error) => void)[] = [];
    const attempts: number[] = [];
    const handler = defineActor({
      inputs: { in: input<number>() },
      on: {
        async in(_, { attempt, effect }) {
          attempts.push(attempt);
          if (attempt === 1) await effect('wait', () => new Promise((_, fail) => fails.push(fail)));
        },
      },
    });
    w.graph.actor('handler', handler, { in: numbers }, { optional: true });
    w.graph.start();
    numbers.trySend(1);
    await w.sim.settle();
    await on();
    fails[0]?.(new Error('as planned'));
    await w.sim.advance(1_000);
    expect(attempts).toEqual([1]);
    await off();
    expect(attempts).toEqual([1, 2]);
    await stopCleanly(w);
  });

  test('do not count for the age of the backlog, nor do those that wait for them: or the pause would not end', async () => {
    const w = degraded({
      levels: [{ name: 'behind', when: { backlogAgeMs: 2_000 }, pauseOptional: true }],
      recover: { afterMs: 3_000 },
    });
    const trace = steps(w);
    const [stuck, first, second, third] = ['stuck', 'first', 'second', 'third'].map((name) =>
      w.graph.channel<number>(name, { capacity: 1 }),
    ) as [Channel<number>, Channel<number>, Channel<number>, Channel<number>];
    const dones: (() => void)[] = [];
    const slow = defineActor({
      inputs: { in: input<number>() },
      on: { in: (_, { effect }) => effect('wait', () => new Promise<void>((done) => dones.push(done))) },
    });
    const commits = defineActor({
      inputs: { in: input<number>() },
      outputs: { out: output<number>() },
      on: { in: (value, { outputs }) => outputs.out.send(value) },
    });
    const waits = defineActor({
      inputs: { in: input<number>() },
      outputs: { out: output<number>() },
      async run({ inputs, outputs, next, all, running }) {
        while (running()) {
          await next(all(inputs.in.avail(), outputs.out.vacant()));
          const value = inputs.in.take();
          if (value !== undefined) outputs.out.send(value);
        }
      },
    });
    w.graph.actor('slow', slow, { in: stuck });
    w.graph.actor('waits', waits, { in: first, out: second });
    w.graph.actor('commits', commits, { in: second, out: third });
    w.graph.actor('optional', adder, { in: third }, { optional: true });
    w.graph.start();
    stuck.trySend(1);
    await w.sim.advance(3_000);
    expect(trace).toEqual(['3000: degraded 0 > 1 behind, backlogAgeMs 2000/2000 in stuck']);
    for (let value = 1; value <= 3; value += 1) {
      first.trySend(value);
      await w.sim.settle();
    }
    expect(w.graph.snapshot().channels.map(({ inFlight }) => inFlight)).toEqual([1, 1, 1, 1]);
    dones[0]?.();
    await w.sim.advance(3_000);
    expect(gotOf(w, 'optional')).toEqual([]);
    await w.sim.advance(60_000);
    expect(trace.slice(1)).toEqual(['7000: recovered 1 > 0 normal, backlogAgeMs 0/2000']);
    expect(gotOf(w, 'optional')).toEqual([1, 2, 3]);
    await stopCleanly(w);
  });
});

describe('sources', () => {
  /** When each message arrived. */
  function arrivals(w: World, name: string): { channel: ReturnType<typeof w.graph.channel<number>>; times: number[] } {
    const channel = w.graph.channel<number>(name, { capacity: 64 });
    const times: number[] = [];
    w.graph.sink(`sink of ${name}`, channel, () => void times.push(w.sim.clock.nowMs()));
    return { channel, times };
  }

  test.each(['source', 'loop', 'feed'] as const)(
    'begin their turns, or pull, at least so far apart (%s)',
    async (style) => {
      const { w, on, off } = switched({ sourceDelayMs: 100 });
      const { sim, graph } = w;
      const { channel, times } = arrivals(w, 'numbers');
      const loop = defineActor({
        outputs: { out: output<number>() },
        async run({ outputs, next, after, running }) {
          while (running()) {
            await next(after(15));
            outputs.out.send(1);
          }
        },
      });
      const source = defineActor({
        outputs: { out: output<number>() },
        async source({ outputs, effect }) {
          await effect(
            'wait',
            () => new Promise<void>((done) => void sim.clock.setTimer(sim.clock.nowMs() + 15, done)),
          );
          outputs.out.send(1);
          return 'more' as const;
        },
      });
      if (style === 'feed') graph.feed('feed', ticking(sim, 15), channel);
      else graph.actor('source', style === 'loop' ? loop : source, { out: channel });
      graph.start();
      await sim.advance(35);
      expect(times).toEqual([15, 30]);
      await on(); // at 40 ms: the next one is on its way
      times.length = 0;
      await sim.advance(600);
      const gaps = times.slice(1).map((at, index) => at - (times[index] as number));
      expect(gaps.length).toBeGreaterThanOrEqual(4);
      expect(new Set(gaps)).toEqual(new Set([100]));
      await off();
      times.length = 0;
      await sim.advance(100);
      expect(times.length).toBeGreaterThanOrEqual(5);
      await on();
      await sim.advance(20);
      const stoppedAt = sim.clock.nowMs();
      graph.requestShutdown();
      await sim.runUntil(graph.stopped());
      expect(sim.clock.nowMs() - stoppedAt).toBeLessThanOrEqual(15); // the delay is cut short
      expect(sim.clock.pending).toBe(0);
    },
  );

  test('that are done end at once, and those with inputs are not slowed', async () => {
    const { w, on } = switched({ sourceDelayMs: 100 });
    const numbers = w.graph.channel<number>('numbers', { capacity: 64 });
    const few = defineActor({
      outputs: { out: output<number>() },
      state: () => ({ n: 0 }),
      async run({ outputs, state, next, after }) {
        await next(after(20));
        while (state.n < 3) {
          await next(outputs.out.vacant());
          state.n += 1;
          outputs.out.send(state.n);
        }
      },
    });
    w.graph.actor('few', few, { out: numbers });
    w.graph.actor('adder', adder, { in: numbers });
    w.graph.start();
    await on();
    const started = w.sim.clock.nowMs();
    await w.sim.runUntil(w.graph.stopped());
    expect(gotOf(w, 'adder')).toEqual([1, 2, 3]);
    expect(w.sim.clock.nowMs() - started).toBeLessThanOrEqual(310);
  });
});

describe('capacities', () => {
  test('shrink to a part, at least 1; what is in a channel stays, and who waits goes on when they grow again', async () => {
    const { w, on, off } = switched({ capacityFactor: 0.25 });
    const numbers = w.graph.channel<number>('numbers', { capacity: 8 });
    const tiny = w.graph.channel<number>('tiny', { capacity: 2 });
    keepRunning(w);
    w.graph.start();
    for (let value = 0; value < 6; value += 1) numbers.trySend(value);
    tiny.trySend(0);
    await on();
    expect(channelOf(w.graph, 'numbers')).toMatchObject({ capacity: 8, limit: 2, inFlight: 6 });
    expect(numbers.trySend(6)).toMatchObject({ ok: false, reason: 'full' });
    expect(tiny.trySend(1).ok).toBe(false);
    const sent = [6, 7].map((value) => watch(numbers.send(value)));
    await off();
    expect(sent.map(({ state }) => state)).toEqual(['resolved', 'resolved']);
    expect(channelOf(w.graph, 'numbers')).toMatchObject({ limit: 8, inFlight: 8, waitingForRoom: 0 });
    expect(channelOf(w.graph, 'tiny')).toMatchObject({ limit: 2, inFlight: 1 });
    numbers.close();
    tiny.close();
    w.graph.requestShutdown();
    await w.sim.runUntil(w.graph.stopped());
  });

  test('are what commits, room, vacant and feeds go by', async () => {
    const { w, on } = switched({ capacityFactor: 0.5 });
    const fed = w.graph.channel<number>('fed', { capacity: 8 });
    const out = w.graph.channel<number>('out', { capacity: 8 });
    w.graph.feed('feed', ticking(w.sim, 10), fed);
    const rooms: number[] = [];
    const sender = defineActor({
      outputs: { out: output<number>() },
      async run({ outputs, next, all, after, running }) {
        for (let value = 0; running(); value += 1) {
          rooms.push(outputs.out.room);
          outputs.out.send(value);
          await next(all(outputs.out.vacant(), after(10)));
        }
      },
    });
    w.graph.actor('sender', sender, { out });
    w.graph.start();
    await on();
    await w.sim.advance(25);
    expect(rooms).toEqual([8, 3, 2, 1]);
    expect(channelOf(w.graph, 'fed').limit).toBe(4);
    w.graph.requestShutdown();
    await w.sim.runUntil(w.graph.stopped());
  });

  test('leave possible what is asked for at once', async () => {
    const { w, on } = switched({ capacityFactor: 0.1 });
    const [many, pairs, whole] = ['many', 'pairs', 'whole'].map((name) =>
      w.graph.channel<number>(name, { capacity: 10 }),
    ) as [Channel<number>, Channel<number>, Channel<number>];
    const sender = defineActor({
      outputs: { many: output<number>(), pairs: output<number>(), whole: output<number>() },
      async run({ outputs, next, all, after, running }) {
        for (let turn = 0; turn < 20 && running(); turn += 1) {
          outputs.many.sendMany([1, 2, 3, 4, 5]); // in one turn
          await next(all(outputs.pairs.vacant(2), after(5))); // in one condition
          outputs.pairs.sendMany([1, 2]);
          outputs.whole.sendMany([1, 2, 3, 4]);
        }
      },
    });
    const taker = (count: number) =>
      defineActor({
        inputs: { in: input<number>() },
        state: () => ({ got: [] as number[] }),
        async run({ inputs, state, next, running }) {
          while (running()) {
            await next(inputs.in.avail(count));
            state.got.push(...inputs.in.takeMany(count));
          }
        },
      });
    const batcher = defineActor({
      inputs: { in: input<number>({ batch: { size: 8, timeoutMs: Infinity } }) },
      state: () => ({ got: [] as number[] }),
      on: {
        in(batch, { state }) {
          state.got.push(...batch);
        },
      },
    });
    w.graph.actor('sender', sender, { many, pairs, whole });
    w.graph.actor('many', taker(5), { in: many });
    w.graph.actor('pairs', taker(2), { in: pairs });
    w.graph.actor('whole', batcher, { in: whole });
    w.graph.start();
    await on();
    expect(w.graph.snapshot().channels.map(({ limit }) => limit)).toEqual([5, 2, 8]);
    await w.sim.runUntil(w.graph.stopped());
    expect(['many', 'pairs', 'whole'].map((actor) => gotOf(w, actor).length)).toEqual([100, 40, 80]);
    expect(w.sim.clock.nowMs()).toBeLessThan(200); // nobody had to be helped
  });

  test('of a channel that is opened meanwhile shrink at the next check', async () => {
    const { w, on } = switched({ capacityFactor: 0.5 });
    const late = w.graph.channel<number>('late', { capacity: 8 });
    keepRunning(w);
    w.graph.start();
    await on();
    late.trySend(1);
    expect(channelOf(w.graph, 'late').limit).toBe(8);
    await w.sim.advance(10);
    expect(channelOf(w.graph, 'late').limit).toBe(4);
    w.graph.requestShutdown();
    await w.sim.runUntil(w.graph.stopped());
  });

  /** Sends `ahead` messages to one channel before each one to the other; its reader takes both together. */
  function joined(w: World, ahead: number): { joined: () => number } {
    const left = w.graph.channel<number>('left', { capacity: 8 });
    const right = w.graph.channel<number>('right', { capacity: 8 });
    const uneven = defineActor({
      outputs: { left: output<number>(), right: output<number>() },
      async run({ outputs, next, after, commit, running }) {
        await next(after(15));
        for (let round = 0; round < 10 && running(); round += 1) {
          for (let value = 0; value < ahead; value += 1) {
            outputs.left.send(value);
            await commit();
          }
          outputs.right.send(round);
          await commit();
        }
      },
    });
    const join = defineActor({
      inputs: { left: input<number>(), right: input<number>() },
      state: () => ({ rounds: 0 }),
      async run({ inputs, state, next, all, running }) {
        while (running()) {
          await next(all(inputs.left.avail(), inputs.right.avail()));
          if (inputs.right.take() === undefined) break;
          inputs.left.takeMany(ahead);
          state.rounds += 1;
        }
      },
    });
    w.graph.actor('uneven', uneven, { left, right });
    w.graph.actor('join', join, { left, right });
    return { joined: () => (actorOf(w.graph, 'join').state as { rounds: number }).rounds };
  }

  test('grow where nothing is taken although somebody waits: a smaller channel makes no deadlock', async () => {
    const { w, on } = switched({ capacityFactor: 0.1 });
    const { joined: rounds } = joined(w, 8);
    w.graph.start();
    await on();
    await w.sim.advance(25);
    expect([rounds(), channelOf(w.graph, 'left').limit]).toEqual([0, 1]);
    await w.sim.runUntil(w.graph.stopped());
    expect(rounds()).toBe(10);
    // Three checks, and a doubling at each one from then on.
    expect(w.sim.clock.nowMs()).toBeLessThanOrEqual(100);
  });

  test('stay as they are where a paused actor is the reader', async () => {
    const { w, on, off } = switched({ capacityFactor: 0.25, pauseOptional: true });
    const numbers = w.graph.channel<number>('numbers', { capacity: 8 });
    w.graph.actor('optional', adder, { in: numbers }, { optional: true });
    w.graph.start();
    await on();
    for (let value = 0; value < 4; value += 1) void numbers.send(value);
    await w.sim.advance(1_000);
    expect(channelOf(w.graph, 'numbers')).toMatchObject({ limit: 2, inFlight: 2, waitingForRoom: 2 });
    await off();
    expect(gotOf(w, 'optional')).toEqual([0, 1, 2, 3]);
    await stopCleanly(w);
  });

  test('are back for a drain', async () => {
    const { w, on } = switched({ capacityFactor: 0.1 });
    const { joined: rounds } = joined(w, 8);
    w.graph.start();
    await on();
    await w.sim.advance(25);
    w.graph.requestShutdown();
    expect(channelOf(w.graph, 'left').limit).toBe(8);
    await w.sim.runUntil(w.graph.stopped());
    expect(rounds()).toBe(1); // the round that had begun
  });
});

/** Counts up, an item every `ms`. */
async function* ticking(sim: World['sim'], ms: number): AsyncGenerator<number> {
  for (let n = 1; ; n += 1) {
    await new Promise<void>((resolve) => void sim.clock.setTimer(sim.clock.nowMs() + ms, resolve));
    yield n;
  }
}
