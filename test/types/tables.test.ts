import type { Graph } from 'holdfast';
import { args, defineActor, input, table, type Table } from 'holdfast';
import { expect, expectTypeOf, test } from 'vitest';

// What must not compile is marked with @ts-expect-error: the type check of the whole tree fails if one of them compiles.

interface Total {
  readonly count: number;
  readonly sum: number;
}

interface Limits {
  readonly cities: readonly string[];
}

const adder = defineActor({
  inputs: { readings: input<readonly [string, number]>() },
  state: () => ({ readings: 0 }),
  tables: { totals: table<string, Total>(), seen: table<number, true>() },
  on: {
    readings([city, value], { tables, state }) {
      expectTypeOf(tables.totals).toEqualTypeOf<Table<string, Total>>();
      expectTypeOf(tables.totals.get(city)).toEqualTypeOf<Total | undefined>();
      expectTypeOf([...tables.seen]).toEqualTypeOf<[number, true][]>();
      const { count, sum } = tables.totals.get(city) ?? { count: 0, sum: 0 };
      tables.totals.set(city, { count: count + 1, sum: sum + value });
      state.readings += 1;
      // @ts-expect-error the keys are strings
      tables.totals.get(1);
      // @ts-expect-error the sum is missing
      tables.totals.set(city, { count: 1 });
      // @ts-expect-error no such table
      tables.total.clear();
      // @ts-expect-error replaced, not edited: the type that was declared is readonly
      tables.totals.get(city)!.count += 1;
    },
  },
  onDrained({ tables }) {
    expectTypeOf(tables.totals.size).toEqualTypeOf<number>();
  },
});

test('all three styles are given the tables of their definition', () => {
  const tables = { totals: table<string, number>() };
  defineActor({
    tables,
    async run({ tables: { totals }, commit }) {
      expectTypeOf(totals).toEqualTypeOf<Table<string, number>>();
      await commit();
    },
  });
  defineActor({
    tables,
    source({ tables: { totals } }) {
      expectTypeOf(totals).toEqualTypeOf<Table<string, number>>();
      return 'done';
    },
  });
  defineActor({
    run(ctx) {
      // @ts-expect-error none are declared
      expectTypeOf(ctx.tables.totals);
    },
  });
});

test('a table is keyed by what a Map compares by value', () => {
  table<string | number | bigint | boolean, unknown>();
  // @ts-expect-error two dates of one moment are two keys
  table<Date, number>();
  expect(() =>
    // @ts-expect-error a number is no table
    defineActor({ tables: { totals: 1 }, source: () => 'done' }),
  ).toThrow('make it with table()');
});

test('initial gets the arguments of the definition and gives entries of the table', () => {
  defineActor({
    args: args<Limits>(),
    tables: {
      totals: table<string, number, Limits>({ initial: ({ cities }) => cities.map((city) => [city, 0]) }),
      plain: table<string, number>({ initial: () => [['a', 1]] }),
      map: table<string, number>({ initial: () => new Map([['a', 1]]) }),
    },
    source: () => 'done',
  });
  // @ts-expect-error the values are numbers
  table<string, number>({ initial: () => [['a', 'b']] });
  // @ts-expect-error the definition's arguments are a number
  defineActor({
    args: args<number>(),
    tables: {
      totals: table<string, number, Limits>({ initial: ({ cities }) => cities.map((city) => [city, 0]) }),
    },
    source: () => 'done',
  });
});

test('restore takes the state and all the tables of the definition, or a snapshot', () => {
  const place = (graph: Graph): void => {
    const readings = graph.channel<readonly [string, number]>('readings', { capacity: 1 });
    const totals = new Map([['Oslo', { count: 1, sum: 4 }]]);
    graph.actor('a', adder, { readings }, { restore: { state: { readings: 1 }, tables: { totals, seen: [] } } });
    graph.actor('b', adder, { readings }, { restore: { tables: { totals: [...totals], seen: [[1, true]] } } });
    graph.actor('c', adder, { readings }, { restore: graph.snapshot().actors.find(({ name }) => name === 'c') });
    // @ts-expect-error the state has no such key
    graph.actor('d', adder, { readings }, { restore: { state: { reading: 1 } } });
    // @ts-expect-error a table is missing
    graph.actor('e', adder, { readings }, { restore: { tables: { totals } } });
    // @ts-expect-error the keys are numbers
    graph.actor('f', adder, { readings }, { restore: { tables: { totals, seen: [['one', true]] } } });
  };
  expectTypeOf(place).toBeFunction();
});
