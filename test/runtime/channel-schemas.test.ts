import {
  type Channel,
  type DeadLetter,
  defineActor,
  input,
  laneOf,
  output,
  outputBundle,
  type OutputBundleOptions,
} from 'holdfast';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { type } from 'arktype';
import { Readable } from 'node:stream';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { deferred } from './single-actor.ts';
import { actorOf, channelOf, collect, stopCleanly, watch, type World, world } from './world.ts';

/** A text that is a whole number becomes that number. */
const numeral = z.string().regex(/^\d+$/, 'is no numeral').transform(Number);

const always = (answer: unknown): StandardSchemaV1<string, string> =>
  ({ '~standard': { version: 1, vendor: 'test', validate: () => answer } }) as StandardSchemaV1<string, string>;

function throwing(error: unknown): StandardSchemaV1<string, string> {
  const validate = (): never => {
    throw error;
  };
  return { '~standard': { version: 1, vendor: 'test', validate } };
}

type Say = (text: string, send: (text: string) => void, attempt: number) => Promise<void> | void;

/** An actor between `go` and `numbers`, whose schema takes numerals, and what has arrived behind it. */
interface Speaking extends World {
  readonly go: Channel<string>;
  readonly numbers: Channel<number, string>;
  readonly arrived: readonly number[];
}

function speaking(
  say: Say,
  { world: w = world(), capacity = 64, unread = false }: { world?: World; capacity?: number; unread?: boolean } = {},
): Speaking {
  const go = w.graph.channel<string>('go', { capacity: 64 });
  const numbers = w.graph.channel('numbers', { capacity, schema: numeral });
  const speaker = defineActor({
    inputs: { go: input<string>() },
    outputs: { out: output<string>() },
    state: () => ({ said: 0 }),
    on: {
      go: (text, { outputs, state, attempt }) => {
        state.said += 1;
        return say(text, (message) => outputs.out.send(message), attempt);
      },
    },
  });
  w.graph.actor('speaker', speaker, { go, out: numbers });
  const arrived = unread ? [] : collect(w.graph, numbers);
  w.graph.start();
  return { ...w, go, numbers, arrived };
}

async function give({ sim, go }: Speaking, ...texts: readonly string[]): Promise<void> {
  for (const text of texts) await go.send(text);
  await sim.settle();
}

const brief = (letters: readonly DeadLetter[]): unknown[] =>
  letters.map(({ payload, channel, actor, reason }) => ({ payload, channel, actor, reason }));

describe('a message of an actor that does not fit', () => {
  test('becomes a dead letter with its issues when the turn commits; what fits is sent as the schema makes it', async () => {
    const w = speaking((text, send) => send(text));
    await give(w, '1', 'two', '3');
    expect(w.arrived).toEqual([1, 3]);
    expect(w.graph.deadLetters.list()).toEqual([
      {
        id: 1,
        payload: 'two',
        channel: 'numbers',
        messageId: expect.stringMatching(/^[0-9a-z]+\/numbers\/undelivered-1$/) as string,
        actor: 'speaker',
        reason: 'invalid',
        text: 'is no numeral',
        issues: [{ message: 'is no numeral', path: [] }],
        error: undefined,
        attempts: 0,
        regeneration: 0,
        firstFailedWallMs: undefined,
        wallMs: w.sim.ports.clock.wallMs(),
      },
    ]);
    expect(structuredClone(w.graph.deadLetters.list())).toEqual(w.graph.deadLetters.list());
    expect(channelOf(w.graph, 'numbers')).toMatchObject({ sent: 3, taken: 2, deadLettered: 1, inFlight: 0 });
    expect(actorOf(w.graph, 'speaker')).toMatchObject({ turns: 3, failures: 0, restarts: 0, state: { said: 3 } });
    await stopCleanly(w);
  });

  test('leaves no letter if the turn fails after it, and one if the next attempt commits', async () => {
    const w = speaking((text, send, attempt) => {
      send(text);
      if (attempt === 1) throw new Error('after the bad send');
    });
    const seen: number[] = [];
    w.graph.deadLetters.subscribe(({ id }) => seen.push(id));
    w.graph.setProbe((point) => {
      if (point === 'restart') expect(w.graph.deadLetters.total).toBe(0);
    });
    await give(w, 'bad');
    expect(seen).toEqual([1]);
    expect(w.graph.deadLetters.list()).toMatchObject([{ payload: 'bad', reason: 'invalid', regeneration: 1 }]);
    expect(channelOf(w.graph, 'numbers')).toMatchObject({ sent: 1, deadLettered: 1 });
    await stopCleanly(w);
  });

  test('appears in the commit and not before, in an asynchronous turn and in a loop', async () => {
    const gate = deferred();
    const w = speaking(async (text, send) => {
      send(text);
      await gate.promise;
    });
    await give(w, 'bad');
    expect(w.graph.deadLetters.total).toBe(0);
    gate.resolve();
    await w.sim.settle();
    expect(w.graph.deadLetters.total).toBe(1);
    await stopCleanly(w);
  });

  test('waits for room with the rest of its turn, and is undone with it by a kill', async () => {
    const w = world();
    const go = w.graph.channel<number>('go', { capacity: 8 });
    const numbers = w.graph.channel('numbers', { capacity: 1, schema: numeral });
    const other = w.graph.channel('other', { capacity: 4, schema: numeral });
    const pair = defineActor({
      inputs: { go: input<number>() },
      outputs: { out: output<string>(), other: output<string>() },
      on: {
        go(n, { outputs }) {
          outputs.other.send(`bad ${n}`);
          outputs.out.send(`${n}`);
        },
      },
    });
    const handle = w.graph.actor('pair', pair, { go, out: numbers, other });
    w.graph.sink('others', other, () => undefined);
    w.graph.start();
    go.trySend(1);
    go.trySend(2);
    await w.sim.settle();
    expect(actorOf(w.graph, 'pair').phase).toBe('committing');
    expect(brief(w.graph.deadLetters.list()).length).toBe(1);
    handle.kill();
    await w.sim.settle();
    expect(w.graph.deadLetters.total).toBe(1); // the turn has begun again, and waits again
    const reader = numbers[Symbol.asyncIterator]();
    expect([await reader.next(), await reader.next()]).toMatchObject([{ value: 1 }, { value: 2 }]);
    await w.sim.settle();
    expect(w.graph.deadLetters.list().map(({ payload }) => payload)).toEqual(['bad 1', 'bad 2']);
    await stopCleanly(w);
  });

  test('needs room among the dead letters, as a rejection does', async () => {
    const w = speaking((text, send) => send(text), { world: world({ deadLetters: { capacity: 2 } }) });
    await give(w, 'a', 'b', 'c', '4');
    expect(w.graph.deadLetters.list().map(({ payload }) => payload)).toEqual(['a', 'b']);
    expect(actorOf(w.graph, 'speaker')).toMatchObject({ phase: 'committing', turns: 2 });
    expect(w.arrived).toEqual([]);
    w.graph.deadLetters.discard(({ payload }) => payload === 'a');
    await w.sim.settle();
    expect(w.graph.deadLetters.list().map(({ payload }) => payload)).toEqual(['b', 'c']);
    expect(w.arrived).toEqual([4]);
    await stopCleanly(w);
  });

  test('goes over the evicted ones where the store evicts', async () => {
    const options = { deadLetters: { capacity: 1, whenFull: 'evict' as const } };
    const w = speaking((text, send) => send(text), { world: world(options) });
    await give(w, 'a', 'b', 'c');
    expect(w.graph.deadLetters.list().map(({ payload }) => payload)).toEqual(['c']);
    expect(w.graph.snapshot().deadLetters).toMatchObject({ total: 3, evicted: 2 });
    await stopCleanly(w);
  });

  test('counts as sent: a turn sends no more than the channel holds, fit or not', async () => {
    let asked = 0;
    const w = speaking(
      (text, send) => {
        for (const part of text.split(' ')) {
          asked += 1;
          send(part);
        }
      },
      { world: world({ actorDefaults: { showstopperAfter: 1 } }), capacity: 3 },
    );
    await give(w, 'a 2 c');
    expect(w.arrived).toEqual([2]);
    expect(w.graph.deadLetters.list().map(({ payload }) => payload)).toEqual(['a', 'c']);
    asked = 0;
    await give(w, 'a b c d e');
    expect(asked).toBe(4);
    expect(w.graph.deadLetters.list().at(-1)).toMatchObject({
      payload: 'a b c d e',
      channel: 'go',
      error: { code: 'ERR_OVER_CAPACITY' },
    });
    await give(w, '5 6 7');
    expect(w.arrived).toEqual([2, 5, 6, 7]); // the count of the failed turn was forgotten
    await stopCleanly(w);
  });

  test('is one of many in sendMany: the good ones go in order, each bad one is a letter, in order', async () => {
    const w = world();
    const numbers = w.graph.channel('numbers', { capacity: 16, schema: numeral });
    const source = defineActor({
      outputs: { out: output<string>() },
      source({ outputs }) {
        outputs.out.sendMany(['1', 'x', '2', 'y', 'z', '3']);
        return 'done';
      },
    });
    w.graph.actor('source', source, { out: numbers });
    const arrived = collect(w.graph, numbers);
    w.graph.start();
    await w.sim.settle();
    expect(arrived).toEqual([1, 2, 3]);
    expect(w.graph.deadLetters.list().map(({ payload }) => payload)).toEqual(['x', 'y', 'z']);
    await stopCleanly(w);
  });

  test('in two outputs, and in two ends at one channel, is told of in the order of sending', async () => {
    const w = world();
    const one = w.graph.channel('one', { capacity: 4, schema: numeral });
    const two = w.graph.channel('two', { capacity: 4, schema: v.pipe(v.string(), v.maxLength(1)) });
    const source = defineActor({
      outputs: { a: output<string>(), b: output<string>(), c: output<string>() },
      source({ outputs: { a, b, c } }) {
        b.send('long');
        a.send('x');
        c.send('y');
        b.send('s');
        a.send('1');
        c.send('2');
        return 'done';
      },
    });
    w.graph.actor('source', source, { a: one, b: two, c: one });
    const arrived = [collect(w.graph, one), collect(w.graph, two)];
    w.graph.start();
    await w.sim.settle();
    expect(arrived).toEqual([[1, 2], ['s']]);
    expect(w.graph.deadLetters.list().map(({ payload, channel }) => [channel, payload])).toEqual([
      ['two', 'long'],
      ['one', 'x'],
      ['one', 'y'],
    ]);
    await stopCleanly(w);
  });

  test('is frozen in its letter, as what is sent is', async () => {
    const w = world({ checks: true });
    const orders = w.graph.channel('orders', { capacity: 4, schema: z.object({ lines: z.array(z.number()) }) });
    const bad = { lines: ['none'] };
    const good = { lines: [1] };
    const source = defineActor({
      outputs: { out: output<{ lines: number[] }>() },
      source({ outputs }) {
        outputs.out.send(bad as unknown as typeof good);
        outputs.out.send(good);
        return 'done';
      },
    });
    w.graph.actor('source', source, { out: orders });
    const arrived = collect(w.graph, orders);
    w.graph.start();
    await w.sim.settle();
    expect(Object.isFrozen(w.graph.deadLetters.list()[0]?.payload)).toBe(true);
    expect(Object.isFrozen(bad.lines)).toBe(true);
    expect([Object.isFrozen(arrived[0]), Object.isFrozen(arrived[0]?.lines), Object.isFrozen(good)]).toEqual([
      true,
      true,
      false, // zod has made a new one, and that one was sent
    ]);
    await stopCleanly(w);
  });

  test('is a letter for a channel that nobody reads any more as well, with its own reason', async () => {
    const w = world();
    const numbers = w.graph.channel('numbers', { capacity: 4, schema: numeral });
    const go = w.graph.channel<string>('go', { capacity: 4 });
    const speaker = defineActor({
      inputs: { go: input<string>() },
      outputs: { out: output<string>() },
      on: { go: (text, { outputs }) => outputs.out.send(text) },
    });
    const gone = defineActor({ inputs: { in: input<number>() }, run: ({ exit }) => exit() });
    w.graph.actor('speaker', speaker, { go, out: numbers });
    w.graph.actor('gone', gone, { in: numbers }, { restart: 'temporary' });
    w.graph.start();
    await w.sim.settle();
    for (const text of ['bad', '2']) go.trySend(text);
    await w.sim.settle();
    expect(brief(w.graph.deadLetters.list())).toEqual([
      { payload: 'bad', channel: 'numbers', actor: 'speaker', reason: 'invalid' },
      { payload: 2, channel: 'numbers', actor: undefined, reason: 'no-consumer' },
    ]);
    await stopCleanly(w);
  });

  test('is not there for tryNext to commit over, when the dead letters are full', async () => {
    const w = world({ deadLetters: { capacity: 1 } });
    const numbers = w.graph.channel('numbers', { capacity: 4, schema: numeral });
    const go = w.graph.channel<string>('go', { capacity: 4 });
    const tried: string[] = [];
    const loop = defineActor({
      inputs: { go: input<string>() },
      outputs: { out: output<string>() },
      async run({ inputs, outputs, tryNext, next, running }) {
        const some = inputs.go.avail();
        while (running()) {
          const result = tryNext(some);
          tried.push(result === undefined ? 'waits' : 'goes on');
          if (result === undefined) await next(some);
          const text = inputs.go.take();
          if (text !== undefined) outputs.out.send(text);
        }
      },
    });
    w.graph.actor('loop', loop, { go, out: numbers });
    collect(w.graph, numbers);
    for (const text of ['1', 'x', 'y', '2']) go.trySend(text);
    w.graph.start();
    await w.sim.settle();
    expect(tried).toEqual(['goes on', 'goes on', 'goes on', 'waits']);
    expect(w.graph.deadLetters.list().map(({ payload }) => payload)).toEqual(['x']);
    w.graph.deadLetters.discard(() => true);
    await w.sim.settle();
    expect(w.graph.deadLetters.list().map(({ payload }) => payload)).toEqual(['y']);
    await stopCleanly(w);
  });
});

test('a turn may reject, and send misfits, as many as its channels hold: its time grows with their number', async () => {
  const many = 40_000;
  const w = world({ deadLetters: { whenFull: 'evict' } });
  const go = w.graph.channel<number>('go', { capacity: many });
  const numbers = w.graph.channel('numbers', { capacity: many, schema: numeral });
  const refuser = defineActor({
    inputs: { go: input<number>() },
    outputs: { out: output<string>() },
    async run({ inputs, outputs, next, running }) {
      while (running()) {
        await next(inputs.go.avail());
        inputs.go.takeMany(Infinity).forEach((_, index) => {
          inputs.go.reject(index, 'no');
          outputs.out.send('none');
        });
      }
    },
  });
  for (let n = 0; n < many; n += 1) go.trySend(n);
  w.graph.actor('refuser', refuser, { go, out: numbers });
  w.graph.sink('sink', numbers, () => undefined);
  w.graph.start();
  go.close();
  await w.sim.runUntil(w.graph.stopped());
  expect(w.graph.deadLetters.total).toBe(2 * many);
}, 20_000); // a second; over a minute where each of them copies those before it

describe('what a schema makes of a message', () => {
  test.each<[vendor: string, schema: StandardSchemaV1<unknown, unknown>]>([
    ['zod', z.object({ id: z.coerce.number(), tags: z.array(z.string()).default([]) })],
    [
      'valibot',
      v.object({
        id: v.pipe(v.string(), v.transform(Number), v.number()),
        tags: v.optional(v.array(v.string()), () => []),
      }),
    ],
    ['arktype', type({ id: 'string.numeric.parse', tags: type('string[]').default(() => []) })],
  ])('is what is taken: %s transforms, coerces and fills in', async (_, schema) => {
    const w = world();
    const orders = w.graph.channel('orders', { capacity: 4, schema });
    const arrived = collect(w.graph, orders);
    w.graph.start();
    await orders.send({ id: '7' });
    await orders.send({ id: '8', tags: ['new'] });
    expect(orders.trySend({ id: 'no number' })).toMatchObject({ ok: false, reason: 'invalid' });
    await w.sim.settle();
    expect(arrived).toEqual([
      { id: 7, tags: [] },
      { id: 8, tags: ['new'] },
    ]);
    await stopCleanly(w);
  });

  test('is no message where it is undefined: that is a misfit, and no failure', async () => {
    const w = world();
    const schema = z.string().transform((text): string => (text === 'a' ? (undefined as unknown as string) : text));
    const texts = w.graph.channel('texts', { capacity: 4, schema });
    w.graph.feed('feed', ['a', 'b'], texts);
    const arrived = collect(w.graph, texts);
    w.graph.start();
    await w.sim.runUntil(w.graph.stopped());
    expect(arrived).toEqual(['b']);
    expect(w.graph.deadLetters.list()).toMatchObject([
      { payload: 'a', reason: 'invalid', text: 'the schema made undefined of it, which is no message' },
    ]);
  });

  test('is not checked again: what is in the channel stays there over retries and restarts', async () => {
    let checks = 0;
    const counting = z.string().transform((text) => {
      checks += 1;
      return text.length;
    });
    const w = world();
    const lengths = w.graph.channel('lengths', { capacity: 4, schema: counting });
    const attempts: number[] = [];
    const reader = defineActor({
      inputs: { in: input<number>() },
      on: {
        in(length, { attempt }) {
          attempts.push(length);
          if (attempt < 3) throw new Error('again');
        },
      },
    });
    w.graph.actor('reader', reader, { in: lengths });
    w.graph.start();
    await lengths.send('four');
    await w.sim.advance(1_000);
    expect(attempts).toEqual([4, 4, 4]);
    expect(checks).toBe(1);
    await stopCleanly(w);
  });
});

describe('a schema at fault', () => {
  const boom = new Error('boom');
  const faults: [what: string, schema: StandardSchemaV1<string, string>, code: string, cause: unknown][] = [
    ['that is asynchronous', always(Promise.resolve({ value: 'x' })), 'ERR_ASYNC_SCHEMA', undefined],
    ['that is asynchronous and rejects', always(rejected(boom)), 'ERR_ASYNC_SCHEMA', undefined],
    ['of zod with an asynchronous refinement', z.string().refine(async () => true), 'ERR_ASYNC_SCHEMA', undefined],
    ['that throws', throwing(boom), 'ERR_SCHEMA_THREW', boom],
    ['that throws no error', throwing('boom'), 'ERR_SCHEMA_THREW', 'boom'],
  ];

  function rejected(error: Error): Promise<never> {
    const promise = Promise.reject<never>(error);
    promise.catch(() => undefined);
    return promise;
  }

  test.each(faults)('%s fails the turn', async (_, schema, code, cause) => {
    const w = world({ actorDefaults: { showstopperAfter: 1 } });
    const go = w.graph.channel<string>('go', { capacity: 4 });
    const out = w.graph.channel('out', { capacity: 4, schema });
    const speaker = defineActor({
      inputs: { go: input<string>() },
      outputs: { out: output<string>() },
      on: { go: (text, { outputs }) => outputs.out.send(text) },
    });
    w.graph.actor('speaker', speaker, { go, out });
    collect(w.graph, out);
    w.graph.start();
    await go.send('x');
    await w.sim.settle();
    expect(w.graph.deadLetters.list()).toMatchObject([
      { channel: 'go', reason: 'showstopper', error: { code, message: expect.stringContaining('channel "out"') } },
    ]);
    const failed = w.events.find(({ kind }) => kind === 'failed') as { exit: { error: { cause: unknown } } };
    expect(failed.exit.error.cause).toEqual(cause);
    await stopCleanly(w);
  });

  test('keeps a turn that caught the error from committing', async () => {
    const w = world({ actorDefaults: { showstopperAfter: 1 } });
    const go = w.graph.channel<string>('go', { capacity: 4 });
    const out = w.graph.channel('out', { capacity: 4, schema: throwing(boom) });
    const speaker = defineActor({
      inputs: { go: input<string>() },
      outputs: { out: output<string>() },
      on: {
        go(text, { outputs }) {
          try {
            outputs.out.send(text);
          } catch {
            // in vain
          }
        },
      },
    });
    w.graph.actor('speaker', speaker, { go, out });
    w.graph.start();
    await go.send('x');
    await w.sim.settle();
    expect(w.graph.deadLetters.list()).toMatchObject([{ payload: 'x', error: { code: 'ERR_TURN_POISONED' } }]);
    await stopCleanly(w);
  });

  test.each(faults)('%s is told to code outside, at once or by the promise', async (_, schema, code, cause) => {
    const w = world();
    const out = w.graph.channel('out', { capacity: 4, schema });
    collect(w.graph, out);
    w.graph.start();
    const outcomes = [watch(out.send('x')), watch(out.sender().send('x'))];
    await w.sim.settle();
    for (const { error } of outcomes) expect(error).toMatchObject({ code, details: { subject: 'channel "out"' } });
    let thrown: unknown;
    try {
      out.trySend('x');
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code });
    expect((thrown as Error).cause).toBe(cause);
    expect(channelOf(w.graph, 'out')).toMatchObject({ sent: 0, deadLettered: 0 });
    await stopCleanly(w);
  });

  test.each(faults)(
    '%s fails the feed, as a source that fails does; its item is a dead letter',
    async (_, schema, code) => {
      const w = world();
      const out = w.graph.channel('out', { capacity: 4, schema });
      let returned = 0;
      const source = (function* () {
        try {
          yield* ['x', 'y', 'z'];
        } finally {
          returned += 1;
        }
      })();
      w.graph.feed('feed', source, out);
      const arrived = collect(w.graph, out);
      w.graph.start();
      const outcome = watch(w.graph.stopped());
      await w.sim.settle();
      expect(outcome.error).toMatchObject({ code: 'ERR_EDGE_FAILED', details: { edge: 'feed' }, cause: { code } });
      expect(brief(w.graph.deadLetters.list())).toEqual([
        { payload: 'x', channel: 'out', actor: 'feed', reason: 'invalid' },
      ]);
      expect([arrived, w.graph.deadLetters.list()[0]?.error?.code]).toEqual([[], code]);
      expect(returned).toBe(1); // the source is told, so that it can close its file
      w.graph.checkConservation();
    },
  );
});

describe('a message from outside that does not fit', () => {
  test('comes back with its issues, and leaves no trace', async () => {
    const w = world();
    const orders = w.graph.channel('orders', {
      capacity: 4,
      schema: z.object({ lines: z.array(z.object({ price: z.number() })) }),
    });
    const arrived = collect(w.graph, orders);
    w.graph.start();
    const bad = { lines: [{ price: 1 }, { price: 'free' }] } as unknown as { lines: { price: number }[] };
    const issues = [{ message: 'Invalid input: expected number, received string', path: ['lines', 1, 'price'] }];
    const sender = orders.sender();
    for (const send of [() => orders.send(bad), () => sender.send(bad)]) {
      const outcome = watch(send());
      await w.sim.settle();
      expect(outcome.error).toMatchObject({
        code: 'ERR_INVALID_MESSAGE',
        message: 'the message does not fit the schema of channel "orders": at lines[1].price (details.issues says why)',
        details: { channel: 'orders', issues },
      });
      expect((outcome.error as { details: { undelivered: unknown } }).details.undelivered).toBe(bad);
    }
    for (const result of [orders.trySend(bad), sender.trySend(bad)]) {
      expect(result).toEqual({ ok: false, reason: 'invalid', issues, message: bad });
      expect(result.ok ? undefined : result.message).toBe(bad);
    }
    expect(Object.isFrozen(bad)).toBe(false);
    sender.close();
    await w.sim.settle();
    expect([arrived, w.graph.deadLetters.total]).toEqual([[], 0]);
    expect(channelOf(w.graph, 'orders')).toMatchObject({ sent: 0, deadLettered: 0 });
    await stopCleanly(w);
  });

  test('does not wait for room, and trySend to a full channel does not check', async () => {
    const w = world();
    const numbers = w.graph.channel('numbers', { capacity: 1, schema: numeral });
    await numbers.send('1');
    const outcome = watch(numbers.send('bad'));
    await w.sim.settle();
    expect(outcome.code).toBe('ERR_INVALID_MESSAGE');
    expect(numbers.trySend('bad')).toEqual({ ok: false, reason: 'full', message: 'bad' });
  });

  test('comes back as it was given where it is refused for another reason, not as the schema made it', async () => {
    const w = world();
    const numbers = w.graph.channel('numbers', { capacity: 1, maxWaiting: 1, schema: numeral });
    collect(w.graph, numbers);
    await numbers.send('1');
    const waits = watch(numbers.send('2'));
    const tooMany = watch(numbers.send('3'));
    await w.sim.settle();
    expect(tooMany.error).toMatchObject({ code: 'ERR_OVERLOADED', details: { undelivered: '3' } });
    w.graph.start();
    w.graph.requestShutdown();
    const late = watch(numbers.send('4'));
    await w.sim.settle();
    expect([waits.error, late.error]).toMatchObject([
      { code: 'ERR_STOPPING', details: { undelivered: '2' } },
      { code: 'ERR_STOPPING', details: { undelivered: '4' } },
    ]);
    expect(numbers.trySend('5')).toEqual({ ok: false, reason: 'stopping', message: '5' });
    await w.sim.runUntil(w.graph.stopped());
  });

  test('waits for room as what the schema made of it, and arrives so', async () => {
    const w = world();
    const numbers = w.graph.channel('numbers', { capacity: 1, schema: numeral });
    await numbers.send('1');
    const second = watch(numbers.send('2'));
    const arrived = collect(w.graph, numbers);
    w.graph.start();
    await w.sim.settle();
    expect([arrived, second.state]).toEqual([[1, 2], 'resolved']);
    await stopCleanly(w);
  });
});

describe('a feed of items that do not fit', () => {
  test.each<[string, () => Iterable<string> | AsyncIterable<string>]>([
    ['an array', () => ['1', 'x', '2', 'y', 'z', '3']],
    ['a stream', () => Readable.from(['1', 'x', '2', 'y', 'z', '3'])],
  ])('from %s goes on: each is a dead letter, in order', async (_, source) => {
    const w = world();
    const numbers = w.graph.channel('numbers', { capacity: 1, schema: numeral });
    w.graph.feed('feed', source(), numbers);
    const arrived = collect(w.graph, numbers);
    w.graph.start();
    const outcome = watch(w.graph.stopped());
    for (let round = 0; round < 100 && outcome.state === 'pending'; round += 1) await w.sim.settle();
    expect([outcome.state, arrived]).toEqual(['resolved', [1, 2, 3]]);
    expect(brief(w.graph.deadLetters.list())).toEqual(
      ['x', 'y', 'z'].map((payload) => ({ payload, channel: 'numbers', actor: 'feed', reason: 'invalid' })),
    );
    expect(w.graph.deadLetters.list()[0]?.issues).toEqual([{ message: 'is no numeral', path: [] }]);
    expect(channelOf(w.graph, 'numbers')).toMatchObject({ sent: 6, taken: 3, deadLettered: 3 });
  });

  test('waits for room among the dead letters, and pulls no further meanwhile', async () => {
    const w = world({ deadLetters: { capacity: 2 } });
    const numbers = w.graph.channel('numbers', { capacity: 8, schema: numeral });
    let pulled = 0;
    const source = (function* () {
      for (;;) yield `bad ${(pulled += 1)}`;
    })();
    w.graph.feed('feed', source, numbers);
    collect(w.graph, numbers);
    w.graph.start();
    await w.sim.settle();
    expect([pulled, w.graph.deadLetters.total]).toEqual([3, 2]); // one on the way
    w.graph.deadLetters.discard(({ payload }) => payload === 'bad 1');
    await w.sim.settle();
    expect([pulled, w.graph.deadLetters.total]).toEqual([4, 3]);
    w.graph.requestShutdown();
    await w.sim.runUntil(w.graph.stopped());
    expect(w.graph.deadLetters.list().map(({ payload }) => payload)).toEqual(['bad 2', 'bad 3', 'bad 4']);
    w.graph.checkConservation();
  });

  test('that is ended while it waits leaves the item as a letter', async () => {
    const w = world({ deadLetters: { capacity: 1 } });
    const numbers = w.graph.channel('numbers', { capacity: 8, schema: numeral });
    const go = w.graph.channel<number>('go', { capacity: 1 });
    const failing = defineActor({
      inputs: { go: input<number>() },
      on: {
        go() {
          throw new Error('at once');
        },
      },
    });
    w.graph.feed('feed', ['a', 'b', 'c'], numbers);
    w.graph.actor('failing', failing, { go }, { maxRestarts: 0 });
    collect(w.graph, numbers);
    w.graph.start();
    await w.sim.settle();
    expect(w.graph.deadLetters.total).toBe(1);
    go.trySend(1); // more failures than allowed: the graph stops at once
    const outcome = watch(w.graph.stopped());
    await w.sim.settle();
    expect(outcome.code).toBe('ERR_RESTART_LIMIT');
    expect(brief(w.graph.deadLetters.list().filter(({ channel }) => channel === 'numbers'))).toEqual(
      ['a', 'b'].map((payload) => ({ payload, channel: 'numbers', actor: 'feed', reason: 'invalid' })),
    );
    w.graph.checkConservation();
  });

  test('that comes too late for a feed that has stopped is a letter of its own reason, or checked first', async () => {
    const w = world();
    const numbers = w.graph.channel('numbers', { capacity: 8, schema: numeral });
    const late = [deferred<string>(), deferred<string>()];
    const feeds = late.map(({ promise }) => ({
      [Symbol.asyncIterator]: () => ({ next: () => promise.then((value) => ({ done: false as const, value })) }),
    }));
    for (const [index, source] of feeds.entries()) w.graph.feed(`feed ${index}`, source, numbers);
    collect(w.graph, numbers);
    w.graph.start();
    await w.sim.settle();
    w.graph.requestShutdown();
    await w.sim.runUntil(w.graph.stopped());
    late[0]?.resolve('5');
    late[1]?.resolve('bad');
    await w.sim.settle();
    expect(brief(w.graph.deadLetters.list())).toEqual([
      { payload: 5, channel: 'numbers', actor: undefined, reason: 'no-consumer' },
      { payload: 'bad', channel: 'numbers', actor: 'feed 1', reason: 'invalid' },
    ]);
    w.graph.checkConservation();
  });

  test('stops pulling when nobody reads any more', async () => {
    const w = world();
    const numbers = w.graph.channel('numbers', { capacity: 8, schema: numeral });
    let pulled = 0;
    const gate = deferred();
    const source = (async function* () {
      await gate.promise;
      for (;;) yield `bad ${(pulled += 1)}`;
    })();
    const gone = defineActor({ inputs: { in: input<number>() }, run: ({ exit }) => exit() });
    w.graph.actor('gone', gone, { in: numbers }, { restart: 'temporary' });
    w.graph.feed('feed', source, numbers);
    w.graph.start();
    await w.sim.settle();
    gate.resolve();
    await w.sim.runUntil(w.graph.stopped());
    expect(pulled).toBe(1);
  });
});

describe('a bundle with a schema', () => {
  function sending(
    route: OutputBundleOptions<string>,
    capacity: number,
    texts: readonly string[],
    inLastLane?: string,
  ) {
    const w = world({ actorDefaults: { showstopperAfter: 1 } });
    const lanes = w.graph.bundle('lanes', { lanes: 2, capacity, schema: numeral });
    const source = defineActor({
      outputs: { out: outputBundle<string>(route) },
      source({ outputs }) {
        outputs.out.sendMany(texts);
        return 'done';
      },
    });
    w.graph.actor('source', source, { out: lanes });
    const arrived = lanes.map((lane) => collect(w.graph, lane));
    if (inLastLane !== undefined) lanes.at(-1)?.trySend(inLastLane);
    w.graph.start();
    return { ...w, arrived };
  }

  test('has it on each lane, and finds the lane by what is sent', async () => {
    const w = sending({ partitionBy: (text) => text.length }, 8, ['1', 'xx', '22', 'y', '3']);
    await w.sim.settle();
    expect(w.arrived.flat().sort()).toEqual([1, 22, 3]);
    expect(w.graph.deadLetters.list().map(({ payload }) => payload)).toEqual(['xx', 'y']);
    expect(w.graph.deadLetters.list().map(({ channel }) => channel)).toEqual([
      `lanes[${laneOf(2, 2)}]`,
      `lanes[${laneOf(1, 2)}]`,
    ]);
    await stopCleanly(w);
  });

  test('that sends to every lane leaves a letter of each', async () => {
    const w = sending({ route: 'everyLane' }, 8, ['1', 'x']);
    await w.sim.settle();
    expect(w.arrived).toEqual([[1], [1]]);
    expect(w.graph.deadLetters.list().map(({ payload, channel }) => [payload, channel])).toEqual([
      ['x', 'lanes[0]'],
      ['x', 'lanes[1]'],
    ]);
    await stopCleanly(w);
  });

  test('that sends to the emptiest passes over a lane which has had as many as it can take in a turn, fit or not', async () => {
    const w = sending({ route: 'emptiest' }, 2, ['x', 'y', 'z'], '9');
    await w.sim.settle();
    expect(w.graph.deadLetters.list().map(({ payload, channel }) => [payload, channel])).toEqual([
      ['x', 'lanes[0]'],
      ['y', 'lanes[0]'],
      ['z', 'lanes[1]'],
    ]);
    expect(w.arrived).toEqual([[], [9]]);
    await stopCleanly(w);
  });
});

describe('a replay into a channel with a schema', () => {
  /** Prices in cents, which are sent in euros: to be transformed once. */
  const cents = z
    .number()
    .positive()
    .transform((euros) => euros * 100);

  function pricing() {
    const w = world();
    const prices = w.graph.channel('prices', { capacity: 4, schema: cents });
    const taken: number[] = [];
    const broken = { is: true };
    const reader = defineActor({
      inputs: { in: input<number>() },
      on: {
        in(price, { reject }) {
          if (broken.is) reject('not now');
          else taken.push(price);
        },
      },
    });
    w.graph.actor('reader', reader, { in: prices });
    return { ...w, prices, taken, broken };
  }

  test('sends what had passed as it was: it is not transformed twice', async () => {
    const w = pricing();
    w.graph.start();
    await w.prices.send(5);
    await w.sim.settle();
    expect(w.graph.deadLetters.list()).toMatchObject([{ payload: 500, reason: 'rejected' }]);
    w.broken.is = false;
    const report = watch(w.graph.deadLetters.replay({}));
    await w.sim.settle();
    expect([report.value?.replayed.length, w.taken]).toEqual([1, [500]]);
    await stopCleanly(w);
  });

  test('checks what never fitted, and leaves it a letter with the error', async () => {
    const w = pricing();
    w.broken.is = false;
    w.graph.feed('feed', [-1], w.prices);
    w.graph.start();
    await w.sim.settle();
    const report = watch(w.graph.deadLetters.replay({}));
    await w.sim.settle();
    expect(report.value?.left).toMatchObject([{ kind: 'refused', error: { code: 'ERR_INVALID_MESSAGE' } }]);
    expect(w.graph.deadLetters.list()).toMatchObject([{ payload: -1, reason: 'invalid' }]);
    await stopCleanly(w);
  });

  test('checks and transforms what was edited, and what goes to another channel', async () => {
    const w = pricing();
    const other = w.graph.channel('other', { capacity: 4, schema: cents });
    const arrived = collect(w.graph, other);
    w.graph.start();
    await w.prices.send(5);
    await w.prices.send(6);
    await w.sim.settle();
    w.broken.is = false;
    const edited = watch(w.graph.deadLetters.replay((letter) => letter.payload === 500, { edit: () => 7 }));
    const moved = watch(w.graph.deadLetters.replay((letter) => letter.payload === 600, { to: other }));
    await w.sim.settle();
    expect([edited.state, moved.state, w.taken, arrived]).toEqual(['resolved', 'resolved', [700], [60_000]]);
    await stopCleanly(w);
  });
});

describe('code of a schema that acts', () => {
  test('may send to the same output: nothing is lost, and the inner message comes first', async () => {
    const w = world();
    let inner: ((text: string) => void) | undefined;
    const schema = z.string().transform((text) => {
      if (text === 'outer') inner?.('inner');
      return text;
    });
    const out = w.graph.channel('out', { capacity: 4, schema });
    const source = defineActor({
      outputs: { out: output<string>() },
      source({ outputs }) {
        inner = (text) => outputs.out.send(text);
        outputs.out.send('outer');
        return 'done';
      },
    });
    w.graph.actor('source', source, { out });
    const arrived = collect(w.graph, out);
    w.graph.start();
    await w.sim.settle();
    expect(arrived).toEqual(['inner', 'outer']);
    await stopCleanly(w);
  });

  test('may send, close or stop from outside: what comes after it is refused, and nothing is beyond the bound', async () => {
    const w = world();
    let act: () => unknown = () => undefined;
    const schema = z.string().transform((text) => {
      if (text === 'outer') act();
      return text;
    });
    const out = w.graph.channel('out', { capacity: 1, schema });
    const results: unknown[] = [];
    act = () => results.push(out.trySend('inner'));
    results.push(out.trySend('outer'));
    expect(results).toEqual([{ ok: true }, { ok: false, reason: 'full', message: 'outer' }]);
    expect(out.size).toBe(1);
    const arrived = collect(w.graph, out);
    w.graph.start();
    await w.sim.settle();
    act = () => w.graph.requestShutdown();
    const sent = watch(out.send('outer'));
    await w.sim.runUntil(w.graph.stopped());
    expect([sent.code, arrived]).toEqual(['ERR_STOPPING', ['inner']]);
  });

  test('may stop the graph from a feed: the item is accounted for', async () => {
    const w = world();
    const schema = z.string().transform((text) => {
      w.graph.requestShutdown();
      return text;
    });
    const out = w.graph.channel('out', { capacity: 1, schema });
    w.graph.feed('feed', ['a', 'b'], out);
    const arrived = collect(w.graph, out);
    w.graph.start();
    await w.sim.runUntil(w.graph.stopped());
    expect([arrived, w.graph.deadLetters.total]).toEqual([['a'], 0]);
  });
});

test('a schema that is none is refused where it is given, and no channel is made', () => {
  const { graph } = world();
  for (const schema of [null, 5, {}, () => true]) {
    expect(() => graph.channel('orders', { capacity: 1, schema: schema as unknown as StandardSchemaV1 })).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_OPTION',
        message: expect.stringContaining('schema of channel "orders" must be a Standard Schema') as string,
      }) as Error,
    );
  }
  expect(() => graph.channel<number>('orders', { capacity: 1 })).not.toThrow();
});
