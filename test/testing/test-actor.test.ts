/** One definition under test: what goes in, what comes out, and each turn on its own. */
import {
  args,
  defineActor,
  HoldfastError,
  input,
  inputBundle,
  output,
  outputBundle,
  outputPort,
  table,
} from 'holdfast';
import { InjectedFault, testActor } from 'holdfast/testing';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';

const adder = defineActor({
  inputs: { numbers: input<number>() },
  outputs: { sums: output<number>() },
  state: () => ({ sum: 0 }),
  on: {
    numbers(value, { state, outputs, reject, rollback, regeneration }) {
      if (value < 0) return reject('below zero');
      state.sum += value;
      outputs.sums.send(state.sum);
      if (value === 13 && regeneration < 2) throw new Error('thirteen');
      if (value === 14 && regeneration === 0) rollback();
    },
  },
});

/** Adds up, and says the sum every second. */
const meter = defineActor({
  inputs: { readings: input<number>() },
  outputs: { sums: output<number>() },
  state: () => ({ sum: 0 }),
  async run({ inputs: { readings }, outputs: { sums }, state, running, next, any, every }) {
    while (running()) {
      const { index } = await next(any(readings.avail(), every(1_000)));
      if (index === 1) sums.send(state.sum);
      else for (const reading of readings.takeMany(readings.capacity)) state.sum += reading;
    }
  },
});

const counter = defineActor({
  outputs: { numbers: output<number>() },
  state: () => ({ next: 0 }),
  source({ outputs, state }) {
    outputs.numbers.send(state.next);
    state.next += 1;
    return state.next < 5 ? 'more' : 'done';
  },
});

const codeOf = (error: unknown): string => (error instanceof HoldfastError ? error.code : String(error));
const rejection = (promise: Promise<unknown>): Promise<string> => promise.then(() => 'resolved', codeOf);
function thrown(call: () => unknown): string {
  try {
    call();
    return 'nothing';
  } catch (error) {
    return codeOf(error);
  }
}

describe('turns', () => {
  test('of a handler: exactly so many, each with what it took, sent and changed', async () => {
    await using actor = testActor(adder);
    actor.send('numbers', 1, 2, 3);
    expect(actor.sent('sums')).toEqual([]);
    const [first, second, ...others] = await actor.turns(2);
    expect(others).toEqual([]);
    expect(first).toMatchObject({ kind: 'committed', number: 1, taken: { numbers: [1] }, sent: { sums: [1] } });
    expect(second).toMatchObject({ stateBefore: { sum: 1 }, stateAfter: { sum: 3 }, rejected: [] });
    expect(actor.sent('sums')).toEqual([1, 3]);
    expect(actor.taken('numbers')).toEqual([1, 2]);
    expect(actor.waitsFor).toContain('numbers');
    await actor.turns(1);
    expect(actor.state).toEqual({ sum: 6 });
    expectTypeOf(actor.sent('sums')).toEqualTypeOf<readonly number[]>();
    expectTypeOf(actor.state).toEqualTypeOf<{ sum: number }>();
  });

  test('of a loop: time moves on as far as it has to', async () => {
    await using actor = testActor(meter);
    actor.send('readings', 1, 2);
    const [took, said] = await actor.turns(2);
    expect(took).toMatchObject({ taken: { readings: [1, 2] }, sent: { sums: [] }, endedAtMs: 0 });
    expect(said).toMatchObject({ sent: { sums: [3] }, endedAtMs: 1_000 });
    expect(actor.history).toHaveLength(2);
    await actor.advance(3_000);
    expect(actor.sent('sums')).toEqual([3, 3, 3, 3]);
  });

  test('of a source, until it is done', async () => {
    await using actor = testActor(counter);
    await actor.turns(2);
    expect(actor.sent('numbers')).toEqual([0, 1]);
    await actor.idle();
    expect(actor.sent('numbers')).toEqual([0, 1, 2, 3, 4]);
    expect(actor.exit).toEqual({ kind: 'completed' });
    expect(actor.waitsFor).toBeUndefined();
    await expect(actor.turns(1)).rejects.toThrow('0 of 1 turns have come; now: it has ended');
  });

  test('of an asynchronous handler, one after the other', async () => {
    const slow = defineActor({
      inputs: { names: input<string>() },
      outputs: { pages: output<string>() },
      on: {
        async names(name, { effect, outputs }) {
          outputs.pages.send(await effect('fetch', () => fetch(name).then((page) => page.text())));
        },
      },
    });
    await using actor = testActor(slow, { effects: { fetch: ({ attempt }) => Promise.resolve(`page ${attempt}`) } });
    actor.send('names', 'a', 'b');
    expect(await actor.turns(1)).toHaveLength(1);
    expect(actor.sent('pages')).toEqual(['page 1']);
    await actor.idle();
    expect(actor.sent('pages')).toEqual(['page 1', 'page 1']);
  });

  test('that do not come: the error says what the actor waits for', async () => {
    await using actor = testActor(adder);
    actor.send('numbers', 1);
    const error: unknown = await actor.turns(2).catch((caught: unknown) => caught);
    expect(codeOf(error)).toBe('ERR_SIM_STUCK');
    expect(String(error)).toContain('1 of 2 turns have come');
    expect(String(error)).toContain('numbers');
  });

  test('without an end: idle does not hang', async () => {
    const spinning = defineActor({ source: () => 'more' });
    const actor = testActor(spinning);
    await expect(actor.idle()).rejects.toThrow('it does not come to rest: 100000 turns');
    await actor.stop();
  });
});

describe('a turn that fails', () => {
  test('has no effect, and says what came to nothing; the actor comes back', async () => {
    await using actor = testActor(adder, { options: { showstopperAfter: 5 } });
    actor.send('numbers', 1, 13);
    const turns = await actor.turns(4);
    expect(turns.map(({ kind, regeneration }) => [kind, regeneration])).toEqual([
      ['committed', 0],
      ['failed', 0],
      ['failed', 1],
      ['committed', 2],
    ]);
    const failed = turns[1];
    if (failed === undefined || failed.kind === 'committed') throw new Error('it has failed');
    expect(failed.error).toEqual(new Error('thirteen'));
    expect(failed).toMatchObject({ taken: { numbers: [] }, sent: { sums: [] } });
    expect(failed.undone).toEqual({ taken: { numbers: [13] }, sent: { sums: [14] } });
    expect(failed.stateAfter).toEqual({ sum: 1 });
    expect(actor.sent('sums')).toEqual([1, 14]);
    expect(actor.regeneration).toBe(2);
  });

  test('for good leaves a dead letter; a rejected message is one at once', async () => {
    await using actor = testActor(adder, { options: { showstopperAfter: 1 } });
    actor.send('numbers', 13, -1, 2);
    await actor.advance(60_000);
    expect(actor.history.map(({ kind }) => kind)).toEqual(['failed', 'committed', 'committed']);
    expect(actor.history[1]?.rejected).toEqual([{ port: 'numbers', message: -1, reason: 'below zero' }]);
    expect(actor.taken('numbers')).toEqual([2]);
    expect(actor.deadLetters.map(({ payload, reason }) => [payload, reason])).toEqual([
      [13, 'showstopper'],
      [-1, 'rejected'],
    ]);
  });

  test('rolled back by itself is told apart from a failure', async () => {
    await using actor = testActor(adder, { restore: { state: { sum: 1 } } });
    actor.send('numbers', 14);
    const [turn] = await actor.turns(1);
    expect(turn).toMatchObject({ kind: 'rolledBack', undone: { sent: { sums: [15] } }, stateBefore: { sum: 1 } });
    actor.crashAt('restart');
    await actor.advance(60_000);
    expect(actor.history.map(({ kind }) => kind)).toEqual(['rolledBack', 'committed']);
    expect(actor.regeneration).toBe(2); // killed as it began anew
  });

  test('each reason belongs to its message, whatever the order of the calls', async () => {
    const batches = defineActor({
      inputs: { lines: input<string>({ batch: { size: 3 } }) },
      on: {
        lines(_, { reject }) {
          reject(2, 'third');
          reject(0, 'first');
        },
      },
    });
    await using actor = testActor(batches);
    actor.send('lines', 'a', 'b', 'c');
    const [turn] = await actor.turns(1);
    expect(turn?.taken).toEqual({ lines: ['b'] });
    expect(turn?.rejected).toEqual([
      { port: 'lines', message: 'a', reason: 'first' },
      { port: 'lines', message: 'c', reason: 'third' },
    ]);
  });

  test('for ever ends the actor; stop does not say so once more', async () => {
    const hopeless = defineActor({
      source() {
        throw new Error('always');
      },
    });
    const actor = testActor(hopeless, { options: { maxRestarts: 1 } });
    await actor.advance(60_000);
    expect(actor.exit?.kind).toBe('crashed');
    expect(actor.history).toHaveLength(2);
    actor.log.expectLog({ level: 'error', fields: { actor: 'actor' } }, { level: 'fatal', text: 'giving up' });
    await actor.stop();
  });
});

describe('a crash', () => {
  test.each([1, 2])('at call %i of the context: the message is taken again, and nothing is doubled', async (call) => {
    const passing = defineActor({
      inputs: { in: input<number>() },
      outputs: { a: output<number>(), b: output<number>() },
      on: {
        in(value, { outputs: { a, b } }) {
          a.send(value);
          b.send(value);
        },
      },
    });
    await using actor = testActor(passing);
    actor.crashAt(call);
    actor.send('in', 7);
    const [crashed, committed] = await actor.turns(2);
    expect(crashed).toMatchObject({ kind: 'failed', undone: { sent: { a: call === 1 ? [] : [7], b: [] } } });
    expect(crashed?.kind === 'failed' && crashed.error).toBeInstanceOf(InjectedFault);
    expect(committed).toMatchObject({ kind: 'committed', regeneration: 1, sent: { a: [7], b: [7] } });
    expect([actor.sent('a'), actor.sent('b')]).toEqual([[7], [7]]);
  });

  test('at a step, and where nothing can be thrown any more: the turn stands', async () => {
    await using actor = testActor(adder);
    actor.crashAt('commit:beforeState', 2);
    actor.crashAt('commit:published');
    actor.send('numbers', 1, 2);
    await actor.advance(10_000);
    expect(actor.sent('sums')).toEqual([1, 3]);
    expect(actor.history.map(({ kind }) => kind)).toEqual(['committed', 'failed', 'committed']);
    expect(actor.regeneration).toBe(2);
  });

  test('that never comes is an error of stop', async () => {
    const actor = testActor(adder);
    actor.crashAt('take', 2);
    const error: unknown = await actor.stop().catch((caught: unknown) => caught);
    expect(codeOf(error)).toBe('ERR_TEST_LEFTOVERS');
    expect(String(error)).toContain('the crash at take, occurrence 2 has not come: 2 more to go');
  });

  test('from outside, in the middle of a turn', async () => {
    const waiting = defineActor({
      inputs: { in: input<number>() },
      async run({ inputs, running, next, pause, after }) {
        while (running()) {
          await next(inputs.in.avail());
          inputs.in.take();
          await pause(after(1_000));
        }
      },
    });
    await using actor = testActor(waiting);
    actor.send('in', 1);
    await actor.advance(500);
    actor.kill();
    await actor.advance(5_000);
    expect(actor.history.map(({ kind }) => kind)).toEqual(['killed', 'committed']);
    expect(actor.taken('in')).toEqual([1]);
  });
});

describe('channels of the test', () => {
  test('a small one shows what an actor does without room', async () => {
    await using actor = testActor(counter, { ports: { numbers: { capacity: 2 } } });
    await actor.idle();
    expect(actor.sent('numbers')).toEqual([0, 1]);
    expect(actor.waitsFor).toContain('numbers');
    expect(actor.read('numbers', 1)).toEqual([0]);
    await actor.idle();
    expect(actor.sent('numbers')).toEqual([0, 1, 2]);
    expect(actor.read('numbers')).toEqual([1, 2]);
    await expect(actor.turns(4)).rejects.toThrow('2 of 4 turns have come');
  });

  test('take no more than they hold, and nothing once they are closed', async () => {
    await using actor = testActor(adder, { capacity: 2 });
    actor.send('numbers', 1);
    expect(thrown(() => actor.send('numbers', 2, 3))).toBe('ERR_OVER_CAPACITY');
    actor.close('numbers');
    expect(thrown(() => actor.send('numbers', 2))).toBe('ERR_CHANNEL_CLOSED');
    await actor.idle();
    expect(actor.exit).toEqual({ kind: 'completed' });
    expect(actor.sent('sums')).toEqual([1]);
  });

  test('with a schema refuse what does not fit', async () => {
    await using actor = testActor(adder, { ports: { numbers: { schema: z.number() }, sums: { schema: z.int() } } });
    expect(thrown(() => actor.send('numbers', 'one' as never))).toBe('ERR_INVALID_MESSAGE');
    actor.send('numbers', 0.5);
    await actor.idle();
    expect(actor.sent('sums')).toEqual([]);
    expect(actor.deadLetters.map(({ reason }) => reason)).toEqual(['invalid']);
  });

  test('of a bundle: lane by lane', async () => {
    const spreading = defineActor({
      inputs: { in: inputBundle<number>() },
      outputs: { out: outputBundle<string>() },
      on: { in: (value, { outputs, lane }) => outputs.out.lane(lane).send(`${lane}: ${value}`) },
    });
    await using actor = testActor(spreading, { ports: { in: { lanes: 3 }, out: { lanes: 3 } } });
    actor.sendToLane('in', 2, 20, 21);
    actor.sendToLane('in', 0, 1);
    await actor.idle();
    expect(actor.sent('out').toSorted()).toEqual(['0: 1', '2: 20', '2: 21']);
    expect(actor.read('out')).toEqual(['0: 1', '2: 20', '2: 21']);
    expect(thrown(() => actor.send('in', 1))).toBe('ERR_INVALID_OPTION');
    expect(thrown(() => actor.sendToLane('in', 3, 1))).toBe('ERR_INVALID_OPTION');
  });

  test('are named where one does not exist', async () => {
    await using actor = testActor(adder);
    expect(() => actor.send('nmbers' as never, 1 as never)).toThrow('one of "numbers"');
    expect(() => actor.sent('sms' as never)).toThrow('one of "sums"');
    expect(() => testActor(adder, { ports: { nowhere: {} } as never })).toThrow('"nowhere"');
    expect(() => testActor(adder, { capcity: 2 } as never)).toThrow('capcity');
  });
});

describe('what an actor starts from', () => {
  const keeper = defineActor({
    args: args<{ readonly factor: number }>(),
    inputs: { in: input<string>() },
    state: (given) => ({ count: given.factor }),
    tables: { words: table<string, number>({ entriesMax: 10 }) },
    on: {
      in(word, { tables: { words }, state, args: { factor } }) {
        words.set(word, (words.get(word) ?? 0) + factor);
        state.count += 1;
      },
    },
  });

  test('arguments, a state and tables; each turn says what it has made of them', async () => {
    await using actor = testActor(keeper, {
      args: { factor: 2 },
      restore: { state: { count: 5 }, tables: { words: [['a', 1]] } },
    });
    actor.send('in', 'a', 'b');
    const [first] = await actor.turns(1);
    expect(first?.tablesBefore).toEqual({ words: [['a', 1]] });
    expect(first?.tablesAfter).toEqual({ words: [['a', 3]] });
    await actor.idle();
    expect([...actor.tables.words]).toEqual([
      ['a', 3],
      ['b', 2],
    ]);
    expect(actor.state).toEqual({ count: 7 });
  });

  test('arguments are asked for where the definition declares some', () => {
    // @ts-expect-error: there are arguments to give
    expect(() => testActor(keeper)).toThrow();
    // @ts-expect-error: the factor is a number
    testActor(keeper, { args: { factor: 'two' } });
  });
});

describe('the end', () => {
  test('what is left in the inputs is handled; a second stop does nothing', async () => {
    const actor = testActor(adder, { capacity: 2 });
    actor.send('numbers', 1, 2);
    await actor.stop();
    await actor.stop();
    expect(actor.sent('sums')).toEqual([1, 3]);
    expect(actor.graph.status).toBe('stopped');
  });

  test('a turn that awaits what is not simulated is named', async () => {
    const never = new Promise<void>(() => undefined);
    const stuck = defineActor({ inputs: { in: input<number>() }, on: { in: () => never } });
    const actor = testActor(stuck);
    actor.send('in', 1);
    expect(await rejection(actor.idle())).toBe('ERR_SIM_FOREIGN_WAIT');
    const patient = testActor(stuck, { foreignWaits: 'allow', graph: { shutdownTimeoutMs: 100 } });
    patient.send('in', 1);
    await patient.idle();
    expect(await rejection(patient.stop())).toBe('ERR_STOPPED_UNCLEANLY');
  });

  test('timers that are left are named', async () => {
    const actor = testActor(adder);
    void actor.sim.clock.sleep(1);
    await expect(actor.stop()).rejects.toThrow('1 timers are left');
  });
});

test('a seed, a schedule or a count that is none is refused', async () => {
  for (const options of [{ seed: NaN }, { seed: 'seven' }, { schedule: 'fare' }, { foreignWaits: 'never' }]) {
    expect(() => testActor(adder, options as never)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }));
  }
  await using actor = testActor(adder);
  expect(() => actor.read('sums', NaN)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }));
});

describe('hooks', () => {
  const shop = defineActor({
    inputs: { orders: input<number>() },
    outputs: { notes: output<string>() },
    state: () => ({ opened: 0, sold: 0 }),
    onStart({ state, outputs }) {
      state.opened += 1;
      outputs.notes.send(`open ${state.opened}`);
    },
    onRestart: ({ outputs }, exit) => outputs.notes.send(`after ${exit.kind}`),
    onStop: ({ state, outputs }, exit) => outputs.notes.send(`${exit.kind}: ${state.sold} sold`),
    on: {
      orders(order, { state, regeneration }) {
        state.sold += order;
        if (order === 13 && regeneration === 0) throw new Error('thirteen');
      },
    },
  });

  test('are turns of the history, with what they sent and changed', async () => {
    await using actor = testActor(shop);
    actor.send('orders', 1, 13);
    const [first, ...others] = await actor.turns(1);
    expect(others).toEqual([]);
    expect(first).toMatchObject({
      kind: 'committed',
      hook: 'onStart',
      regeneration: 0,
      sent: { notes: ['open 1'] },
      stateBefore: { opened: 0, sold: 0 },
      stateAfter: { opened: 1, sold: 0 },
    });
    await actor.idle();
    expect(actor.history.map(({ number, kind, hook, regeneration }) => [number, kind, hook, regeneration])).toEqual([
      [1, 'committed', 'onStart', 0],
      [2, 'committed', undefined, 0],
      [3, 'failed', undefined, 0],
      [4, 'committed', 'onStop', 0],
      [5, 'committed', 'onStart', 1],
      [6, 'committed', undefined, 1],
    ]);
    expect(actor.history[3]).toMatchObject({
      stateBefore: { opened: 1, sold: 1 },
      sent: { notes: ['crashed: 1 sold'] },
    });
    actor.close();
    await actor.idle();
    expect(actor.history.at(-1)).toMatchObject({ hook: 'onStop', sent: { notes: ['completed: 14 sold'] } });
    expect(actor.sent('notes')).toEqual(['open 1', 'crashed: 1 sold', 'after crashed', 'open 2', 'completed: 14 sold']);
  });

  test('of a loop count as well: its code goes on with the turn after it', async () => {
    let opened = false;
    const loop = defineActor({
      inputs: { orders: input<number>() },
      onStart: () => undefined,
      async run({ inputs, running, next }) {
        opened = true;
        while (running()) {
          await next(inputs.orders.avail());
          inputs.orders.take();
        }
      },
    });
    await using actor = testActor(loop);
    actor.send('orders', 1);
    expect(await actor.turns(1)).toMatchObject([{ hook: 'onStart' }]);
    expect([opened, actor.phase]).toEqual([false, 'starting']);
    expect(await actor.turns(1)).toMatchObject([{ hook: undefined, taken: { orders: [1] } }]);
  });

  test('can be crashed', async () => {
    await using actor = testActor(shop);
    actor.crashAt('hook:stop');
    actor.crashAt('hook:start', 2);
    actor.send('orders', 1);
    actor.close();
    await actor.advance(1);
    expect(actor.history.map(({ kind, hook }) => [kind, hook])).toEqual([
      ['committed', 'onStart'],
      ['committed', undefined],
      ['failed', 'onStop'],
      ['failed', 'onStart'],
      ['committed', 'onStart'],
      ['committed', 'onStop'],
    ]);
    expect(actor.state).toEqual({ opened: 2, sold: 1 });
  });
});

describe('an output port', () => {
  const squarer = defineActor({
    inputs: { numbers: input<number>() },
    outputs: { squares: outputPort<number>(), log: output<string>() },
    on: {
      numbers(number, { outputs }) {
        outputs.squares.publish(number ** 2);
        outputs.log.send(`squared ${number}`);
        if (number < 0) throw new Error('below zero');
      },
    },
  });

  test('is seen as any output: the test is its first subscriber', async () => {
    await using actor = testActor(squarer, { options: { showstopperAfter: 1 } });
    actor.send('numbers', 1, -2, 3);
    const turns = await actor.idle();
    expect(actor.sent('squares')).toEqual([1, 9]);
    expect(turns.map(({ sent }) => sent.squares)).toEqual([[1], [], [9]]);
    expect(turns[1]).toMatchObject({ kind: 'failed', undone: { sent: { squares: [4], log: ['squared -2'] } } });
    expect(actor.read('squares')).toEqual([1, 9]);
    expect(actor.port('squares').subscribers()).toEqual([
      { channel: 'squares', whenFull: 'wait', sent: 2, dropped: 0 },
    ]);
    actor.graph.deadLetters.discard(() => true);
  });

  test('holds the actor up when nobody reads it', async () => {
    await using actor = testActor(squarer, { ports: { squares: { capacity: 1 } } });
    actor.send('numbers', 1, 2);
    await actor.idle();
    expect([actor.phase, actor.sent('squares')]).toEqual(['committing', [1]]);
    expect(actor.read('squares', 1)).toEqual([1]);
    await actor.idle();
    expect(actor.sent('squares')).toEqual([1, 4]);
    expect(() => testActor(squarer, { ports: { squares: { lanes: 2 } } })).toThrow('unknown option "lanes"');
  });

  test('can crash at each of its verbs', async () => {
    await using actor = testActor(squarer);
    actor.crashAt('publish');
    actor.send('numbers', 1);
    const turns = await actor.idle();
    expect(turns.map(({ kind }) => kind)).toEqual(['failed', 'committed']);
    expect(actor.sent('squares')).toEqual([1]);
  });
});
