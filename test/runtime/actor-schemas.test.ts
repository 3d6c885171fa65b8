import { type ActorHandle, defineActor, input, type OwnInputSpec } from 'holdfast';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { channelOf, stopCleanly, type World, world } from './world.ts';

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
