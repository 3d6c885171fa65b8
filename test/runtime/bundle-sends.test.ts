import {
  type ActorOptions,
  type Bundle,
  defineActor,
  input,
  type LoopContext,
  type InputSpec,
  laneOf,
  outputBundle,
  type OutputBundleOptions,
  type OutputBundleSpec,
} from 'holdfast';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { channelOf, collect, stopCleanly, type World, world } from './world.ts';

interface Sending extends World {
  readonly lanes: Bundle<number>;
  readonly go: (message: number) => void;
  /** What each lane holds, where it has no reader, or what has arrived. */
  readonly arrived: readonly (readonly number[])[];
}

interface SendingOptions {
  readonly bundle?: OutputBundleOptions<number>;
  readonly lanes?: number;
  readonly capacity?: number;
  /** Lanes without a reader. */
  readonly unread?: readonly number[];
  readonly actor?: ActorOptions;
}

type Step = (message: number, ctx: SendContext) => void;
type SendContext = LoopContext<
  { readonly go: InputSpec<number> },
  { readonly lanes: OutputBundleSpec<number> },
  { sent: number },
  undefined
>;

/** One actor that does `step` for each message and has a bundle as its output. */
function sending(step: Step, options: SendingOptions = {}): Sending {
  const w = world({ actorDefaults: { retryBackoff: { minMs: 0 } } });
  const go = w.graph.channel<number>('go', { capacity: 64 });
  const lanes = w.graph.bundle<number>('lanes', { lanes: options.lanes ?? 3, capacity: options.capacity ?? 64 });
  const sender = defineActor({
    inputs: { go: input<number>() },
    outputs: { lanes: outputBundle<number>(options.bundle ?? {}) },
    state: () => ({ sent: 0 }),
    async run(ctx) {
      while (ctx.running()) {
        await ctx.next(ctx.inputs.go.avail());
        const message = ctx.inputs.go.take();
        if (message !== undefined) step(message, ctx);
      }
    },
  });
  w.graph.actor('sender', sender, { go, lanes }, options.actor);
  const arrived = lanes.map((lane, index) => (options.unread?.includes(index) === true ? [] : collect(w.graph, lane)));
  w.graph.start();
  return { ...w, lanes, arrived, go: (message) => void expect(go.trySend(message)).toEqual({ ok: true }) };
}

const send: Step = (message, { outputs }) => outputs.lanes.send(message);

async function goAll(w: Sending, messages: readonly number[]): Promise<void> {
  for (const message of messages) w.go(message);
  await w.sim.settle();
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

describe('by key', () => {
  test('messages with the same key go to the same lane, in order; laneOf says which', async () => {
    const w = sending(send, { bundle: { partitionBy: (message) => message % 5 } });
    await goAll(w, numbers(30));
    w.arrived.forEach((arrived, lane) => {
      expect(arrived).toEqual(numbers(30).filter((message) => laneOf(message % 5, 3) === lane));
    });
    expect(w.arrived.flat()).toHaveLength(30);
    await stopCleanly(w);
  });

  test('the bundle itself says the lane of a key', async () => {
    const answers: unknown[] = [];
    const w = sending((_, { outputs }) => void answers.push(outputs.lanes.laneOf('customer-1'), outputs.lanes.length), {
      bundle: { partitionBy: () => 'customer-1' },
    });
    await goAll(w, [1]);
    expect(answers).toEqual([laneOf('customer-1', 3), 3]);
    await stopCleanly(w);
  });

  test.each<[string, unknown, string]>([
    ['undefined', undefined, 'got undefined'],
    ['NaN', NaN, 'got NaN'],
    ['an object', { id: 1 }, 'got a value of type object'],
    ['a promise', Promise.resolve('a'), 'got a value of type object'],
  ])('%s is no key: the turn fails, also when the error is caught, and sends nothing', async (_, key, words) => {
    const errors: unknown[] = [];
    const w = sending(
      (message, { outputs }) => {
        outputs.lanes.lane(0).send(message);
        try {
          outputs.lanes.send(message);
        } catch (error) {
          errors.push(error);
        }
      },
      { bundle: { partitionBy: () => key as never }, actor: { showstopperAfter: 1 } },
    );
    await goAll(w, [1]);
    expect(errors[0]).toMatchObject({
      code: 'ERR_INVALID_KEY',
      details: { by: 'partitionBy of output "lanes"', received: key },
      message: expect.stringContaining(words) as unknown,
    });
    expect(w.arrived.flat()).toEqual([]);
    expect(w.graph.deadLetters.list()).toMatchObject([
      { payload: 1, reason: 'showstopper', error: { code: 'ERR_TURN_POISONED' } },
    ]);
    await stopCleanly(w);
  });

  test.each<[string, () => never, object]>([
    [
      'an error',
      () => {
        throw new TypeError('no customer');
      },
      { name: 'TypeError', message: 'no customer' },
    ],
    [
      'a text',
      () => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error -- what users throw
        throw 'no customer';
      },
      {},
    ],
  ])('a partitionBy that throws %s fails the turn with it', async (_, partitionBy, error) => {
    const w = sending(send, { bundle: { partitionBy }, actor: { showstopperAfter: 1 } });
    await goAll(w, [1]);
    expect(w.graph.deadLetters.list()).toMatchObject([{ payload: 1, reason: 'showstopper', error }]);
    await stopCleanly(w);
    const caught = sending(
      (message, { outputs }) => {
        try {
          outputs.lanes.send(message);
        } catch {
          outputs.lanes.lane(0).send(message);
        }
      },
      { bundle: { partitionBy }, actor: { showstopperAfter: 1 } },
    );
    await goAll(caught, [1]);
    expect(caught.arrived.flat()).toEqual([]);
    await stopCleanly(caught);
  });
});

describe('by key, where the lanes have a schema', () => {
  const order = z.object({ customer: z.string(), amount: z.number() });

  async function orders(partitionBy: (message: { customer: string }) => string, sent: readonly unknown[]) {
    const w = world({ actorDefaults: { showstopperAfter: 1 } });
    const go = w.graph.channel<unknown>('go', { capacity: 8 });
    const lanes = w.graph.bundle('lanes', { lanes: 2, capacity: 4, schema: order });
    const sender = defineActor({
      inputs: { go: input<unknown>() },
      outputs: { lanes: outputBundle<z.infer<typeof order>>({ partitionBy }) },
      on: {
        go(message, { outputs }) {
          outputs.lanes.send(message as z.infer<typeof order>);
        },
      },
    });
    w.graph.actor('sender', sender, { go, lanes });
    const arrived = lanes.map((lane) => collect(w.graph, lane));
    w.graph.start();
    for (const message of sent) go.trySend(message);
    await w.sim.settle();
    await stopCleanly(w);
    return { arrived, letters: w.graph.deadLetters.list() };
  }

  test('a message that does not fit, and so may have no key, becomes a dead letter and fails no turn', async () => {
    const bad = [{}, { customer: 5, amount: 1 }, 'no order', { customer: 'b', amount: 'much' }];
    const good = { customer: 'a', amount: 1 };
    const byThrowing = await orders((message) => message.customer.toUpperCase(), [...bad, good]);
    const byNoKey = await orders((message) => message.customer, [...bad, good]);
    for (const { arrived, letters } of [byThrowing, byNoKey]) {
      expect(arrived.flat()).toEqual([good]);
      expect(letters.map(({ payload, reason }) => [payload, reason])).toEqual(
        bad.map((payload) => [payload, 'invalid']),
      );
    }
  });

  test('a message that fits and has no key fails the turn', async () => {
    const { arrived, letters } = await orders(() => undefined as never, [{ customer: 'a', amount: 1 }]);
    expect(arrived.flat()).toEqual([]);
    expect(letters).toMatchObject([{ reason: 'showstopper', error: { code: 'ERR_INVALID_KEY' } }]);
  });
});

describe('round robin', () => {
  test('is the default: one lane after the other, over turns', async () => {
    const w = sending(send);
    await goAll(w, numbers(7));
    expect(w.arrived).toEqual([
      [0, 3, 6],
      [1, 4],
      [2, 5],
    ]);
    await stopCleanly(w);
  });

  test('several messages of a turn go on where the last one stopped; an explicit choice does not count', async () => {
    const w = sending((message, { outputs: { lanes } }) => {
      lanes.sendMany([message, message + 0.1]);
      lanes.lane(0).send(-message);
      lanes.lane(2).sendMany([message + 0.5]);
    });
    await goAll(w, [1, 2]);
    expect(w.arrived).toEqual([[1, -1, 2.1, -2], [1.1], [1.5, 2, 2.5]]);
    await stopCleanly(w);
  });

  test('a turn that is retried sends to the same lanes again, and no lane is passed over', async () => {
    let failures = 0;
    const lanesChosen: string[] = [];
    const w = sending(
      (message, { outputs, attempt, state }) => {
        outputs.lanes.sendMany([message, message + 0.1]);
        state.sent += 2;
        lanesChosen.push(`${message}/${attempt}`);
        if (message % 2 === 1 && attempt < 3) {
          failures += 1;
          throw new Error('once more');
        }
      },
      { actor: { showstopperAfter: 10, maxRestarts: Infinity } },
    );
    await goAll(w, numbers(6));
    expect(failures).toBe(6);
    expect(w.arrived).toEqual([
      [0, 1.1, 3, 4.1],
      [0.1, 2, 3.1, 5],
      [1, 2.1, 4, 5.1],
    ]);
    await stopCleanly(w);
  });

  test('a roll back after which the turn sends nothing gives the lane back as well', async () => {
    const w = sending(
      (message, { outputs, attempt, messageId }) => {
        if (message === 1 && attempt > 1) return; // given up, and committed without a message
        outputs.lanes.send(message);
        if (message === 1) throw new Error(messageId);
      },
      { actor: { showstopperAfter: 10 } },
    );
    await goAll(w, [0, 1, 2, 3]);
    expect(w.arrived).toEqual([[0], [2], [3]]);
    await stopCleanly(w);
  });

  test('a failed turn that sent nothing leaves the turn of the lanes alone', async () => {
    const w = sending(
      (message, { outputs, attempt }) => {
        if (message === 1 && attempt === 1) throw new Error('before it sends');
        outputs.lanes.send(message);
      },
      { actor: { showstopperAfter: 10 } },
    );
    await goAll(w, [0, 1, 2, 3]);
    expect(w.arrived).toEqual([[0, 3], [1], [2]]);
    await stopCleanly(w);
  });

  test('waits for room in the lane whose turn it is: it overtakes nobody', async () => {
    const w = sending(send, { capacity: 1, unread: [1] });
    await goAll(w, numbers(6));
    // 4 is for lane 1, which 1 fills: nothing goes past it.
    expect(w.arrived).toEqual([[0, 3], [], [2]]);
    expect(w.lanes[1]?.size).toBe(1);
    expect(channelOf(w.graph, 'lanes[1]')).toMatchObject({ waitingForRoom: 1 });
    const read: number[] = [];
    const lane = w.lanes[1]?.[Symbol.asyncIterator]();
    for (let n = 0; n < 2; n += 1) {
      void lane?.next().then(({ value }) => read.push(value as number));
      await w.sim.settle();
    }
    expect(read).toEqual([1, 4]);
    expect(w.arrived[2]).toEqual([2, 5]);
    await stopCleanly(w);
  });
});

describe('to the emptiest', () => {
  test('is the lane with the most room, what the turn has staged counted; of several, in turn', async () => {
    const w = sending(send, { bundle: { route: 'emptiest' }, capacity: 4, unread: [0, 1, 2] });
    for (let n = 0; n < 2; n += 1) await w.lanes[0]?.send(-1);
    await goAll(w, numbers(7));
    expect(w.lanes.map(({ size }) => size)).toEqual([3, 3, 3]);
    const within = sending((message, { outputs }) => outputs.lanes.sendMany(numbers(message)), {
      bundle: { route: 'emptiest' },
      capacity: 4,
      unread: [0, 1, 2],
    });
    await within.lanes[1]?.send(-1);
    await goAll(within, [8]);
    expect(within.lanes.map(({ size }) => size)).toEqual([3, 3, 3]);
    await within.sim.runUntil(stopAnyhow(within));
    await w.sim.runUntil(stopAnyhow(w));
  });

  test('spreads the messages where all lanes are empty all the time', async () => {
    const w = sending(send, { bundle: { route: 'emptiest' } });
    for (const message of numbers(6)) await goAll(w, [message]);
    expect(w.arrived).toEqual([
      [0, 3],
      [1, 4],
      [2, 5],
    ]);
    await stopCleanly(w);
  });

  test('goes by room and not by how many are waiting, where capacities differ', async () => {
    const w = world();
    const go = w.graph.channel<number>('go', { capacity: 8 });
    const small = w.graph.channel<number>('small', { capacity: 1 });
    const large = w.graph.channel<number>('large', { capacity: 8 });
    const sender = defineActor({
      inputs: { go: input<number>() },
      outputs: { lanes: outputBundle<number>({ route: 'emptiest' }) },
      on: {
        go(message, { outputs }) {
          outputs.lanes.send(message);
        },
      },
    });
    w.graph.actor('sender', sender, { go, lanes: [small, large] });
    w.graph.start();
    for (const message of numbers(8)) go.trySend(message);
    await w.sim.settle();
    expect([small.size, large.size]).toEqual([1, 7]); // the first one went to the large one, which had the most room
    await w.sim.runUntil(stopAnyhow(w));
  });

  test('where no lane has room, one turn may still fill every lane to its capacity, and not more', async () => {
    const w = sending((message, { outputs }) => outputs.lanes.sendMany(numbers(message)), {
      bundle: { route: 'emptiest' },
      capacity: 2,
      unread: [0, 1, 2],
      actor: { showstopperAfter: 1 },
    });
    await goAll(w, [3, 6, 7]);
    expect(w.lanes.map(({ size }) => size)).toEqual([1, 1, 1]); // the turn with 6 waits for room
    const readers = w.lanes.map((lane) => lane[Symbol.asyncIterator]());
    for (const reader of readers) void reader.next();
    await w.sim.settle();
    expect(w.lanes.map(({ size }) => size)).toEqual([2, 2, 2]);
    expect(w.graph.deadLetters.list()).toMatchObject([{ payload: 7, error: { code: 'ERR_OVER_CAPACITY' } }]);
    await w.sim.runUntil(stopAnyhow(w));
  });
});

test('to the emptiest, a turn may fill up one lane and go on with one that is full: its commit waits', async () => {
  const w = sending((message, { outputs }) => outputs.lanes.sendMany(numbers(message)), {
    bundle: { route: 'emptiest' },
    lanes: 2,
    capacity: 2,
    unread: [0, 1],
    actor: { showstopperAfter: 1 },
  });
  for (let n = 0; n < 2; n += 1) await w.lanes[1]?.send(-1);
  await goAll(w, [4]);
  expect(w.lanes.map(({ size }) => size)).toEqual([0, 2]);
  const reader = w.lanes[1]?.[Symbol.asyncIterator]();
  for (let n = 0; n < 2; n += 1) await reader?.next();
  await w.sim.settle();
  expect(w.lanes.map(({ size }) => size)).toEqual([2, 2]);
  expect(w.graph.deadLetters.total).toBe(0);
  await w.sim.runUntil(stopAnyhow(w));
});

describe('to every lane', () => {
  test('each lane gets each message, in order', async () => {
    const w = sending(send, { bundle: { route: 'everyLane' } });
    await goAll(w, numbers(5));
    expect(w.arrived).toEqual([numbers(5), numbers(5), numbers(5)]);
    await stopCleanly(w);
  });

  test('all of them or none: while one lane is full, nobody gets the message', async () => {
    const w = sending(send, { bundle: { route: 'everyLane' }, capacity: 1, unread: [2] });
    await goAll(w, [1, 2, 3]);
    expect(w.arrived.slice(0, 2)).toEqual([[1], [1]]);
    expect(w.lanes[2]?.size).toBe(1);
    const reader = w.lanes[2]?.[Symbol.asyncIterator]();
    void reader?.next();
    await w.sim.settle();
    expect(w.arrived.slice(0, 2)).toEqual([
      [1, 2],
      [1, 2],
    ]);
    await w.sim.runUntil(stopAnyhow(w));
  });

  test('a lane whose reader is gone for good gives dead letters; the others get theirs', async () => {
    const w = sending(send, { bundle: { route: 'everyLane' }, unread: [1] });
    const reader = w.lanes[1]?.[Symbol.asyncIterator]();
    await reader?.return?.();
    await goAll(w, [1, 2]);
    expect(w.arrived).toEqual([[1, 2], [], [1, 2]]);
    expect(w.graph.deadLetters.list()).toMatchObject([
      { payload: 1, channel: 'lanes[1]', reason: 'no-consumer' },
      { payload: 2, channel: 'lanes[1]', reason: 'no-consumer' },
    ]);
    await stopCleanly(w);
  });

  test('a turn that fails has sent to no lane', async () => {
    const w = sending(
      (message, { outputs, attempt }) => {
        outputs.lanes.send(message);
        if (attempt === 1) throw new Error('after it was staged');
      },
      { bundle: { route: 'everyLane' }, actor: { maxRestarts: Infinity } },
    );
    await goAll(w, [1, 2]);
    expect(w.arrived).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
    await stopCleanly(w);
  });
});

describe('lanes that are closed, or that nobody reads', () => {
  test.each(['roundRobin', 'emptiest'] as const)('are passed over, %s, while there is another', async (route) => {
    const w = sending(
      (message, { outputs }) => {
        if (message === 0) outputs.lanes.lane(0).close();
        else outputs.lanes.send(message);
      },
      { bundle: { route }, unread: [1] },
    );
    await w.lanes[1]?.[Symbol.asyncIterator]().return?.();
    await goAll(w, [0, 1, 2, 3]);
    expect(w.arrived).toEqual([[], [], [1, 2, 3]]);
    expect(w.graph.deadLetters.list()).toEqual([]);
    await stopCleanly(w);
  });

  test.each(['roundRobin', 'emptiest'] as const)('are passed over, %s, in the turn that closes them', async (route) => {
    const w = sending(
      (message, { outputs: { lanes } }) => {
        if (message === 0) lanes.lane(1).close();
        lanes.sendMany([message, message + 0.1]);
      },
      { bundle: { route } },
    );
    await goAll(w, [0, 1]);
    expect(w.arrived).toEqual([[0, 1], [], [0.1, 1.1]]);
    expect(w.graph.deadLetters.total).toBe(0);
    await stopCleanly(w);
  });

  test.each(['roundRobin', 'emptiest'] as const)('get the message, %s, where there is no other', async (route) => {
    const w = sending(send, { bundle: { route }, unread: [0, 1, 2] });
    for (const lane of w.lanes) await lane[Symbol.asyncIterator]().return?.();
    await goAll(w, [1, 2]);
    expect(w.graph.deadLetters.list().map(({ payload, reason }) => [payload, reason])).toEqual([
      [1, 'no-consumer'],
      [2, 'no-consumer'],
    ]);
    await stopCleanly(w);
  });

  test.each<[string, OutputBundleOptions<number>]>([
    ['roundRobin', { route: 'roundRobin' }],
    ['emptiest', { route: 'emptiest' }],
    ['everyLane', { route: 'everyLane' }],
    ['by key', { partitionBy: (message) => message }],
  ])('%s: a bundle that this actor has closed refuses what is sent', async (_, bundle) => {
    const w = sending(
      (message, { outputs }) => {
        if (message === 0) outputs.lanes.close();
        outputs.lanes.close(); // again does nothing
        if (message > 0) outputs.lanes.send(message);
      },
      { bundle, actor: { showstopperAfter: 1 } },
    );
    await goAll(w, [0, 1]);
    expect(w.graph.deadLetters.list()).toMatchObject([{ payload: 1, error: { code: 'ERR_CHANNEL_CLOSED' } }]);
    expect(w.graph.snapshot().channels.filter(({ closed }) => closed)).toHaveLength(3);
    await stopCleanly(w);
  });

  test('keys keep their lane whatever becomes of it: what is sent there becomes a dead letter', async () => {
    const w = sending(send, { bundle: { partitionBy: (message) => message }, unread: [1] });
    await w.lanes[1]?.[Symbol.asyncIterator]().return?.();
    await goAll(w, numbers(12));
    const dead = numbers(12).filter((message) => laneOf(message, 3) === 1);
    expect(w.graph.deadLetters.list().map(({ payload }) => payload)).toEqual(dead);
    expect(w.arrived.flat().sort((a, b) => a - b)).toEqual(numbers(12).filter((message) => !dead.includes(message)));
    await stopCleanly(w);
  });
});

test('undefined is no message, whatever partitionBy makes of it', async () => {
  const w = sending((_, { outputs }) => outputs.lanes.send(undefined as never), {
    bundle: { partitionBy: (message) => message.toFixed() },
    actor: { showstopperAfter: 1 },
  });
  await goAll(w, [1]);
  expect(w.graph.deadLetters.list()).toMatchObject([{ error: { code: 'ERR_UNDEFINED_MESSAGE' } }]);
  await stopCleanly(w);
});

test('undefined, an iterable that fails half way, and a lane that is not there poison or throw', async () => {
  const errors: unknown[] = [];
  const w = sending(
    (message, { outputs: { lanes } }) => {
      const attempts = [
        (): void => lanes.send(undefined as never),
        (): void =>
          lanes.sendMany(
            (function* () {
              yield message;
              throw new RangeError('half way');
            })(),
          ),
        (): unknown => lanes.lane(3),
        (): unknown => lanes.lane(-1),
        (): unknown => lanes.lane(1.5),
      ];
      try {
        attempts[message]?.();
      } catch (error) {
        errors.push(error);
      }
    },
    { actor: { showstopperAfter: 1, maxRestarts: Infinity } },
  );
  await goAll(w, numbers(5));
  expect(errors).toMatchObject([
    { code: 'ERR_UNDEFINED_MESSAGE' },
    { name: 'RangeError' },
    { code: 'ERR_INVALID_OPTION', message: 'lane of "lanes" must be an integer from 0 to 2, got 3 (number)' },
    { code: 'ERR_INVALID_OPTION' },
    { code: 'ERR_INVALID_OPTION' },
  ]);
  expect(w.graph.deadLetters.list().map(({ payload }) => payload)).toEqual([0, 1]);
  expect(w.arrived.flat()).toEqual([]);
  await stopCleanly(w);
});

/** Stops a graph whose lanes nobody reads. */
async function stopAnyhow({ graph }: World): Promise<void> {
  graph.requestShutdown();
  await graph.stopped({ timeoutMs: 1 }).catch(() => undefined);
  graph.checkConservation();
}
