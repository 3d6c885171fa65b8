import { defineActor, input, inputBundle, output, outputBundle } from 'holdfast';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { switched } from './degradation-world.ts';
import { channelOf, stopCleanly, type World, world } from './world.ts';

/** A source that sends `count` numbers in turns of `perTurn` each, to every one of its outputs. */
function sender(perTurn: number, count: number) {
  return defineActor({
    outputs: { out: output<number>() },
    state: () => ({ sent: 0 }),
    source: ({ outputs, state }) => {
      for (let place = 0; place < perTurn && state.sent < count; place += 1) {
        outputs.out.send(state.sent);
        state.sent += 1;
      }
      return state.sent < count ? 'more' : 'done';
    },
  });
}

/** A loop that waits for `want` messages each time, takes as many at the most, and notes what it got. */
function reader(want: number, got: number[][]) {
  return defineActor({
    inputs: { go: input<number>() },
    async run({ inputs, next }) {
      while ((await next(inputs.go.avail(want))).kind === 'ready') got.push([...inputs.go.takeMany(want)]);
    },
  });
}

async function untilStopped(w: World): Promise<void> {
  w.graph.start();
  await w.sim.runUntil(w.graph.stopped());
  w.graph.checkConservation();
}

describe('a wait for several messages', () => {
  test('is content with fewer when a turn waits for more room than they leave', async () => {
    const w = world();
    const go = w.graph.channel<number>('go', { capacity: 4 });
    const got: number[][] = [];
    w.graph.actor('sender', sender(3, 9), { out: go });
    w.graph.actor('reader', reader(4, got), { go });
    await untilStopped(w);
    expect(got).toEqual([
      [0, 1, 2],
      [3, 4, 5],
      [6, 7, 8],
    ]);
  });

  test.each([
    ['the sender first', ['sender', 'reader']],
    ['the reader first', ['reader', 'sender']],
  ])('gets as many as it asked for wherever that will ever be possible, %s', async (_, order) => {
    const w = world();
    const go = w.graph.channel<number>('go', { capacity: 3 });
    const got: number[][] = [];
    for (const name of order) {
      if (name === 'sender') w.graph.actor('sender', sender(1, 100), { out: go });
      else w.graph.actor('reader', reader(2, got), { go });
    }
    await untilStopped(w);
    expect(got).toHaveLength(50);
  });

  test('is content with fewer when somebody waits for more room to be vacant', async () => {
    const w = world();
    const go = w.graph.channel<number>('go', { capacity: 4 });
    const got: number[][] = [];
    const cautious = defineActor({
      outputs: { out: output<number>() },
      async run({ outputs, next }) {
        for (let sent = 0; sent < 9; sent += 3) {
          await next(outputs.out.vacant(3));
          outputs.out.sendMany([sent, sent + 1, sent + 2]);
        }
      },
    });
    w.graph.actor('reader', reader(4, got), { go });
    w.graph.actor('cautious', cautious, { out: go });
    await untilStopped(w);
    expect(got.flat()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test('ends so whichever wait it is: pause, tryNext, any, a lane of a bundle', async () => {
    const w = world();
    const lanes = w.graph.bundle<number>('lanes', { lanes: 2, capacity: 4 });
    const told: string[] = [];
    const hashed = defineActor({
      outputs: { lanes: outputBundle<number>({ partitionBy: (n) => n % 2 === 0 }) },
      state: () => ({ sent: 0 }),
      source: ({ outputs, state }) => {
        for (let place = 0; place < 3; place += 1) outputs.lanes.send(2 * state.sent++);
        return state.sent < 24 ? 'more' : 'done';
      },
    });
    const patient = defineActor({
      inputs: { lanes: inputBundle<number>() },
      async run({ inputs: { lanes }, next, pause, tryNext, any }) {
        told.push(`next ${(await next(lanes.avail(4))).kind} ${lanes.takeMany(9).length}`);
        told.push(`any ${(await next(any(lanes.avail(4)))).kind} ${lanes.takeMany(9).length}`);
        await next(lanes.avail(1));
        told.push(`pause ${(await pause(lanes.avail(4))).kind} ${lanes.takeMany(9).length}`);
        await next(lanes.avail(1));
        told.push(`tryNext ${tryNext(lanes.avail(4))?.kind} ${lanes.takeMany(9).length}`);
        while ((await next(lanes.avail(4))).kind === 'ready') lanes.takeMany(9);
      },
    });
    w.graph.actor('hashed', hashed, { lanes });
    w.graph.actor('patient', patient, { lanes });
    await untilStopped(w);
    expect(told).toEqual(['next ready 3', 'any ready 3', 'pause ready 3', 'tryNext ready 3']);
  });

  test.each([
    ['at once', 6, 3, 0],
    ['when somebody else has sent there', 2, 2, 1],
  ])(
    'on several channels: a turn in the line of one lacks room in the other, %s',
    async (_, turns, toRight, others) => {
      const w = world();
      const left = w.graph.channel<number>('left', { capacity: 4 });
      const right = w.graph.channel<number>('right', { capacity: 4 });
      const splitter = defineActor({
        outputs: { left: output<number>(), right: output<number>() },
        state: () => ({ sent: 0 }),
        source: ({ outputs, state }) => {
          for (let place = 0; place < 3; place += 1) outputs.left.send(state.sent);
          for (let place = 0; place < toRight; place += 1) outputs.right.send(state.sent);
          state.sent += 1;
          return state.sent < turns ? 'more' : 'done';
        },
      });
      const joiner = defineActor({
        inputs: { left: input<number>(), right: input<number>() },
        async run({ inputs: { left, right }, next, all }) {
          while ((await next(all(left.avail(4), right.avail(4)))).kind === 'ready') {
            left.takeMany(4);
            right.takeMany(4);
          }
        },
      });
      w.graph.actor('splitter', splitter, { left, right });
      w.graph.actor('joiner', joiner, { left, right });
      w.graph.actor('other', sender(1, others), { out: right });
      await untilStopped(w);
      expect(channelOf(w.graph, 'left').taken).toBe(3 * turns);
      expect(channelOf(w.graph, 'right').taken).toBe(toRight * turns + others);
    },
  );

  test('is content with fewer when the channel shrinks to less room than somebody waits for', async () => {
    const { w, on, off } = switched({ capacityFactor: 0.1 });
    const go = w.graph.channel<number>('go', { capacity: 8 });
    const full = w.graph.channel<number>('full', { capacity: 1 });
    const got: number[][] = [];
    const cautious = defineActor({
      outputs: { go: output<number>(), full: output<number>() },
      async run({ outputs, commit, next, all }) {
        outputs.go.sendMany([1, 2, 3]);
        outputs.full.send(1);
        await commit();
        await next(all(outputs.go.vacant(2), outputs.full.vacant()));
      },
    });
    w.graph.actor('cautious', cautious, { go, full });
    w.graph.actor('reader', reader(4, got), { go });
    w.graph.start();
    await w.sim.settle();
    expect(got).toEqual([]);
    await on();
    expect(got).toEqual([[1, 2, 3]]);
    await off();
    for await (const _ of full) break;
    await stopCleanly(w);
  });

  test('waits on while the channel has room for everybody who wants some', async () => {
    const w = world();
    const go = w.graph.channel<number>('go', { capacity: 8 });
    const got: number[][] = [];
    w.graph.actor('reader', reader(4, got), { go });
    w.graph.start();
    for (const message of [1, 2, 3]) go.trySend(message);
    await w.sim.advance(1e6);
    expect(got).toEqual([]);
    go.trySend(4);
    await w.sim.settle();
    expect(got).toEqual([[1, 2, 3, 4]]);
    await stopCleanly(w);
  });

  test('never hangs, whatever the sizes and the order, and gets fewer only where it must', async () => {
    const size = fc.integer({ min: 1, max: 6 });
    const model = fc.record({
      capacity: size,
      want: size,
      senders: fc.array(fc.record({ perTurn: size, count: fc.nat(20) }), { minLength: 1, maxLength: 4 }),
      seed: fc.nat(1_000),
    });
    await fc.assert(
      fc.asyncProperty(model, async ({ capacity, want: asked, senders, seed }) => {
        const w = world({}, { seed, schedule: 'random' });
        const go = w.graph.channel<number>('go', { capacity });
        const got: number[][] = [];
        const want = Math.min(asked, capacity);
        w.graph.actor('reader', reader(want, got), { go });
        for (const [index, { perTurn, count }] of senders.entries())
          w.graph.actor(`sender ${index}`, sender(Math.min(perTurn, capacity), count), { out: go });
        await untilStopped(w);
        expect(got.flat()).toHaveLength(senders.reduce((sum, { count }) => sum + count, 0));
        const most = Math.max(...senders.map(({ perTurn }) => Math.min(perTurn, capacity)));
        // With so much room a turn fits beside what the reader waits for.
        if (want + most - 1 <= capacity) for (const messages of got.slice(0, -1)) expect(messages).toHaveLength(want);
      }),
      { numRuns: 150 },
    );
  });
});

describe('a batch', () => {
  test('waits for those whose room is there by now', async () => {
    const w = world();
    const go = w.graph.channel<number>('go', { capacity: 10 });
    const sizes: number[] = [];
    const definition = defineActor({
      inputs: { go: input<number>({ batch: { size: 6, timeoutMs: Infinity } }) },
      on: { go: (batch) => void sizes.push(batch.length) },
    });
    w.graph.actor('actor', definition, { go });
    w.graph.actor('sender', sender(2, 60), { out: go });
    await untilStopped(w);
    expect(sizes).toEqual(new Array(10).fill(6));
  });
});
