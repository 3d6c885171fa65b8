import { type ActorRef, args, defineActor, Graph, input, output, type PoolRef, type PoolWorker } from 'holdfast';
import { expectTypeOf, test } from 'vitest';

// What must not compile is marked with @ts-expect-error: the type check of the whole tree fails if one of them compiles.

interface Job {
  readonly id: number;
  readonly customer: string;
}
const plain = defineActor({ inputs: { mailbox: input<Job>({ capacity: 4 }) }, on: { mailbox() {} } });
const wired = defineActor({
  inputs: { mailbox: input<Job>({ capacity: 4 }) },
  outputs: { results: output<number>() },
  args: args<{ readonly limit: number }>(),
  on: { mailbox() {} },
});
const deaf = defineActor({ inputs: { jobs: input<Job>({ capacity: 4 }) }, on: { jobs() {} } });
const sum = defineActor({ inputs: { mailbox: input<number>({ capacity: 4 }) }, on: { mailbox() {} } });
const names = defineActor({ inputs: { mailbox: input<string>({ capacity: 4 }) }, on: { mailbox() {} } });
const needy = defineActor({ inputs: { mailbox: input<Job>() }, on: { mailbox() {} } });

test('a pool is the ref of what its workers take', () => {
  const graph = new Graph({ name: 'types', logLevel: 'silent' });
  const pool = graph.pool('pool', plain, { size: 2 });
  expectTypeOf(pool).toEqualTypeOf<PoolRef<Job>>();
  expectTypeOf(pool).toExtend<ActorRef<Job>>();
  expectTypeOf(pool.workers()).toEqualTypeOf<readonly PoolWorker[]>();
  const results = graph.spawn('sum', sum);
  graph.pool('wired', wired, { size: 1 }, { results }, { args: { limit: 1 }, showstopperAfter: 1 });
  graph.supervisor('s', {}, (builder) => {
    expectTypeOf(builder.pool('pool', plain, { size: 1 })).toEqualTypeOf<PoolRef<Job>>();
  });
  const front = defineActor({
    inputs: { mailbox: input<Job>({ capacity: 1 }) },
    outputs: { pool: output<Job>() },
    on: { mailbox: (job, { outputs }) => outputs.pool.send(job) },
  });
  graph.spawn('front', front, { pool });
  const never = (): void => {
    // @ts-expect-error no job
    void pool.cast('job');
    // @ts-expect-error a size is a number
    void pool.resize('2');
    // @ts-expect-error its output is not wired
    graph.pool('p', wired, { size: 1 }, {}, { args: { limit: 1 } });
    // @ts-expect-error wired to one that takes strings
    graph.pool('p', wired, { size: 1 }, { results: graph.spawn('names', names) }, { args: { limit: 1 } });
    // @ts-expect-error its arguments are missing
    graph.pool('p', wired, { size: 1 }, { results });
    // @ts-expect-error workers need a mailbox
    graph.pool('p', deaf, { size: 1 });
    // @ts-expect-error whose mailbox is their own
    graph.pool('p', needy, { size: 1 });
    // @ts-expect-error no size
    graph.pool('p', plain, {});
  };
  expectTypeOf(never).toBeFunction();
});

test('routing functions get the messages of the workers', () => {
  const graph = new Graph({ name: 'types', logLevel: 'silent' });
  graph.pool('key', plain, { size: 2, routing: { byKey: ({ customer }) => customer } });
  graph.pool('custom', plain, { size: 2, routing: { custom: ({ id }, workers) => id % workers.length } });
  const never = (): void => {
    // @ts-expect-error jobs have no name
    graph.pool('p', plain, { size: 1, routing: { byKey: ({ name }) => name } });
    // @ts-expect-error an object is no key
    graph.pool('p', plain, { size: 1, routing: { byKey: (job) => job } });
    // @ts-expect-error the number of a worker
    graph.pool('p', plain, { size: 1, routing: { custom: () => 'first' } });
    // @ts-expect-error there is no such routing
    graph.pool('p', plain, { size: 1, routing: 'random' });
  };
  expectTypeOf(never).toBeFunction();
});
