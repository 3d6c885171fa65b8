import { type ActorHandle, args, defineActor, input, type OwnInputSpec } from 'holdfast';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { channelOf, stopCleanly, watch, type World, world } from './world.ts';

/** A text that is a whole number becomes that number. */
const numeral = z.string().regex(/^\d+$/, 'is no numeral').transform(Number);

describe('a mailbox with a schema', () => {
  const counter = defineActor({
    inputs: { numbers: input({ capacity: 4, schema: numeral }) },
    state: () => ({ sum: 0 }),
    on: {
      numbers(n, { state }) {
        state.sum += n;
      },
    },
  });
  type Counter = ActorHandle<{ readonly numbers: OwnInputSpec<number, string> }>;

  function counting(): World & { readonly handle: Counter; sum(): unknown } {
    const w = world();
    const handle: Counter = w.graph.actor('counter', counter, {});
    return { ...w, handle, sum: () => w.graph.snapshot().actors[0]?.state };
  }

  test('checks what is sent to it', async () => {
    const w = counting();
    w.graph.start();
    const box = w.handle.input('numbers');
    expect(box.trySend('bad')).toMatchObject({ ok: false, reason: 'invalid' });
    await box.send('3');
    await box.send('4');
    await w.sim.settle();
    expect(w.sum()).toEqual({ sum: 7 });
    expect(channelOf(w.graph, 'counter.numbers')).toMatchObject({ sent: 2, taken: 2, deadLettered: 0 });
    await stopCleanly(w);
  });

  test('may be fed by an actor and a feed, which leave dead letters', async () => {
    const w = counting();
    w.graph.feed('feed', ['1', 'x', '2'], w.handle.input('numbers'));
    w.graph.start();
    await w.sim.settle();
    expect(w.sum()).toEqual({ sum: 3 });
    expect(w.graph.deadLetters.list()).toMatchObject([
      { payload: 'x', channel: 'counter.numbers', actor: 'feed', reason: 'invalid' },
    ]);
    await stopCleanly(w);
  });

  test('is of each actor that is placed', async () => {
    const w = counting();
    const second = w.graph.actor('second', counter, {});
    w.graph.start();
    expect(second.input('numbers').trySend('bad')).toMatchObject({ reason: 'invalid' });
    expect(w.graph.snapshot().actors[1]?.phase).toBe('asleep'); // it is not woken for that
    await stopCleanly(w);
  });

  test('can be wired to a channel with a schema, and to no other', () => {
    const { graph } = world();
    const bare = graph.channel<number>('bare', { capacity: 4 });
    expect(() => graph.actor('counter', counter, { numbers: bare })).toThrow(
      expect.objectContaining({
        code: 'ERR_WIRING',
        message:
          'actor "counter": "numbers" has a schema, and channel "bare", to which it is wired, has none: give it one',
      }) as Error,
    );
    const checked = graph.channel('checked', { capacity: 4, schema: z.number().int() });
    expect(() => graph.actor('counter', counter, { numbers: checked })).not.toThrow();
  });

  test('needs a capacity, and a schema that is one', () => {
    const code = (make: () => unknown): unknown => {
      try {
        make();
      } catch (error) {
        return [(error as { code?: string }).code, (error as Error).message.slice(0, 30)];
      }
      return 'none';
    };
    // @ts-expect-error without a capacity there is no channel of its own
    expect(code(() => input({ schema: numeral }))).toEqual(['ERR_INVALID_OPTION', expect.stringContaining('schema')]);
    const none = {} as unknown as StandardSchemaV1;
    expect(code(() => input({ capacity: 1, schema: none }))).toEqual([
      'ERR_INVALID_OPTION',
      'input schema must be a Standar',
    ]);
  });

  test('gives the messages of a batch as the schema makes them', async () => {
    const w = world();
    const batches: (readonly number[])[] = [];
    const batcher = defineActor({
      inputs: { numbers: input({ capacity: 4, batch: { size: 2 }, schema: numeral }) },
      on: {
        numbers(some) {
          batches.push([...some]);
        },
      },
    });
    const box = w.graph.actor('batcher', batcher, {}).input('numbers');
    for (const text of ['1', '2', '3']) box.trySend(text);
    w.graph.start();
    box.close();
    await w.sim.runUntil(w.graph.stopped());
    expect(batches).toEqual([[1, 2], [3]]);
  });
});

/** The error that a call throws. */
function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('arguments with a schema', () => {
  const listening = z.object({ port: z.coerce.number().int().min(1), host: z.string().default('localhost') });
  const given: unknown[] = [];
  const server = defineActor({
    args: args(listening),
    state: ({ port }) => ({ port }),
    run({ args: settings }) {
      given.push(settings);
    },
  });

  test('are what the schema makes of those given, in the code and for the state', async () => {
    given.length = 0;
    const w = world();
    w.graph.actor('server', server, {}, { args: { port: '8080' } });
    await w.sim.runUntil(w.graph.run());
    expect(given).toEqual([{ port: 8080, host: 'localhost' }]);
    expect(w.graph.snapshot().actors[0]?.state).toEqual({ port: 8080 });
  });

  test('that do not fit are refused where the actor is placed, and it is not placed', () => {
    const { graph } = world();
    const inbox = graph.channel<string>('inbox', { capacity: 1 });
    const reader = defineActor({ args: args(listening), inputs: { inbox: input<string>() }, on: { inbox() {} } });
    expect(thrownBy(() => graph.actor('reader', reader, { inbox }, { args: { port: 0 } }))).toMatchObject({
      code: 'ERR_SCHEMA',
      message: 'args of actor "reader": does not fit the schema: port: Too small: expected number to be >=1',
      details: { subject: 'args of actor "reader"', issues: [{ path: ['port'] }] },
    });
    expect(graph.snapshot().actors).toEqual([]);
    expect(() => graph.actor('reader', reader, { inbox }, { args: { port: 1 } })).not.toThrow();
  });

  test('may be left out where the schema has a default for all of them', async () => {
    const quiet = defineActor({
      args: args(z.object({ level: z.string() }).default({ level: 'quiet' })),
      state: ({ level }) => ({ level }),
      run() {},
    });
    const w = world();
    w.graph.actor('default', quiet, {});
    w.graph.actor('given', quiet, {}, { args: { level: 'loud' } });
    w.graph.start();
    await w.sim.runUntil(w.graph.stopped());
    expect(w.graph.snapshot().actors.map(({ state }) => state)).toEqual([{ level: 'quiet' }, { level: 'loud' }]);
  });

  test('whose schema is asynchronous or throws are refused as well', () => {
    const { graph } = world();
    const boom = new Error('boom');
    const late = { '~standard': { version: 1, vendor: 'test', validate: () => Promise.reject(boom) } } as const;
    const broken: StandardSchemaV1<number, number> = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: () => {
          throw boom;
        },
      },
    };
    const placing = (schema: StandardSchemaV1<number, number>): unknown => {
      const definition = defineActor({ args: args(schema), run() {} });
      return thrownBy(() => graph.actor('x', definition, {}, { args: 1 }));
    };
    expect(placing(late)).toMatchObject({ code: 'ERR_ASYNC_SCHEMA', details: { subject: 'args of actor "x"' } });
    expect(placing(broken)).toMatchObject({ code: 'ERR_SCHEMA_THREW', cause: boom });
  });

  test('are declared with args(), and with a schema that is one', () => {
    const none = {} as unknown as StandardSchemaV1;
    expect(thrownBy(() => args(none))).toMatchObject({
      code: 'ERR_INVALID_OPTION',
      details: { option: 'args schema' },
    });
    // @ts-expect-error a schema is no declaration
    expect(thrownBy(() => defineActor({ args: listening, run() {} }))).toMatchObject({
      code: 'ERR_INVALID_DEFINITION',
      details: { problem: 'its args are not declared: make them with args()' },
    });
  });
});

describe('a state with a schema', () => {
  const tally = z.object({ sum: z.number().min(0), by: z.record(z.string(), z.number()) });
  type Tally = z.infer<typeof tally>;

  /** Adds what it is sent to its state, whatever comes of it, and fails at 0. */
  const adder = defineActor({
    inputs: { numbers: input<number>({ capacity: 8 }) },
    args: args<Tally>(),
    state: (start): Tally => start,
    stateSchema: tally,
    on: {
      numbers(n, { state }) {
        if (n === 0) throw new Error('asked to fail');
        state.sum += n;
      },
    },
  });

  test('starts as the schema makes it', async () => {
    const w = world();
    const filled = defineActor({
      state: (): { n: number; text: string } => ({ n: 1 }) as { n: number; text: string },
      stateSchema: z.object({ n: z.number().transform((n) => n + 1), text: z.string().default('none') }),
      run({ state }) {
        state.n *= 10;
      },
    });
    w.graph.actor('filled', filled, {});
    await w.sim.runUntil(w.graph.run());
    expect(w.graph.snapshot().actors[0]?.state).toEqual({ n: 20, text: 'none' });
  });

  test('that does not fit keeps the graph from starting', () => {
    const { graph } = world();
    graph.actor('adder', adder, {}, { args: { sum: -1, by: { a: 'one' as unknown as number } } });
    expect(thrownBy(() => graph.start())).toMatchObject({
      code: 'ERR_SCHEMA',
      message: expect.stringMatching(/^state of actor "adder": does not fit the schema: sum: Too small.*; by\.a: /),
      details: {
        subject: 'state of actor "adder"',
        issues: [{ path: ['sum'] }, { path: ['by', 'a'] }],
      },
    });
    expect(graph.status).toBe('building');
  });

  test('of an actor that wakes later is a failure without a message in hand: the restart limit decides', async () => {
    const w = world();
    w.graph.actor('first', adder, {}, { args: { sum: 0, by: {} } });
    const second = w.graph.actor('second', adder, {}, { args: { sum: -1, by: {} }, maxRestarts: 2 });
    w.graph.start();
    const outcome = watch(w.graph.stopped());
    second.input('numbers').trySend(5);
    await w.sim.settle();
    expect(outcome.error).toMatchObject({
      code: 'ERR_RESTART_LIMIT',
      details: { actor: 'second' },
      cause: { code: 'ERR_SCHEMA' },
    });
    expect(w.events.filter(({ kind }) => kind === 'failed')).toHaveLength(3);
    expect(w.graph.deadLetters.list()).toMatchObject([{ payload: 5, reason: 'no-consumer', attempts: 0 }]);
  });

  test('that was committed and does not fit fails the next incarnation, time and again, and loses no message', async () => {
    const w = world();
    const handle = w.graph.actor('adder', adder, {}, { args: { sum: 1, by: {} }, maxRestarts: 3 });
    w.graph.start();
    const outcome = watch(w.graph.stopped());
    for (const n of [-5, 7]) handle.input('numbers').trySend(n); // the first makes the sum -4: nobody looks yet
    await w.sim.settle();
    expect(w.graph.snapshot().actors[0]?.state).toMatchObject({ sum: 3 });
    handle.input('numbers').trySend(-9);
    await w.sim.settle();
    expect(w.graph.snapshot().actors[0]).toMatchObject({ failures: 0, state: { sum: -6 } });
    handle.kill();
    handle.input('numbers').trySend(8);
    await w.sim.settle();
    expect(outcome.error).toMatchObject({
      code: 'ERR_RESTART_LIMIT',
      cause: {
        code: 'ERR_SCHEMA',
        message: 'state of actor "adder": does not fit the schema: at sum (details.issues says why)',
      },
    });
    expect(w.graph.deadLetters.list()).toMatchObject([{ payload: 8, attempts: 0 }]);
    w.graph.checkConservation();
  });

  test('is checked when an incarnation begins again, and is what the schema makes of the committed one', async () => {
    const checks: number[] = [];
    const clamped = z.object({ n: z.number() }).transform(({ n }) => {
      checks.push(n);
      return { n: Math.min(n, 10) };
    });
    const w = world();
    const definition = defineActor({
      inputs: { numbers: input<number>({ capacity: 8 }) },
      state: () => ({ n: 0 }),
      stateSchema: clamped,
      on: {
        numbers(n, { state }) {
          state.n += n;
          if (n === 0) throw new Error('asked to fail');
        },
      },
    });
    const handle = w.graph.actor('clamped', definition, {}, { showstopperAfter: 1 });
    w.graph.start();
    for (const n of [7, 8, 0, 1]) handle.input('numbers').trySend(n);
    await w.sim.settle();
    expect(checks).toEqual([0, 15]); // at the start, and in the second incarnation
    expect(w.graph.snapshot().actors[0]?.state).toEqual({ n: 11 });
    await stopCleanly(w);
  });

  test('whose schema makes other keys of a committed one fails: keys stay the same', async () => {
    const shrinking = z.object({ n: z.number(), extra: z.number().optional() }).transform((state) => {
      if (state.n > 0) delete state.extra;
      return state as { n: number; extra: number };
    });
    const w = world();
    const definition = defineActor({
      inputs: { numbers: input<number>({ capacity: 8 }) },
      state: () => ({ n: 0, extra: 0 }),
      stateSchema: shrinking,
      on: {
        numbers(n, { state }) {
          state.n = n;
        },
      },
    });
    const handle = w.graph.actor('shrinking', definition, {}, { maxRestarts: 1 });
    w.graph.start();
    const outcome = watch(w.graph.stopped());
    handle.input('numbers').trySend(1);
    await w.sim.settle();
    handle.kill();
    await w.sim.settle();
    expect(outcome.error).toMatchObject({
      cause: { code: 'ERR_SCHEMA', message: expect.stringContaining('the schema makes a state of other keys') },
    });
  });

  test('has to be plain, whatever the schema makes', () => {
    const { graph } = world();
    const definition = defineActor({
      state: () => ({ at: new URL('https://example.org') as unknown as Date }),
      stateSchema: z.object({ at: z.any() }),
      run() {},
    });
    graph.actor('actor', definition, {});
    expect(thrownBy(() => graph.start())).toMatchObject({
      code: 'ERR_STATE_UNSUPPORTED',
      details: { path: 'state.at' },
    });
    const list = defineActor({ state: () => ({}), stateSchema: z.any().transform(() => []), run() {} });
    const other = world().graph;
    other.actor('list', list, {});
    expect(thrownBy(() => other.start())).toMatchObject({
      code: 'ERR_STATE_UNSUPPORTED',
      details: { found: 'an array' },
    });
  });

  test('is not aliased by what the schema keeps of it', async () => {
    const kept: { list: number[] }[] = [];
    const w = world();
    const definition = defineActor({
      inputs: { numbers: input<number>({ capacity: 8 }) },
      state: () => ({ list: [] as number[] }),
      stateSchema: z.custom<{ list: number[] }>((value) => {
        kept.push(value as { list: number[] });
        return true;
      }),
      on: {
        numbers(n, { state }) {
          if (n === 0) throw new Error('asked to fail');
          state.list.push(n);
        },
      },
    });
    const handle = w.graph.actor('actor', definition, {}, { showstopperAfter: 1 });
    w.graph.start();
    for (const n of [1, 0, 2]) handle.input('numbers').trySend(n);
    await w.sim.settle();
    for (const { list } of kept) list.push(99);
    handle.input('numbers').trySend(3);
    await w.sim.settle();
    expect(w.graph.snapshot().actors[0]?.state).toEqual({ list: [1, 2, 3] });
    await stopCleanly(w);
  });

  describe('that is restored', () => {
    const dated = z.object({ sum: z.number().min(0), since: z.coerce.date(), unit: z.string().default('EUR') });
    type Dated = z.infer<typeof dated>;
    const keeper = defineActor({
      state: (): Dated => ({ sum: 0, since: new Date(0), unit: 'EUR' }),
      stateSchema: dated,
      run() {},
    });

    test('is checked, transformed and filled in: it may come from JSON, and from an earlier version', async () => {
      const w = world();
      const stored = JSON.parse('{"sum":7,"since":"2026-01-01T00:00:00.000Z","dropped":true}') as Dated;
      w.graph.actor('keeper', keeper, {}, { restore: { state: stored } });
      await w.sim.runUntil(w.graph.run());
      expect(w.graph.snapshot().actors[0]?.state).toEqual({ sum: 7, since: new Date('2026-01-01'), unit: 'EUR' });
    });

    test('and does not fit keeps the graph from starting, and the error does not quote it', () => {
      const { graph } = world();
      const stored = { sum: 'secret', since: 0, unit: 'EUR' } as unknown as Dated;
      graph.actor('other', keeper, {});
      graph.actor('keeper', keeper, {}, { restore: { state: stored } });
      expect(thrownBy(() => graph.start())).toMatchObject({
        code: 'ERR_SCHEMA',
        message: 'restored state of actor "keeper": does not fit the schema: at sum (details.issues says why)',
        details: { subject: 'restored state of actor "keeper"', issues: [{ path: ['sum'] }] },
      });
    });
  });

  test('needs a state, and a schema that is one', () => {
    expect(thrownBy(() => defineActor({ stateSchema: tally, run() {} }))).toMatchObject({
      code: 'ERR_INVALID_DEFINITION',
      details: { problem: 'stateSchema checks what state makes, and there is no state' },
    });
    const none = {} as unknown as StandardSchemaV1<unknown, { n: number }>;
    expect(thrownBy(() => defineActor({ state: () => ({ n: 0 }), stateSchema: none, run() {} }))).toMatchObject({
      code: 'ERR_INVALID_OPTION',
      details: { option: 'stateSchema' },
    });
  });
});
