/** Capsules of failed turns, run again: each style of actor, and what a turn reads of the world. */
import {
  type ActorDefinition,
  args,
  type Capsule,
  defineActor,
  Graph,
  type GraphOptions,
  input,
  inputBundle,
  isHoldfastError,
  output,
  outputBundle,
  outputPort,
  type Receiver,
  table,
} from 'holdfast';
import { type CapsuleReplay, replayCapsule, Simulation } from 'holdfast/testing';
import { describe, expect, test } from 'vitest';

interface World {
  readonly sim: Simulation;
  readonly graph: Graph;
}

function world(options: Partial<GraphOptions> = {}): World {
  const sim = new Simulation({ seed: 7 });
  const graph = new Graph({
    name: 'shop',
    ports: sim.ports,
    logLevel: 'silent',
    capsules: { folder: 'capsules', payloads: true },
    ...options,
  });
  return { sim, graph };
}

/** Lets the graph run for a second, and gives its capsules as they would come from a file. */
async function failing({ sim, graph }: World): Promise<readonly Capsule[]> {
  graph.start();
  await sim.advance(1_000);
  return JSON.parse(JSON.stringify(sim.capsules)) as Capsule[];
}

function first(capsules: readonly Capsule[]): Capsule {
  const [capsule] = capsules;
  if (capsule === undefined) throw new Error('no capsule');
  return capsule;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- any definition
type Any = ActorDefinition<any, any, any, any, any, any>;

function report(definition: Any, capsule: Capsule): Promise<CapsuleReplay> {
  return replayCapsule(definition, capsule, { failure: 'report' });
}

const parser = (mended: boolean) =>
  defineActor({
    inputs: { lines: input<string>() },
    outputs: { numbers: output<number>() },
    state: () => ({ sum: 0, seen: new Map<string, number>() }),
    tables: { counts: table<string, number>() },
    args: args<{ readonly factor: number }>(),
    on: {
      lines(line, { state, outputs, tables, args: { factor }, messageId }) {
        outputs.numbers.send(factor);
        state.seen.set(line, state.sum);
        tables.counts.set(line, (tables.counts.get(line) ?? 0) + 1);
        const number = Number(line) * factor;
        if (Number.isNaN(number) && !mended) throw new RangeError(`no number in ${messageId}`);
        state.sum += number || 0;
        outputs.numbers.send(number || 0);
      },
    },
  });

async function parserCapsule(): Promise<Capsule> {
  const { sim, graph } = world();
  const lines = graph.channel<string>('lines', { capacity: 4 });
  const numbers = graph.channel<number>('numbers', { capacity: 8 });
  graph.actor('parser', parser(false), { lines, numbers }, { args: { factor: 2 } });
  graph.sink('numbers sink', numbers, () => undefined);
  graph.start();
  for (const line of ['1', '20', 'x']) lines.trySend(line);
  await sim.advance(1_000);
  return first(JSON.parse(JSON.stringify(sim.capsules)) as Capsule[]);
}

describe('a handler', () => {
  test('fails again in the same way, from the same state, with the same message', async () => {
    const capsule = await parserCapsule();
    expect(capsule).toMatchObject({ graph: 'shop', actor: 'parser', obstacles: [] });
    const replay = await report(parser(false), capsule);
    expect(replay.outcome).toBe('same');
    expect(replay.error).toBeInstanceOf(RangeError);
    expect((replay.error as Error).message).toMatch(/^no number in \w+\/lines\/2$/);
    expect(replay.took).toEqual([
      { input: 'lines', messageIds: [expect.stringMatching(/lines\/2$/)], messages: ['x'] },
    ]);
    expect(replay.sent).toEqual([{ output: 'numbers', messages: [2] }]);
    expect(replay.state).toEqual({ sum: 42, seen: new Map([['1', 0], ['20', 2]]) }); // prettier-ignore
    expect(replay.tables).toEqual({ counts: [['1', 1], ['20', 1]] }); // prettier-ignore
    expect(replay.differences).toEqual([]);
    expect(replay.deadLetters).toEqual([]);
  });

  test('mended, it commits: that is the regression test of one line', async () => {
    const capsule = await parserCapsule();
    const replay = await replayCapsule(parser(true), JSON.stringify(capsule));
    expect(replay.outcome).toBe('committed');
    expect(replay.sent).toEqual([{ output: 'numbers', messages: [2, 0] }]);
    expect(replay.state).toMatchObject({ sum: 42 });
    expect(replay.tables['counts']).toHaveLength(3);
  });

  test('not mended, the regression test fails with the report and the cause', async () => {
    const capsule = await parserCapsule();
    const failure: unknown = await replayCapsule(parser(false), capsule).catch((error: unknown) => error);
    if (!isHoldfastError(failure, 'ERR_CAPSULE_FAILED')) throw failure;
    expect(failure.cause).toBeInstanceOf(RangeError);
    expect(failure.message).toContain('fails as its capsule says');
    expect((failure.details.report as CapsuleReplay).outcome).toBe('same');
  });

  test('failing otherwise is told from failing in the same way', async () => {
    const other = defineActor({
      ...{ inputs: { lines: input<string>() }, outputs: { numbers: output<number>() } },
      state: () => ({ sum: 0, seen: new Map<string, number>() }),
      tables: { counts: table<string, number>() },
      args: args<{ readonly factor: number }>(),
      on: {
        lines() {
          throw new RangeError('another reason');
        },
      },
    });
    expect(await report(other, await parserCapsule())).toMatchObject({
      outcome: 'other',
      differences: [],
      error: new RangeError('another reason'),
    });
  });

  test('the second attempt knows that it is one, and which incarnation it is', async () => {
    const picky = defineActor({
      inputs: { lines: input<string>({ capacity: 4 }) },
      on: {
        lines(_, { attempt, regeneration }) {
          throw new Error(`attempt ${attempt} of incarnation ${regeneration}`);
        },
      },
    });
    const { sim, graph } = world();
    graph.actor('picky', picky, {}).input('lines').trySend('x');
    const capsules = await failing({ sim, graph });
    expect(capsules.map(({ turn: { attempt } }) => attempt)).toEqual([1, 2, 3]);
    for (const capsule of capsules) expect((await report(picky, capsule)).outcome).toBe('same');
  });

  test('its last turn, without a message, is run again', async () => {
    const closing = defineActor({
      inputs: { lines: input<string>() },
      state: () => ({ count: 0 }),
      on: { lines: (_, { state }) => void (state.count += 1) },
      onDrained({ state }) {
        throw new Error(`drained after ${state.count}`);
      },
    });
    const { sim, graph } = world();
    const lines = graph.channel<string>('lines', { capacity: 4 });
    graph.actor('closing', closing, { lines });
    graph.feed('feed', ['a', 'b'], lines);
    const capsule = first(await failing({ sim, graph }));
    expect((await report(closing, capsule)).error).toEqual(new Error('drained after 2'));
  });

  test('a committed turn is not followed by the last one', async () => {
    let drained = 0;
    const failure = { isOn: true };
    const closing = defineActor({
      inputs: { lines: input<string>({ capacity: 4 }) },
      on: {
        lines() {
          if (failure.isOn) throw new Error('on');
        },
      },
      onDrained: () => void (drained += 1),
    });
    const { sim, graph } = world();
    graph.actor('closing', closing, {}).input('lines').trySend('x');
    const capsule = first(await failing({ sim, graph }));
    failure.isOn = false;
    expect((await report(closing, capsule)).outcome).toBe('committed');
    expect(drained).toBe(0);
  });
});

describe('batches', () => {
  const summing = defineActor({
    inputs: { numbers: input<number>({ capacity: 8, batch: { size: 4, timeoutMs: 100 } }) },
    on: {
      numbers(numbers, { messageIds }) {
        if (numbers.includes(3)) throw new Error(`${numbers.join()} ${messageIds.length}`);
      },
    },
  });

  test('a batch fails again as a batch, and each part of it by itself', async () => {
    const { sim, graph } = world();
    const numbers = graph.actor('summing', summing, {}).input('numbers');
    for (const number of [1, 2, 3]) numbers.trySend(number); // not full: it has waited for more
    const capsules = await failing({ sim, graph });
    expect(capsules.map(({ error }) => error.message)).toEqual(['1,2,3 3', '3 1', '3 1']);
    for (const capsule of capsules) {
      const replay = await report(summing, capsule);
      expect(replay).toMatchObject({ outcome: 'same', differences: [] });
    }
  });
});

describe('a loop', () => {
  const pairing = defineActor({
    inputs: { numbers: input<number>() },
    outputs: { sums: output<number>() },
    state: () => ({ pairs: 0 }),
    async run({ inputs: { numbers }, outputs: { sums }, state, running, next }) {
      while (running()) {
        await next(numbers.avail(2));
        const [a, b] = [numbers.take() ?? 0, numbers.take() ?? 0];
        sums.send(a + b);
        state.pairs += 1;
        if (a + b === 7) throw new Error(`pair ${state.pairs}`);
      }
    },
  });

  test('fails again at the turn where it failed, with as many messages as its wait asks for', async () => {
    const { sim, graph } = world();
    const numbers = graph.channel<number>('numbers', { capacity: 8 });
    const sums = graph.channel<number>('sums', { capacity: 8 });
    graph.actor('pairing', pairing, { numbers, sums });
    graph.start();
    for (const number of [1, 2, 3, 4, 5, 6]) numbers.trySend(number);
    await sim.advance(50);
    const replay = await report(pairing, first(sim.capsules));
    expect(replay).toMatchObject({ outcome: 'same', differences: [], state: { pairs: 1 } });
    expect(replay.took).toMatchObject([{ messages: [3, 4] }]);
    expect(replay.sent).toEqual([{ output: 'sums', messages: [7] }]);
    expect(first(sim.capsules).notes.join()).toContain('a loop begins anew');
  });

  test.each([false, true])('what is retried one by one fails again one by one (isolate: %s)', async (isolate) => {
    const greedy = defineActor({
      inputs: { numbers: input<number>({ capacity: 8 }) },
      async run({ inputs: { numbers }, running, next }) {
        while (running()) {
          await next(numbers.avail());
          const taken = numbers.takeMany(Infinity);
          if (taken.includes(3)) throw new Error(taken.join());
        }
      },
    });
    const { sim, graph } = world();
    const numbers = graph.actor('greedy', greedy, {}, { isolate }).input('numbers');
    for (const number of [1, 2, 3, 4]) numbers.trySend(number);
    const capsules = await failing({ sim, graph });
    expect(capsules.map(({ error }) => error.message)).toEqual(['1,2,3,4', '3', '3']);
    for (const capsule of capsules) expect(await report(greedy, capsule)).toMatchObject({ outcome: 'same' });
  });

  test('a failure before the first wait is one again', async () => {
    const early = defineActor({
      inputs: { numbers: input<number>() },
      state: () => ({ begun: 0 }),
      async run({ state, regeneration, inputs: { numbers }, next }) {
        state.begun += 1;
        if (regeneration < 2) throw new Error(`early ${state.begun}`);
        await next(numbers.avail());
      },
    });
    const { sim, graph } = world();
    graph.actor('early', early, { numbers: graph.channel<number>('numbers', { capacity: 1 }) });
    const capsules = await failing({ sim, graph });
    expect(capsules).toHaveLength(2);
    for (const capsule of capsules) expect((await report(early, capsule)).outcome).toBe('same');
    const mended = defineActor({ inputs: early.inputs, state: () => ({ begun: 0 }), run: ({ inputs: { numbers }, next }) => next(numbers.avail()).then(() => undefined) }); // prettier-ignore
    expect((await report(mended, first(capsules))).outcome).toBe('committed');
  });

  test('what it sends before its first wait is not taken for the turn', async () => {
    const greeting = defineActor({
      inputs: { numbers: input<number>({ capacity: 4 }) },
      outputs: { words: output<string>() },
      async run({ inputs: { numbers }, outputs: { words }, running, next }) {
        words.send('hello');
        while (running()) {
          await next(numbers.avail());
          words.send(`got ${numbers.take()}`);
          throw new Error('after the first wait');
        }
      },
    });
    const { sim, graph } = world();
    const words = graph.channel<string>('words', { capacity: 32 });
    graph.actor('greeting', greeting, { words }).input('numbers').trySend(5);
    const capsule = first(await failing({ sim, graph }));
    const replay = await report(greeting, capsule);
    expect(replay.outcome).toBe('same');
    expect(replay.took).toMatchObject([{ messages: [5] }]);
  });

  test('that waits for what the capsule does not have says what it waits for', async () => {
    const { sim, graph } = world();
    const numbers = graph.channel<number>('numbers', { capacity: 8 });
    graph.actor('pairing', pairing, { numbers, sums: graph.channel<number>('sums', { capacity: 8 }) });
    graph.start();
    for (const number of [3, 4]) numbers.trySend(number);
    await sim.advance(50);
    const capsule = first(sim.capsules);
    const slow = defineActor({
      ...{ inputs: pairing.inputs, outputs: pairing.outputs, state: () => ({ pairs: 0 }) },
      run: async ({ inputs, next }) => void (await next(inputs.numbers.avail(3))),
    });
    expect(await report(slow, capsule)).toMatchObject({
      outcome: 'waiting',
      waitsFor: 'waiting for numbers.avail(3), 2 there',
    });
    await expect(replayCapsule(slow, capsule)).rejects.toThrow('does not come to its end: waiting for');
  });

  test('that failed when its inputs had ended fails again, and one that just returns has committed', async () => {
    const ending = (mended: boolean) =>
      defineActor({
        inputs: { numbers: input<number>() },
        async run({ inputs: { numbers }, running, next }) {
          while (running()) {
            const { kind } = await next(numbers.avail());
            if (mended && kind === 'drained') return;
            if (numbers.take() === undefined) throw new Error(kind);
          }
        },
      });
    const { sim, graph } = world();
    const numbers = graph.channel<number>('numbers', { capacity: 4 });
    graph.actor('ending', ending(false), { numbers });
    const end = numbers.sender();
    graph.start();
    await sim.settle();
    end.close();
    await sim.settle();
    const capsule = first(sim.capsules);
    expect(capsule.error.message).toBe('drained');
    expect((await report(ending(false), capsule)).outcome).toBe('same');
    expect((await report(ending(true), capsule)).outcome).toBe('committed');
    const returning = defineActor({ inputs: { numbers: input<number>() }, run: () => undefined });
    expect((await report(returning, capsule)).outcome).toBe('committed');
  });

  test('with a pause in the turn is run again, and the capsule says what may be different', async () => {
    const pausing = defineActor({
      inputs: { numbers: input<number>({ capacity: 8 }) },
      async run({ inputs: { numbers }, running, next, pause, after }) {
        while (running()) {
          await next(numbers.avail());
          const one = numbers.take();
          await pause(after(20));
          throw new Error(`paused with ${one}`);
        }
      },
    });
    const { sim, graph } = world();
    graph.actor('pausing', pausing, {}).input('numbers').trySend(5);
    const capsule = first(await failing({ sim, graph }));
    expect(capsule.turn.pauses).toBe(1);
    expect(capsule.notes.join()).toContain('waited inside (pause)');
    expect((await report(pausing, capsule)).outcome).toBe('same');
  });
});

test('a source fails again at the same number, and is not called again when it is mended', async () => {
  const called: number[] = [];
  const source = (mended: boolean) =>
    defineActor({
      outputs: { numbers: output<number>() },
      state: () => ({ next: 0 }),
      source({ outputs, state, attempt }) {
        called.push(state.next);
        outputs.numbers.send(state.next);
        if (state.next === 3 && !mended) throw new Error(`attempt ${attempt}`);
        state.next += 1;
        return 'more';
      },
    });
  const { sim, graph } = world();
  const numbers = graph.channel<number>('numbers', { capacity: 8 });
  graph.actor('source', source(false), { numbers });
  graph.sink('sink', numbers, () => undefined);
  const capsules = await failing({ sim, graph });
  expect(capsules.slice(0, 2).map(({ error }) => error.message)).toEqual(['attempt 1', 'attempt 2']);
  for (const capsule of capsules) expect((await report(source(false), capsule)).outcome).toBe('same');
  called.length = 0;
  expect(await report(source(true), first(capsules))).toMatchObject({ outcome: 'committed', state: { next: 4 } });
  expect(called).toEqual([3]);
});

test('a handler and a loop with bundles fail again with the message of the same lane', async () => {
  const merging = defineActor({
    inputs: { lanes: inputBundle<number>() },
    outputs: { out: outputBundle<number>({ partitionBy: (number) => number }) },
    on: {
      lanes(number, { lane, outputs }) {
        outputs.out.send(number);
        if (number >= 20) throw new Error(`${number} of lane ${lane}`);
      },
    },
  });
  const looping = defineActor({
    inputs: { lanes: inputBundle<number>() },
    outputs: { out: outputBundle<number>() },
    async run({ inputs: { lanes }, outputs: { out }, running, next }) {
      while (running()) {
        const { lane } = await next(lanes.avail());
        const number = lanes.take() ?? 0;
        out.send(number);
        if (number >= 20) throw new Error(`${number} of lane ${lane}`);
      }
    },
  });
  for (const definition of [merging, looping]) {
    const { sim, graph } = world();
    const lanes = graph.bundle<number>('lanes', { lanes: 3, capacity: 4 });
    graph.actor('merging', definition, { lanes, out: graph.bundle<number>('out', { lanes: 2, capacity: 64 }) });
    graph.start();
    [10, 11, 12].forEach((number, lane) => lanes[lane]?.trySend(number));
    await sim.settle();
    [20, 21, 22].forEach((number, lane) => lanes[lane]?.trySend(number));
    await sim.advance(2_000);
    expect(sim.capsules.length).toBeGreaterThan(5);
    for (const capsule of sim.capsules) {
      const replay = await report(definition, capsule);
      expect(replay, `${capsule.error.message} ${String(replay.error)}`).toMatchObject({ outcome: 'same', differences: [] }); // prettier-ignore
    }
  }
});

describe('what a turn reads of the world', () => {
  const reading = defineActor({
    inputs: { numbers: input<number>({ capacity: 8 }) },
    on: {
      numbers(number, { random, nowMs, wallMs }) {
        const seen = [random(), random(), nowMs(), wallMs(), nowMs()];
        if (number === 2) throw new Error(seen.join(' '));
      },
    },
  });

  test('time and random numbers are those of the turn, and not those of the turns before', async () => {
    const { sim, graph } = world();
    const numbers = graph.actor('reading', reading, {}).input('numbers');
    graph.start();
    numbers.trySend(1);
    await sim.advance(123);
    numbers.trySend(2);
    await sim.advance(1);
    const capsule = first(sim.capsules);
    expect(capsule.readings.random).toHaveLength(2);
    expect(capsule.readings.nowMs).toEqual([123, 123]);
    expect((await report(reading, capsule)).outcome).toBe('same');
  });

  test('effects end as they ended, in the same order, with their errors', async () => {
    const asking = defineActor({
      inputs: { numbers: input<number>({ capacity: 8 }) },
      on: {
        async numbers(_, { effect }) {
          const fast = effect('ask', () => sim.clock.sleep(5).then(() => ({ fast: new Date(5) })));
          const slow = effect('ask', () => sim.clock.sleep(50).then(() => ({ slow: true })));
          const winner = await Promise.race([slow, fast]);
          await effect('tell', () => Promise.reject(Object.assign(new Error(JSON.stringify(winner)), { code: 'E1' })));
        },
      },
    });
    const { sim, graph } = world();
    graph.actor('asking', asking, {}).input('numbers').trySend(1);
    const capsule = first(await failing({ sim, graph }));
    expect(capsule.error).toMatchObject({ message: '{"fast":"1970-01-01T00:00:00.005Z"}', code: 'E1' });
    expect(capsule.effects.map(({ kind }) => kind)).toEqual(['returned', 'pending', 'threw']);
    const replay = await report(asking, capsule);
    expect(replay).toMatchObject({ outcome: 'same' });
    expect(replay.error).toMatchObject({ code: 'E1' });
  });

  test('an effect that the capsule does not have is not done', async () => {
    let done = 0;
    const asking = (mended: boolean) =>
      defineActor({
        inputs: { numbers: input<number>({ capacity: 8 }) },
        on: {
          async numbers(_, { effect }) {
            if (!mended) throw new Error('before');
            await effect('pay', () => (done += 1));
          },
        },
      });
    const { sim, graph } = world();
    graph.actor('asking', asking(false), {}).input('numbers').trySend(1);
    const capsule = first(await failing({ sim, graph }));
    expect(await report(asking(true), capsule)).toMatchObject({
      outcome: 'other',
      error: { message: 'the capsule has no further call of effect "pay"' },
    });
    expect(done).toBe(0);
  });

  test('a turn past its deadline is late again', async () => {
    const hanging = defineActor({
      inputs: { numbers: input<number>({ capacity: 8 }) },
      on: { numbers: async (_, { effect }) => void (await effect('hang', () => new Promise(() => undefined))) },
    });
    const { sim, graph } = world();
    graph.actor('hanging', hanging, {}, { turnTimeoutMs: 100 }).input('numbers').trySend(1);
    const capsule = first(await failing({ sim, graph }));
    expect(capsule.error.code).toBe('ERR_TURN_TIMEOUT');
    expect((await report(hanging, capsule)).outcome).toBe('same');
  });

  test('what is not simulated is waited for in real time', async () => {
    const reader = defineActor({
      inputs: { numbers: input<number>({ capacity: 8 }) },
      on: {
        async numbers() {
          await new Promise((resolve) => setTimeout(resolve, 20));
          throw new Error('read');
        },
      },
    });
    const { sim, graph } = world();
    graph.actor('reader', reader, {}).input('numbers').trySend(1);
    graph.start();
    while (sim.capsules.length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      await sim.settle();
    }
    expect((await report(reader, first(sim.capsules))).outcome).toBe('same');
  });

  test('rolled back is an end of its own', async () => {
    const { sim, graph } = world();
    const picky = (mended: boolean) =>
      defineActor({
        inputs: { numbers: input<number>({ capacity: 8 }) },
        on: {
          numbers(_, { rollback }) {
            if (mended) rollback();
            throw new Error('failed');
          },
        },
      });
    graph.actor('picky', picky(false), {}).input('numbers').trySend(1);
    const capsule = first(await failing({ sim, graph }));
    expect((await replayCapsule(picky(true), capsule)).outcome).toBe('rolledBack');
  });
});

test('messages behind one that became a dead letter keep their identity', async () => {
  const { sim, graph } = world();
  const naming = defineActor({
    inputs: { numbers: input<number>({ capacity: 8 }) },
    async run({ inputs: { numbers }, running, next }) {
      while (running()) {
        await next(numbers.avail());
        const taken = numbers.takeMany(Infinity);
        throw new Error(taken.join());
      }
    },
  });
  const showstopper = (inHand: readonly unknown[]) => (inHand.length > 2 ? [1] : ('retry' as const));
  const numbers = graph.actor('naming', naming, {}, { showstopper }).input('numbers');
  for (const number of [1, 2, 3]) numbers.trySend(number);
  const capsules = await failing({ sim, graph });
  const last = capsules.find(({ inputs }) => inputs[0]?.messages[1]?.sequence === 2);
  expect(last?.inputs[0]?.messages.map(({ sequence }) => sequence)).toEqual([0, 2]);
  const replay = await report(naming, last as Capsule);
  expect(replay.outcome).toBe('same');
  expect(replay.took[0]?.messageIds).toEqual(last?.inputs[0]?.messages.slice(0, last.inputs[0].taken).map(({ messageId }) => messageId)); // prettier-ignore
});

test('a message that a timer has sent, and what the turn knows of timers, are as they were', async () => {
  const { sim, graph } = world();
  const ticking = defineActor({
    inputs: { mailbox: input<string>({ capacity: 8 }) },
    on: {
      mailbox(_, { timers, firing }) {
        if (firing === undefined) timers.every('tick', 10, 'tick');
        else throw new Error(`${firing.timer}, ${firing.missed} missed, ${timers.has('tick')} ${timers.has('tock')}`);
      },
    },
  });
  graph.actor('ticking', ticking, {}).input('mailbox').trySend('begin');
  const capsule = first(await failing({ sim, graph }));
  expect(capsule.error.message).toBe('tick, 0 missed, true false');
  expect(capsule.readings.hasTimer).toEqual([1, 0]);
  expect((await report(ticking, capsule)).outcome).toBe('same');
});

test('a turn that publishes fails again in the same way, and publishes to nobody', async () => {
  const announcer = defineActor({
    inputs: { lines: input<string>() },
    outputs: { announcements: outputPort<string>(), log: output<string>() },
    on: {
      lines(line, { outputs, self }) {
        outputs.announcements.publish(line);
        outputs.announcements.subscribe(self as unknown as Receiver<string>);
        outputs.log.send(line);
      },
    },
  });
  const { sim, graph } = world();
  const lines = graph.channel<string>('lines', { capacity: 4 });
  const log = graph.channel<string>('log', { capacity: 4 });
  const heard = graph.channel<string>('heard', { capacity: 4 });
  graph.actor('announcer', announcer, { lines, log }).port('announcements').subscribe(heard);
  lines.trySend('hello');
  const capsule = first(await failing({ sim, graph }));
  expect(capsule).toMatchObject({ obstacles: [], definition: { outputs: ['log'] } });
  expect(heard.size).toBe(0);
  const replay = await report(announcer, capsule);
  expect(replay.outcome).toBe('same');
  expect(replay.error).toMatchObject({ code: 'ERR_WIRING' }); // it has no mailbox
  expect(replay.differences).toEqual([]);
});
