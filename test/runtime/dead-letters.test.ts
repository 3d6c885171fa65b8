/** What whoever looks after the dead letters does with them: find, count, discard. */
import { defineActor, type DeadLetterFilter, input } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { stopCleanly, type World, world } from './world.ts';

const picky = defineActor({
  inputs: { numbers: input<number>() },
  on: {
    numbers(number, { reject }) {
      if (number >= 10) throw new Error('too big');
      reject('too small');
    },
  },
});

/** Six letters, one each 1,000 ms: by `first` and `second`, rejected and showstoppers, and one that nobody had. */
async function sixLetters(): Promise<World & { readonly startMs: number }> {
  const w = world({ actorDefaults: { showstopperAfter: 1 } });
  const a = w.graph.channel<number>('a', { capacity: 4 });
  const b = w.graph.channel<number>('b', { capacity: 4 });
  const unread = w.graph.channel<number>('unread', { capacity: 4 });
  w.graph.actor('first', picky, { numbers: a });
  w.graph.actor('second', picky, { numbers: b });
  const reader = unread[Symbol.asyncIterator]();
  w.graph.start();
  const startMs = w.sim.clock.wallMs();
  for (const [channel, number] of [
    [a, 1],
    [b, 2],
    [a, 13],
    [b, 14],
    [a, 5],
  ] as const) {
    channel.trySend(number);
    await w.sim.settle();
    await w.sim.advance(1_000);
  }
  unread.trySend(6);
  await reader.return?.();
  return { ...w, startMs };
}

describe('a filter', () => {
  test.each<[string, (startMs: number) => DeadLetterFilter, number[]]>([
    ['that is empty, all', () => ({}), [1, 2, 3, 4, 5, 6]],
    ['an id', () => ({ id: 3 }), [3]],
    ['several ids, in the order of the letters', () => ({ id: [6, 1, 99] }), [1, 6]],
    ['an empty list, none', () => ({ id: [] }), []],
    ['a channel', () => ({ channel: 'a' }), [1, 3, 5]],
    ['several channels', () => ({ channel: ['b', 'unread'] }), [2, 4, 6]],
    ['an actor', () => ({ actor: 'second' }), [2, 4]],
    ['a reason', () => ({ reason: 'rejected' }), [1, 2, 5]],
    ['several reasons', () => ({ reason: ['showstopper', 'no-consumer'] }), [3, 4, 6]],
    ['all of its keys', () => ({ channel: 'a', reason: 'rejected' }), [1, 5]],
    [
      'a time, the first included and the last not',
      (at) => ({ sinceWallMs: at + 1_000, untilWallMs: at + 3_000 }),
      [2, 3],
    ],
    [
      'a function',
      () =>
        ({ payload }) =>
          Number(payload) > 5,
      [3, 4, 6],
    ],
  ])('finds by %s', async (_, filter, ids) => {
    const { graph, startMs } = await sixLetters();
    const { deadLetters } = graph;
    expect(deadLetters.list(filter(startMs)).map(({ id }) => id)).toEqual(ids);
    expect(deadLetters.count(filter(startMs))).toBe(ids.length);
    expect(deadLetters.discard(filter(startMs))).toBe(ids.length);
    expect(deadLetters.list()).toHaveLength(6 - ids.length);
    expect(deadLetters.count(filter(startMs))).toBe(0);
  });

  test('finds by the identity of the message', async () => {
    const { graph } = await sixLetters();
    const [, second] = graph.deadLetters.list();
    expect(graph.deadLetters.list({ messageId: second?.messageId ?? '' })).toEqual([second]);
  });

  test.each<[string, unknown, RegExp]>([
    ['a key that there is not', { chanel: 'a' }, /deadLetters.discard: filter: unknown option "chanel"/],
    [
      'a key without a value',
      { channel: undefined },
      /filter.channel must be a string or a list of strings, got undefined/,
    ],
    ['an id of the wrong type', { id: '3' }, /filter.id must be an integer of 1 or more, got "3" \(string\)/],
    ['an id that cannot be', { id: [1, 0] }, /filter.id must be an integer of 1 or more, got 0 \(number\)/],
    ['a reason that there is not', { reason: 'rejcted' }, /filter.reason must be one of "showstopper", /],
    ['a time that is none', { sinceWallMs: Number.NaN }, /filter.sinceWallMs must be a number/],
    ['no filter', undefined, /filter must be a plain object or a function, got undefined/],
    ['a list', [1, 2], /filter must be a plain object or a function, got an array/],
    ['a Map, which has no keys of its own', new Map([['channel', 'b']]), /must be a plain object or a function/],
    ['a promise that nobody awaited', Promise.resolve({ channel: 'b' }), /must be a plain object or a function/],
    ['keys that are inherited', Object.create({ channel: 'b' }), /must be a plain object or a function/],
    [
      'an answer that is a promise',
      async () => false,
      /the filter's answer must be true or false, got a value of type object/,
    ],
  ])('is refused: %s', async (_, filter, message) => {
    const { graph } = await sixLetters();
    expect(() => graph.deadLetters.discard(filter as DeadLetterFilter)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_OPTION', message: expect.stringMatching(message) as string }),
    );
    expect(graph.deadLetters.count()).toBe(6);
  });
});

test('a letter is found by its number for as long as it is kept', async () => {
  const { graph } = await sixLetters();
  expect(graph.deadLetters.get(4)).toMatchObject({ id: 4, payload: 14, channel: 'b', actor: 'second' });
  graph.deadLetters.discard({ id: 4 });
  expect(graph.deadLetters.get(4)).toBeUndefined();
  expect(graph.deadLetters.get(7)).toBeUndefined();
});

test('the snapshot counts them by reason, and what became of the others', async () => {
  const w = await sixLetters();
  w.graph.deadLetters.discard({ channel: 'b' });
  expect(w.graph.snapshot().deadLetters).toEqual({
    kept: 4,
    byReason: {
      showstopper: 1,
      rejected: 2,
      invalid: 0,
      'no-consumer': 1,
      'breaker-open': 0,
      restarted: 0,
      stopped: 0,
    },
    total: 6,
    evicted: 0,
    discarded: 2,
    replayed: 0,
    routed: 0,
    capacity: 10_000,
  });
  await stopCleanly(w);
});

test('discarding inside a turn is refused: it would escape the roll back', async () => {
  const w = world();
  const numbers = w.graph.channel<number>('numbers', { capacity: 4 });
  const discarding = defineActor({
    inputs: { numbers: input<number>() },
    on: { numbers: () => void w.graph.deadLetters.discard({}) },
  });
  w.graph.actor('discarding', discarding, { numbers }, { showstopperAfter: 1 });
  w.graph.start();
  numbers.trySend(1);
  await w.sim.settle();
  expect(w.graph.deadLetters.list()).toMatchObject([{ payload: 1, error: { code: 'ERR_OUTSIDE_API_IN_TURN' } }]);
  await stopCleanly(w);
});
