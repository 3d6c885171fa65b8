import { args, defineActor, input, isHoldfastError, output, table } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { deferred, letters } from './single-actor.ts';
import { give, ONCE, type TableHandler, tableHandler, tableLoop } from './table-world.ts';
import { actorOf, collect, stopCleanly, world } from './world.ts';

describe('a turn', () => {
  test('sees what it has written, and commits it in the order of the calls', async () => {
    const seen: unknown[] = [];
    const w = tableHandler((value, { tables: { counts } }) => {
      counts.set('a', value);
      counts.set('first', 2);
      counts.delete('first');
      counts.set('b', value);
      counts.set('first', 3);
      seen.push([counts.size, counts.get('a'), counts.has('c'), counts.get('c'), counts.delete('c')]);
      seen.push([...counts], [...counts.keys()], [...counts.values()], [...counts.entries()].length);
    });
    await give(w, 5);
    const entries = [
      ['a', 5],
      ['b', 5],
      ['first', 3],
    ];
    expect(seen).toEqual([[3, 5, false, undefined, false], entries, ['a', 'b', 'first'], [5, 5, 3], 3]);
    expect(w.counts()).toEqual(entries);
    expect(actorOf(w.graph, 'actor').tableSizes).toEqual({ counts: 3, lists: 0 });
    await stopCleanly(w);
    expect(w.counts()).toEqual(entries);
  });

  test('that fails leaves all tables as they were, in their order, for its retry as for a snapshot', async () => {
    const seen: unknown[] = [];
    const w = tableHandler((value, { tables: { counts, lists }, state, attempt }) => {
      seen.push([...counts], [...lists]);
      state.n += 1;
      counts.delete('first');
      lists.set(value, [value]);
      counts.clear();
      counts.set('first', value);
      counts.set('other', value);
      if (attempt < 3) throw new Error('boom');
    });
    await give(w, 7);
    expect(w.counts()).toEqual([['first', 1]]);
    await w.sim.advance(1_000);
    expect(seen).toEqual([[['first', 1]], [], [['first', 1]], [], [['first', 1]], []]);
    expect(actorOf(w.graph, 'actor')).toMatchObject({
      state: { n: 1 },
      tables: { counts: [['first', 7], ['other', 7]], lists: [[7, [7]]] }, // prettier-ignore
    });
    await stopCleanly(w);
  });

  test('that is rolled back by hand leaves them as they were', async () => {
    const w = tableHandler((value, { tables: { counts }, rollback, regeneration }) => {
      counts.set('a', value);
      if (regeneration === 0) rollback();
      counts.set('b', value);
    });
    await give(w, 1);
    expect(w.counts()).toEqual([['first', 1], ['a', 1], ['b', 1]]); // prettier-ignore
    expect(actorOf(w.graph, 'actor').failures).toBe(0);
  });

  test('that is killed while it is open leaves them as they were', async () => {
    const w = tableHandler(async (value, { tables: { counts }, effect, regeneration }) => {
      counts.set('a', value);
      if (regeneration === 0) await effect('never', () => new Promise<void>(() => undefined));
    });
    await give(w, 1);
    expect(w.counts()).toEqual([['first', 1]]);
    w.kill();
    await w.sim.settle();
    expect(w.counts()).toEqual([['first', 1], ['a', 1]]); // prettier-ignore
  });

  test('that is open is not seen from outside', async () => {
    const gate = deferred();
    const w = tableHandler(async (value, { tables: { counts }, effect }) => {
      counts.set('a', value);
      counts.delete('first');
      await effect('gate', () => gate.promise);
      counts.set('b', counts.get('a') ?? 0);
    });
    await give(w, 5);
    expect(w.counts()).toEqual([['first', 1]]);
    gate.resolve();
    await w.sim.settle();
    expect(w.counts()).toEqual([['a', 5], ['b', 5]]); // prettier-ignore
  });

  test('of a source and of onDrained commit and roll back as any other', async () => {
    const w = world();
    const numbers = w.graph.channel<number>('numbers', { capacity: 1 });
    const results = w.graph.channel<unknown>('results', { capacity: 1 });
    const sources = defineActor({
      outputs: { numbers: output<number>() },
      tables: { sent: table<number, true>() },
      source({ tables: { sent }, outputs, regeneration }) {
        const next = sent.size;
        sent.set(next, true);
        outputs.numbers.send(next);
        if (regeneration < next) throw new Error('boom'); // once at each
        return next < 3 ? 'more' : 'done';
      },
    });
    const sums = defineActor({
      inputs: { numbers: input<number>() },
      outputs: { results: output<unknown>() },
      tables: { seen: table<number, number>() },
      on: {
        numbers: (number, { tables: { seen } }) => seen.set(number, number * number),
      },
      onDrained({ tables: { seen }, outputs, regeneration }) {
        const entries = [...seen];
        seen.clear();
        outputs.results.send(entries);
        if (regeneration === 0) throw new Error('boom');
      },
    });
    w.graph.actor('source', sources, { numbers });
    w.graph.actor('sums', sums, { numbers, results });
    const arrived = collect(w.graph, results);
    w.graph.start();
    await w.sim.runUntil(w.graph.stopped());
    expect(arrived).toEqual([[[0, 0], [1, 1], [2, 4], [3, 9]]]); // prettier-ignore
    expect(actorOf(w.graph, 'sums').tables).toEqual({ seen: [] });
    expect(actorOf(w.graph, 'source').tableSizes).toEqual({ sent: 4 });
  });

  test('of a loop: what it does before its first wait is kept as the state is', async () => {
    const w = tableLoop(async ({ tables: { counts }, state, inputs, next, regeneration }) => {
      state.n += 1;
      counts.set(`incarnation ${regeneration}`, regeneration);
      await next(inputs.go.avail());
      inputs.go.take();
      counts.set('lost', 1);
      throw new Error('boom');
    }, { actor: ONCE }); // prettier-ignore
    await give(w);
    expect(w.counts()).toEqual([['first', 1], ['incarnation 0', 0]]); // prettier-ignore
    await give(w, 1);
    expect(w.counts()).toEqual([['first', 1], ['incarnation 0', 0], ['incarnation 1', 1]]); // prettier-ignore
    expect(actorOf(w.graph, 'actor')).toMatchObject({ turns: 0, state: { n: 2 } });
  });

  test('writes without touching the state, and touches the state without writing', async () => {
    const w = tableHandler((value, ctx) => {
      if (value % 2 === 1) ctx.tables.counts.set('odd', value);
      else ctx.state.n += value;
    });
    await give(w, 1, 2, 3, 4);
    expect(actorOf(w.graph, 'actor')).toMatchObject({ state: { n: 6 }, tables: { counts: [['first', 1], ['odd', 3]] } }); // prettier-ignore
  });
});

describe('a decided turn that waits for room', () => {
  /** Its first turn fills `out`, its second one waits. */
  const filling = (unread: boolean) =>
    tableHandler(
      (value, { tables: { counts }, outputs }) => {
        counts.set('last', value);
        outputs.out.send(value);
      },
      { unread, outCapacity: 1 },
    );

  test('keeps what it has written until there is room, and nobody sees it before', async () => {
    const w = filling(true);
    await give(w, 1, 2);
    expect(w.counts()).toEqual([['first', 1], ['last', 1]]); // prettier-ignore
    const reader = w.out[Symbol.asyncIterator]();
    expect(await reader.next()).toEqual({ value: 1, done: false });
    await w.sim.settle();
    expect(w.counts()).toEqual([['first', 1], ['last', 2]]); // prettier-ignore
  });

  test('loses it when it is killed', async () => {
    const w = filling(true);
    await give(w, 1, 2);
    w.kill();
    await w.sim.settle();
    expect(w.counts()).toEqual([['first', 1], ['last', 1]]); // prettier-ignore
    expect(actorOf(w.graph, 'actor').phase).toBe('committing'); // once more
  });

  test('can no longer be changed by its leftovers', async () => {
    let leftover: TableHandler | undefined;
    const w = tableHandler(
      async (value, ctx) => {
        await Promise.resolve();
        leftover = ctx;
        ctx.tables.counts.set('last', value);
        ctx.outputs.out.send(value);
      },
      { unread: true, outCapacity: 1 },
    );
    await give(w, 1, 2);
    expect(() => leftover?.tables.counts.set('last', 1_000)).toThrow(
      expect.objectContaining({ code: 'ERR_FENCED' }) as Error,
    );
    expect((await w.out[Symbol.asyncIterator]().next()).value).toBe(1);
    await w.sim.settle();
    expect(w.counts()).toEqual([['first', 1], ['last', 2]]); // prettier-ignore
  });

  test('commits it in a group with others, each actor its own', async () => {
    const w = world();
    const rings = ['a', 'b', 'c'].map((name) => w.graph.channel<number>(name, { capacity: 1 }));
    let turns = 0;
    const passes = defineActor({
      inputs: { in: input<number>() },
      outputs: { out: output<number>() },
      tables: { passed: table<number, number>() },
      on: {
        in(value, { tables: { passed }, outputs }) {
          turns += 1;
          passed.set(passed.size, value);
          if (turns < 300) outputs.out.send(value);
        },
      },
    });
    const names = rings.map((channel, at) => {
      w.graph.actor(`actor ${at}`, passes, { in: channel, out: rings[(at + 1) % 3] as typeof channel });
      channel.trySend(at);
      return `actor ${at}`;
    });
    w.graph.start();
    await w.sim.settle();
    const counted = names.map((name) => actorOf(w.graph, name)).map(({ turns, tableSizes }) => [turns, tableSizes]);
    expect(counted).toEqual(counted.map(([count]) => [count, { passed: count }]));
    expect(turns).toBeGreaterThanOrEqual(300);
  });
});

describe('an iteration', () => {
  test('goes on over what the turn writes meanwhile, as over a Map', async () => {
    const seen: unknown[] = [];
    const look = (counts: Pick<Map<string, number>, 'set' | 'delete' | 'entries'>): unknown[] => {
      const entries: unknown[] = [];
      for (const [key, value] of counts.entries()) {
        entries.push([key, value]);
        if (key === 'first' && value === 1) {
          counts.set('second', 2);
          counts.set('third', 3);
        }
        if (key === 'second') {
          counts.delete('third');
          counts.delete('first');
          counts.set('first', 4);
        }
      }
      return entries;
    };
    const w = tableHandler((_value, { tables: { counts } }) => {
      seen.push(look(counts as unknown as Map<string, number>)); // `set` of a table returns nothing
    });
    await give(w, 1);
    expect(seen).toEqual([look(new Map([['first', 1]]))]);
    expect(seen).toEqual([[['first', 1], ['second', 2], ['first', 4]]]); // prettier-ignore
  });

  test.each(['keys', 'values', 'entries'] as const)(
    'belongs to its turn: %s of an earlier one throws',
    async (what) => {
      const errors: unknown[] = [];
      const attempt = (act: () => unknown): void => {
        try {
          act();
        } catch (error) {
          errors.push(isHoldfastError(error) ? error.code : error);
        }
      };
      const w = tableLoop(async ({ tables: { counts }, inputs, running, next }) => {
        let iterator: Iterator<unknown> | undefined;
        let unused: Iterator<unknown> | undefined;
        while (running()) {
          await next(inputs.go.avail());
          if (inputs.go.take() === undefined) continue;
          if (iterator === undefined) {
            iterator = counts[what]();
            unused = counts[what]();
            iterator.next();
          } else {
            attempt(() => iterator?.next());
            attempt(() => unused?.next());
          }
        }
      });
      await give(w, 1, 2);
      expect(errors).toEqual(['ERR_FENCED', 'ERR_FENCED']);
      expect(letters(w)).toEqual([]);
      await stopCleanly(w);
    },
  );
});

describe('a leftover', () => {
  const acts: readonly (readonly [string, (ctx: TableHandler) => unknown])[] = [
    ['get', ({ tables }) => tables.counts.get('first')],
    ['has', ({ tables }) => tables.counts.has('first')],
    ['set', ({ tables }) => tables.counts.set('first', 1_000)],
    ['delete', ({ tables }) => tables.counts.delete('first')],
    ['clear', ({ tables }) => tables.counts.clear()],
    ['size', ({ tables }) => tables.counts.size],
    ['iterate', ({ tables }) => [...tables.counts]],
  ];

  test.each(acts)('of a turn that has ended throws ERR_FENCED at %s and reaches nothing', async (verb, act) => {
    let leftover: TableHandler | undefined;
    const w = tableHandler(async (value, ctx) => {
      leftover ??= ctx;
      if (value === 1) throw new Error('boom');
      await ctx.effect('wait', () => new Promise<void>(() => undefined)); // a turn is open while the leftover acts
    }, { actor: ONCE }); // prettier-ignore
    await give(w, 1, 2);
    expect(() => act(leftover as TableHandler)).toThrow(
      expect.objectContaining({ code: 'ERR_FENCED', details: { actor: 'actor', verb: `table.${verb}` } }) as Error,
    );
    await w.sim.settle();
    expect(w.counts()).toEqual([['first', 1]]);
  });

  test.each(acts)('throws ERR_NO_TURN at %s while the loop waits between two turns', async (_verb, act) => {
    let leftover: TableHandler | undefined;
    const w = tableLoop(async (ctx) => {
      leftover = ctx as unknown as TableHandler; // the same tables
      await ctx.next(ctx.inputs.go.avail());
    });
    await give(w);
    expect(() => act(leftover as TableHandler)).toThrow(expect.objectContaining({ code: 'ERR_NO_TURN' }) as Error);
    expect(w.counts()).toEqual([['first', 1]]);
  });

  test('that iterates throws when its turn ends under it', async () => {
    let iterator: Iterator<unknown> | undefined;
    const w = tableHandler(async (_value, { tables: { counts } }) => {
      await Promise.resolve();
      iterator = counts.entries();
    });
    await give(w, 1);
    expect(() => iterator?.next()).toThrow(expect.objectContaining({ code: 'ERR_FENCED' }) as Error);
  });
});

describe('what a table does not take', () => {
  class Money {}
  const mistakes: readonly (readonly [string, string, (ctx: TableHandler) => unknown])[] = [
    ['a key that is an object', 'ERR_INVALID_OPTION', ({ tables }) => tables.counts.set({} as never, 1)],
    ['a key that is undefined', 'ERR_INVALID_OPTION', ({ tables }) => tables.counts.get(undefined as never)],
    ['a key that is null', 'ERR_INVALID_OPTION', ({ tables }) => tables.counts.has(null as never)],
    ['a key that is a symbol', 'ERR_INVALID_OPTION', ({ tables }) => tables.counts.delete(Symbol('s') as never)],
    ['an instance of a class', 'ERR_STATE_UNSUPPORTED', ({ tables }) => tables.lists.set(1, new Money() as never)],
    ['a function', 'ERR_STATE_UNSUPPORTED', ({ tables }) => tables.lists.set(1, (() => 1) as never)],
    [
      'an entry too many',
      'ERR_TABLE_FULL',
      ({ tables }) => ['a', 'b', 'c', 'd'].forEach((key) => tables.counts.set(key, 1)),
    ],
  ];

  test.each(mistakes)('%s keeps the turn from committing, though it was caught', async (_, code, act) => {
    const caught: unknown[] = [];
    const w = tableHandler((value, ctx) => {
      ctx.tables.counts.set('a', value);
      if (value > 1) return;
      try {
        act(ctx);
      } catch (error) {
        caught.push(error);
      }
    }, { actor: ONCE }); // prettier-ignore
    await give(w, 1);
    expect(caught).toMatchObject([{ code }]);
    expect(letters(w)).toEqual([[1, 'showstopper', 'ERR_TURN_POISONED']]);
    expect(w.counts()).toEqual([['first', 1]]);
    await give(w, 2);
    expect(w.counts()).toEqual([['first', 1], ['a', 2]]); // prettier-ignore
  });

  test('an edit of a value that was set, where checks are on', async () => {
    const w = tableHandler((value, { tables: { lists } }) => {
      const list = lists.get(1) as number[] | undefined;
      if (list === undefined) lists.set(1, [value]);
      else list.push(value);
    }, { actor: ONCE }); // prettier-ignore
    await give(w, 1, 2);
    expect(letters(w)).toMatchObject([[2, 'showstopper', expect.stringContaining('not extensible') as string]]);
    expect(actorOf(w.graph, 'actor').tables).toMatchObject({ lists: [[1, [1]]] });
  });
});

describe('tables', () => {
  test('survive restarts: what was committed is there', async () => {
    const w = tableHandler((value, { tables: { counts }, state, regeneration }) => {
      counts.set('sum', (counts.get('sum') ?? 0) + value);
      state.n += value;
      if (regeneration === value) throw new Error('boom');
    });
    for (let value = 0; value < 4; value += 1) {
      await give(w, value);
      w.kill();
      await w.sim.advance(10_000);
    }
    expect(actorOf(w.graph, 'actor')).toMatchObject({ state: { n: 6 }, tables: { counts: [['first', 1], ['sum', 6]] } }); // prettier-ignore
    expect(actorOf(w.graph, 'actor').restarts).toBeGreaterThanOrEqual(4);
  });

  test('in a snapshot share nothing with those of the actor', async () => {
    const w = tableHandler((value, { tables: { lists } }) => {
      lists.set(value, [...(lists.get(value - 1) ?? []), value]);
    }, { checks: false }); // prettier-ignore
    await give(w, 1);
    const { tables } = actorOf(w.graph, 'actor');
    (tables?.['lists']?.[0]?.[1] as number[]).push(1_000);
    await give(w, 2);
    expect(actorOf(w.graph, 'actor').tables?.['lists']).toEqual([[1, [1]], [2, [1, 2]]]); // prettier-ignore
  });

  test('are left out of a snapshot on request, but for their sizes', async () => {
    const w = tableHandler(() => undefined);
    await w.sim.settle();
    expect(w.graph.snapshot({ tables: false }).actors).toMatchObject([{ tables: {}, tableSizes: { counts: 1 } }]);
    expect(() => w.graph.snapshot({ tables: 1 as never })).toThrow('tables must be true or false');
    expect(() => w.graph.snapshot({ table: false } as never)).toThrow('unknown option "table"');
  });

  test('of actors that have had nothing to do are not there yet', () => {
    const w = world();
    const definition = defineActor({
      inputs: { in: input<number>({ capacity: 1 }) },
      state: () => ({ n: 0 }),
      tables: { counts: table<string, number>() },
      on: { in: () => undefined },
    });
    for (const name of ['a', 'b']) w.graph.actor(name, definition, {});
    w.graph.start();
    expect(actorOf(w.graph, 'a')).toMatchObject({ state: { n: 0 }, tables: { counts: [] } });
    expect(actorOf(w.graph, 'b')).toMatchObject({
      phase: 'asleep',
      state: undefined,
      tables: undefined,
      tableSizes: {},
    });
  });

  test('are none for an actor that declares none', async () => {
    const w = world();
    const go = w.graph.channel<number>('go', { capacity: 1 });
    const seen: unknown[] = [];
    const definition = defineActor({
      inputs: { go: input<number>() },
      on: { go: (_, ctx) => void seen.push(ctx.tables) },
    });
    w.graph.actor('actor', definition, { go });
    w.graph.start();
    await go.send(1);
    await w.sim.settle();
    expect(seen).toEqual([{}]);
    expect(actorOf(w.graph, 'actor')).toMatchObject({ state: {}, tables: {}, tableSizes: {} });
  });

  test('begin with what initial gives for the arguments; what it throws fails the start', () => {
    const place = (initial: (count: number) => Iterable<readonly [string, number]>) => {
      const w = world();
      const definition = defineActor({
        args: args<number>(),
        tables: { counts: table<string, number, number>({ initial, entriesMax: 3 }) },
        source: () => 'done',
      });
      w.graph.actor('actor', definition, {}, { args: 2 });
      return w;
    };
    const w = place((count) => [['a', count]]);
    w.graph.start();
    expect(actorOf(w.graph, 'actor').tables).toEqual({ counts: [['a', 2]] });
    const failures: readonly (readonly [() => unknown, string])[] = [
      [() => { throw new Error('no disk'); }, 'no disk'], // prettier-ignore
      [() => 5, 'entries of table "counts" must be an iterable of pairs'],
      [() => 'ab', 'entries of table "counts" must be an iterable of pairs'],
      [() => [['a']], 'entry of table "counts" must be a pair'],
      [() => [[{}, 1]], 'key of table "counts" must be a string'],
      [() => ['a', 'b', 'c', 'd'].map((key) => [key, 1]), 'holds 3 entries at the most'],
      [() => [['a', Symbol]], 'tables.counts is a function'],
    ];
    for (const [initial, message] of failures) {
      const failing = place(initial as never);
      expect(() => failing.graph.start()).toThrow(message);
      expect(failing.graph.status).toBe('building');
    }
  });

  test('are declared by table() and nothing else', () => {
    expect(() => defineActor({ tables: { counts: new Map() as never }, source: () => 'done' })).toThrow(
      'make it with table()',
    );
    expect(() => table({ entriesMax: 0 })).toThrow('entriesMax must be an integer from 1 to 8388608');
    expect(() => table({ entriesMax: 8_388_609 })).toThrow('entriesMax must be');
    expect(table({ entriesMax: 8_388_608 }).entriesMax).toBe(8_388_608);
    expect(() => table({ initial: [] as never })).toThrow('initial must be a function');
    expect(() => table({ max: 1 } as never)).toThrow('unknown option "max"');
  });
});
