/** Worker pools: who gets which message, what a resize keeps, and what becomes of both when something fails. */
import {
  type ActorOptions,
  type ActorRef,
  defineActor,
  input,
  output,
  type PoolOptions,
  type PoolRef,
  type ReplyPort,
} from 'holdfast';
import { describe, expect, test } from 'vitest';
import { actorOf, stopCleanly, watch, type World, world } from './world.ts';

interface Job {
  readonly id: number;
  readonly key?: string;
  readonly ms?: number;
  /** Throws in its first attempts. */
  readonly fails?: number;
  /** Ends the worker, by its own wish. */
  readonly exits?: boolean;
  readonly reply?: ReplyPort<string>;
}

interface PoolWorld extends World {
  readonly pool: PoolRef<Job>;
  /** `worker:id` of each job, when it has been done. */
  readonly done: string[];
}

interface Asked extends Partial<PoolOptions<Job>> {
  /** Of the mailbox of each worker. */
  readonly room?: number;
  readonly worker?: ActorOptions;
}

/** Starts a pool whose jobs take as long as they say. */
async function pooled({ room = 2, worker = {}, ...options }: Asked = {}): Promise<PoolWorld> {
  const w = world({ logLevel: 'silent' });
  const done: string[] = [];
  const definition = defineActor({
    inputs: { mailbox: input<Job>({ capacity: room }) },
    state: () => ({ jobs: 0 }),
    on: {
      async mailbox(job, { name, attempt, effect, exit, reply, state }) {
        if (job.ms !== undefined) await effect('job', () => w.sim.clock.sleep(job.ms as number));
        if (attempt <= (job.fails ?? 0)) throw new Error(`job ${job.id} failed`);
        if (job.exits === true) exit();
        if (job.reply !== undefined) reply(job.reply, name);
        state.jobs += 1;
        done.push(`${name.split('/')[1] ?? ''}:${job.id}`);
      },
    },
  });
  const pool = w.graph.pool('pool', definition, { size: 3, ...options }, {}, worker);
  w.graph.start();
  await w.sim.settle();
  return { ...w, pool, done };
}

const letters = ({ graph }: World): unknown[] =>
  graph.deadLetters.list().map(({ payload, reason, channel }) => `${(payload as Job).id} ${reason} ${channel}`);

const waiting = ({ pool }: PoolWorld): number[] => pool.workers().map((each) => each.waiting);

describe('routing', () => {
  test('round robin is the default: the next in turn that has room', async () => {
    const w = await pooled({ room: 1 });
    await w.pool.cast({ id: 0, ms: 100 });
    for (let id = 1; id <= 5; id += 1) {
      await w.pool.cast({ id });
      await w.sim.settle();
    }
    // The first one is full, and left out.
    expect(w.done).toEqual(['1:1', '2:2', '1:3', '2:4', '1:5']);
    await w.sim.advance(100);
    expect(w.done.slice(5)).toEqual(['0:0']);
    await stopCleanly(w);
  });

  test('least loaded: the fewest waiting and in hand; of several the first', async () => {
    const w = await pooled({ routing: 'leastLoaded', room: 4 });
    await w.pool.cast({ id: 0, ms: 100 });
    await w.pool.cast({ id: 1, ms: 100 });
    await w.pool.cast({ id: 2, ms: 50 });
    await w.sim.settle();
    expect(waiting(w)).toEqual([1, 1, 1]);
    await w.pool.cast({ id: 3, ms: 100 });
    await w.sim.settle();
    expect(waiting(w)).toEqual([2, 1, 1]);
    await w.sim.advance(50);
    for (const id of [4, 5]) await w.pool.cast({ id, ms: 10 });
    await w.sim.settle();
    expect(waiting(w)).toEqual([2, 2, 1]);
    await w.sim.advance(1_000);
    expect([...w.done].sort()).toEqual(['0:0', '0:3', '1:1', '1:5', '2:2', '2:4']);
    await stopCleanly(w);
  });

  test('by key: equal keys have the same worker, and are done in order, whatever fails', async () => {
    const w = await pooled({ routing: { byKey: ({ key }) => key as string }, room: 2 });
    const keys = ['a', 'b', 'c', 'd', 'e'];
    for (let id = 0; id < 40; id += 1) {
      await w.pool.cast({ id, key: keys[id % 5] as string, ms: (id * 7) % 11, fails: id % 9 === 0 ? 1 : 0 });
    }
    await w.sim.advance(10_000);
    for (const [offset] of keys.entries()) {
      const own = w.done.filter((entry) => Number(entry.split(':')[1]) % 5 === offset);
      expect(own.map((entry) => Number(entry.split(':')[1]))).toEqual(
        Array.from({ length: 8 }, (_, round) => round * 5 + offset),
      );
      expect(new Set(own.map((entry) => entry.split(':')[0])).size).toBe(1);
    }
    expect(new Set(w.done.map((entry) => entry.split(':')[0])).size).toBeGreaterThan(1);
    await stopCleanly(w);
  });

  test('custom: a function that sees the workers decides', async () => {
    const seen: unknown[] = [];
    const custom = ({ id }: Job, workers: readonly unknown[]): number => {
      seen.push(workers);
      return id % 2 === 0 ? 2 : 0;
    };
    const w = await pooled({ routing: { custom } });
    for (const id of [0, 1, 2]) await w.pool.cast({ id });
    await w.sim.settle();
    expect([...w.done].sort()).toEqual(['0:1', '2:0', '2:2']);
    expect(seen[0]).toEqual([0, 1, 2].map((each) => ({ name: `pool/${each}`, waiting: 0, isLeaving: false })));
    await stopCleanly(w);
  });

  test('a function that throws or answers nonsense costs that message, and nobody else', async () => {
    const answers: unknown[] = [3, -1, 0.5, '0', undefined, null];
    const custom = ({ id }: Job): number => {
      if (id === 0) throw new Error('no idea');
      const answer = id === 6 ? Promise.reject(new Error('later')) : answers[id - 1];
      return id > answers.length ? 1 : (answer as number);
    };
    const w = await pooled({ routing: { custom } });
    for (let id = 0; id <= answers.length + 1; id += 1) await w.pool.cast({ id });
    await w.sim.settle();
    expect(w.done).toEqual([`1:${answers.length + 1}`]);
    expect(letters(w)).toEqual([0, 1, 2, 3, 4, 5, 6].map((id) => `${id} rejected pool.mailbox`));
    const texts = w.graph.deadLetters.list().map(({ text }) => text);
    expect(texts[0]).toBe('routing of pool "pool" threw: Error: no idea');
    expect(texts[1]).toBe('routing of pool "pool" must answer the number of a worker, from 0 to 2, got 3 (number)');
    expect(actorOf(w.graph, 'pool').restarts).toBe(0);
    await stopCleanly(w);
  });

  test('a key that is none costs that message, and nobody else', async () => {
    const w = await pooled({ routing: { byKey: ({ id, key }) => (id === 0 ? Number.NaN : (key as string)) } });
    for (const id of [0, 1]) await w.pool.cast({ id });
    await w.pool.cast({ id: 2, key: 'k' });
    await w.sim.settle();
    expect(letters(w)).toEqual(['0 rejected pool.mailbox', '1 rejected pool.mailbox']);
    expect(w.graph.deadLetters.list()[0]?.text).toContain('byKey of pool "pool": a key must be a string');
    expect(w.done).toHaveLength(1);
    await stopCleanly(w);
  });

  test('only by key and custom wait for a certain worker: the pool is their queue', async () => {
    for (const [routing, others] of [
      ['roundRobin', 4],
      ['leastLoaded', 4],
      [{ custom: ({ id }: Job) => (id < 4 ? 0 : 1) }, 0],
    ] as const) {
      const w = await pooled({ routing, room: 1, size: 2, capacity: 3 });
      await w.pool.cast({ id: 0, ms: 100 });
      await w.sim.settle();
      const sent = [1, 2, 3, 4].map((id) => watch(w.pool.cast({ id })));
      await w.sim.settle();
      expect([w.done.length, w.pool.tryCast({ id: 9 }).ok]).toEqual([others, others > 0]);
      expect(sent.map(({ state }) => state)).toEqual([
        'resolved',
        'resolved',
        'resolved',
        others > 0 ? 'resolved' : 'pending',
      ]);
      await w.sim.advance(100);
      expect(sent.every(({ state }) => state === 'resolved')).toBe(true);
      await stopCleanly(w);
    }
  });
});

describe('as an actor', () => {
  test('it is called: the worker replies, and what keeps it from that the caller hears', async () => {
    const w = await pooled({ worker: { showstopperAfter: 1 } });
    const call = (job: Job) => watch(w.pool.call((reply) => ({ ...job, reply }), { timeoutMs: 1_000 }));
    const good = call({ id: 1 });
    const bad = call({ id: 2, fails: 9 });
    const silent = watch(w.pool.call((reply) => ({ id: 3, fails: 0, other: reply }) as never, { timeoutMs: 1_000 }));
    await w.sim.settle();
    expect(good).toMatchObject({ state: 'resolved', value: 'pool/0' });
    expect([bad.code, silent.code]).toEqual(['ERR_CALL_DEAD_LETTER', 'ERR_NO_REPLY']);
    const late = call({ id: 4, ms: 5_000 });
    await w.sim.advance(1_000);
    expect(late.code).toBe('ERR_CALL_TIMEOUT');
    const never = call({ id: 5, ms: 100 });
    await w.sim.settle();
    void w.graph.whereIs('pool')?.drain();
    expect(call({ id: 6 }).code ?? (await w.sim.settle())).toBeUndefined();
    const gone = call({ id: 7 });
    await w.sim.advance(10_000);
    expect([never.state, gone.code]).toEqual(['resolved', 'ERR_ACTOR_GONE']);
    await stopCleanly(w);
  });

  test('a call whose message cannot be routed rejects at once', async () => {
    const w = await pooled({ routing: { custom: () => 99 } });
    const outcome = watch(w.pool.call((reply) => ({ id: 1, reply }), { timeoutMs: 1_000 }));
    await w.sim.settle();
    expect(outcome.code).toBe('ERR_CALL_DEAD_LETTER');
    await stopCleanly(w);
  });

  test('it is wired to, sent to by ref, watched, found by name, and stands under supervisors', async () => {
    const w = world({ logLevel: 'silent' });
    const done: number[] = [];
    const worker = defineActor({
      inputs: { mailbox: input<number>({ capacity: 1 }) },
      outputs: { results: output<number>() },
      on: { mailbox: (number, { outputs }) => outputs.results.send(number * 2) },
    });
    const sum = defineActor({
      inputs: { mailbox: input<number>({ capacity: 1 }) },
      on: { mailbox: (number) => void done.push(number) },
    });
    const front = defineActor({
      inputs: { mailbox: input<number>({ capacity: 8 }) },
      outputs: { pool: output<number>() },
      state: () => ({ ref: null as ActorRef<number> | null }),
      on: {
        mailbox(number, { outputs, to, state }) {
          if (number > 2) outputs.pool.send(number);
          else if (state.ref !== null) to(state.ref).cast(number);
        },
      },
    });
    const { pool, entry } = w.graph.supervisor('desk', {}, (desk) => {
      const results = desk.spawn('sum', sum);
      const workers = desk.pool('pool', worker, { size: 2 }, { results });
      const restore = { state: { ref: workers } };
      return { pool: workers, entry: desk.spawn('front', front, { pool: workers }, { restore }) };
    });
    w.graph.start();
    for (const number of [1, 2, 3, 4]) await entry.cast(number);
    await w.sim.settle();
    expect([...done].sort()).toEqual([2, 4, 6, 8]);
    expect([pool.name, w.graph.whereIs('desk/pool'), w.graph.whereIs('desk/pool/1')?.name]).toEqual([
      'desk/pool',
      pool,
      'desk/pool/1',
    ]);
    const downs: unknown[] = [];
    pool.watch(({ exit }) => downs.push(exit));
    await pool.drain();
    await w.sim.settle();
    expect(downs).toEqual([{ kind: 'completed' }]);
    await stopCleanly(w);
  });

  test('it drains: what waits in it and its workers is worked off', async () => {
    const w = await pooled({ room: 1, size: 2 });
    for (let id = 0; id < 10; id += 1) await w.pool.cast({ id, ms: 10, fails: id === 3 ? 1 : 0 });
    const drained = watch(w.pool.drain());
    await w.sim.settle();
    await expect(w.pool.cast({ id: 99 })).rejects.toMatchObject({ code: 'ERR_CHANNEL_CLOSED' });
    await w.sim.advance(10_000);
    expect([drained.state, w.done.length, letters(w)]).toEqual(['resolved', 10, []]);
    expect([w.pool.workers(), w.graph.whereIs('pool/0')]).toEqual([[], undefined]);
    await w.sim.runUntil(w.graph.stopped());
    w.graph.checkConservation();
  });

  test('a stop of the graph works off what it has', async () => {
    const w = await pooled({ room: 1, size: 2 });
    for (let id = 0; id < 10; id += 1) await w.pool.cast({ id, ms: 10 });
    await stopCleanly(w);
    expect([w.done.length, letters(w)]).toEqual([10, []]);
    await expect(w.pool.resize(3)).rejects.toMatchObject({ code: 'ERR_ACTOR_GONE' });
  });

  test('its options are checked where it is placed', () => {
    const { graph } = world();
    const worker = defineActor({
      inputs: { mailbox: input<number>({ capacity: 1 }) },
      on: { mailbox: () => undefined },
    });
    const deaf = defineActor({ inputs: { other: input<number>({ capacity: 1 }) }, on: { other: () => undefined } });
    const place = (options: object, more: object = {}) => graph.pool('p', worker, options as never, {}, more);
    expect(() => place({})).toThrow('size of pool "p" must be an integer of 1 or more, got undefined');
    expect(() => place({ size: 0 })).toThrow('size of pool "p" must be an integer of 1 or more');
    expect(() => place({ size: 1, capacity: 0 })).toThrow('capacity of pool "p" must be an integer of 1 or more');
    expect(() => place({ size: 1, routing: 'random' })).toThrow('routing of pool "p" must be "roundRobin"');
    expect(() => place({ size: 1, routing: { byKey: 1 } })).toThrow('routing of pool "p"');
    expect(() => place({ size: 1, routing: { byKey: () => 1, custom: () => 1 } })).toThrow('routing of pool "p"');
    expect(() => place({ size: 1, maxRestarts: -1 })).toThrow('maxRestarts');
    expect(() => place({ size: 1, onEscalation: 'never' })).toThrow('onEscalation');
    expect(() => place({ size: 1, workers: 2 })).toThrow('unknown option "workers"');
    expect(() => place({ size: 1 }, { maxRetries: 2 })).toThrow('unknown option "maxRetries"');
    expect(() => graph.pool('p', deaf as never, { size: 1 })).toThrow('actor "p/0" has no mailbox');
    expect(() => graph.pool('p', worker, { size: 1 }, { mailbox: 1 } as never)).toThrow(
      'those of a worker of a pool are its own',
    );
    expect(graph.pool('p', worker, { size: 1 }).size).toBe(1);
    expect(() => place({ size: 1 })).toThrow('already');
  });
});

describe('resize', () => {
  test('up: the new workers take their share', async () => {
    const w = await pooled({ size: 1, room: 1 });
    for (let id = 0; id < 4; id += 1) await w.pool.cast({ id, ms: 100 });
    const resized = watch(w.pool.resize(3));
    expect(w.pool.size).toBe(1);
    await w.sim.settle();
    expect([resized.state, w.pool.size]).toEqual(['resolved', 3]);
    expect(waiting(w)).toEqual([1, 1, 1]);
    await w.sim.advance(200);
    expect(w.done).toHaveLength(4);
    await stopCleanly(w);
  });

  test('down: those that leave work off what they have, and nothing is lost', async () => {
    const w = await pooled({ size: 3, room: 2 });
    for (let id = 0; id < 6; id += 1) await w.pool.cast({ id, ms: 100 });
    await w.sim.settle();
    const resized = watch(w.pool.resize(1));
    await w.sim.settle();
    expect([resized.state, w.pool.size]).toEqual(['pending', 1]);
    expect(w.pool.workers()).toEqual([
      { name: 'pool/0', waiting: 2, isLeaving: false },
      { name: 'pool/1', waiting: 2, isLeaving: true },
      { name: 'pool/2', waiting: 2, isLeaving: true },
    ]);
    await w.pool.cast({ id: 6 });
    await w.sim.advance(200);
    expect([resized.state, w.done.length, letters(w)]).toEqual(['resolved', 7, []]);
    expect(w.done).toContain('0:6');
    expect(w.pool.workers()).toEqual([{ name: 'pool/0', waiting: 0, isLeaving: false }]);
    await stopCleanly(w);
  });

  test('to the same size, to none, and many at once, which are done in order', async () => {
    const w = await pooled({ size: 2 });
    for (let id = 0; id < 4; id += 1) await w.pool.cast({ id, ms: 50 });
    await w.sim.settle();
    const same = watch(w.pool.resize(2));
    for (const size of [0, -1, 1.5, Number.NaN])
      expect(() => w.pool.resize(size)).toThrow('size of pool "pool" must be');
    const order: number[] = [];
    const all = [4, 1, 4, 4, 2].map((size, place) => w.pool.resize(size).then(() => order.push(place)));
    await w.sim.settle();
    expect(same.state).toBe('resolved');
    await w.sim.advance(1_000);
    await Promise.all(all);
    expect([order, w.pool.size, w.done.length]).toEqual([[0, 1, 2, 3, 4], 2, 4]);
    expect(letters(w)).toEqual([]);
    await stopCleanly(w);
  });

  test('while workers crash', async () => {
    const w = await pooled({ size: 3, room: 3, worker: { retryBackoff: { minMs: 10, jitter: 0 } }, maxRestarts: 100 });
    for (let id = 0; id < 9; id += 1) await w.pool.cast({ id, ms: 10, fails: id % 3 });
    await w.sim.settle();
    const resized = watch(w.pool.resize(1));
    await w.sim.advance(1_000);
    expect([resized.state, [...w.done].length, letters(w)]).toEqual(['resolved', 9, []]);
    await stopCleanly(w);
  });

  test.each([
    [1, 4],
    [2, 5],
    [5, 2],
    [4, 1],
  ])('by key from %i to %i keeps the order of each key, also for those that move', async (from, to) => {
    const w = await pooled({ size: from, room: 3, routing: { byKey: ({ key }) => key as string } });
    const keys = Array.from({ length: 12 }, (_, number) => `key ${number}`);
    const where = new Map<string, Set<string>>();
    for (let id = 0; id < 36; id += 1) void w.pool.cast({ id, key: keys[id % 12] as string, ms: (id * 13) % 17 });
    await w.sim.advance(5);
    const resized = watch(w.pool.resize(to));
    for (let id = 36; id < 120; id += 1) void w.pool.cast({ id, key: keys[id % 12] as string, ms: (id * 13) % 17 });
    await w.sim.advance(100_000);
    expect([resized.state, w.done.length, letters(w)]).toEqual(['resolved', 120, []]);
    for (const [offset, key] of keys.entries()) {
      const own = w.done.filter((entry) => Number(entry.split(':')[1]) % 12 === offset);
      const ids = own.map((entry) => Number(entry.split(':')[1]));
      expect(ids).toEqual([...ids].sort((a, b) => a - b));
      where.set(key, new Set(own.map((entry) => entry.split(':')[0] as string)));
    }
    // Some have moved, and once at the most.
    expect(Math.max(...[...where.values()].map(({ size }) => size))).toBe(2);
    await stopCleanly(w);
  });

  test('is refused in a turn', async () => {
    const w = world({ logLevel: 'silent' });
    const codes: unknown[] = [];
    const worker = defineActor({
      inputs: { mailbox: input<number>({ capacity: 1 }) },
      on: { mailbox: () => undefined },
    });
    const pool = w.graph.pool('pool', worker, { size: 1 });
    const ref = w.graph.spawn(
      'asker',
      defineActor({
        inputs: { mailbox: input<number>({ capacity: 1 }) },
        on: {
          mailbox() {
            try {
              void pool.resize(2);
            } catch (error) {
              codes.push((error as { readonly code: string }).code);
            }
          },
        },
      }),
    );
    w.graph.start();
    await ref.cast(1);
    await w.sim.settle();
    expect(codes).toEqual(['ERR_OUTSIDE_API_IN_TURN']);
    await stopCleanly(w);
  });
});

describe('failures', () => {
  test('a worker that fails is restarted, its message is tried again, and the others go on', async () => {
    const w = await pooled({ size: 2 });
    await w.pool.cast({ id: 0, ms: 50, fails: 2 });
    await w.sim.settle();
    for (const id of [1, 2, 3]) await w.pool.cast({ id });
    await w.sim.advance(60);
    expect(w.done).toEqual(['1:1', '1:3']);
    await w.sim.advance(1_000);
    expect(w.done).toEqual(['1:1', '1:3', '0:0', '0:2']);
    expect(actorOf(w.graph, 'pool/0').state).toEqual({ jobs: 2 });
    await stopCleanly(w);
  });

  test('a pool that is killed comes back with its size, its workers, their messages and their states', async () => {
    const w = await pooled({ size: 1, room: 4 });
    await w.pool.resize(3);
    for (let id = 0; id < 9; id += 1) await w.pool.cast({ id, ms: 10 });
    await w.sim.advance(10);
    const refs = [0, 1, 2].map((number) => w.graph.whereIs(`pool/${number}`));
    w.pool.kill();
    await w.sim.settle();
    expect([w.pool.size, [0, 1, 2].map((number) => w.graph.whereIs(`pool/${number}`))]).toEqual([3, refs]);
    await w.sim.advance(1_000);
    expect([w.done.length, letters(w)]).toEqual([9, []]);
    expect([0, 1, 2].map((number) => actorOf(w.graph, `pool/${number}`).state)).toEqual([
      { jobs: 3 },
      { jobs: 3 },
      { jobs: 3 },
    ]);
    await stopCleanly(w);
  });

  test('a pool that is killed in the middle of a resize goes on with it', async () => {
    for (const routing of ['roundRobin', { byKey: ({ key }: Job) => key as string }] as const) {
      const w = await pooled({ size: 4, room: 4, routing });
      for (let id = 0; id < 16; id += 1) await w.pool.cast({ id, ms: 20, key: String(id % 7) });
      await w.sim.advance(10);
      const resized = watch(w.pool.resize(1));
      await w.sim.advance(5);
      w.pool.kill();
      await w.sim.settle();
      expect([w.pool.size, resized.state, resized.error]).toEqual([1, 'pending', undefined]);
      await w.sim.advance(2_000);
      expect([resized.state, w.done.length, letters(w)]).toEqual(['resolved', 16, []]);
      expect(w.pool.workers().map(({ name }) => name)).toEqual(['pool/0']);
      await stopCleanly(w);
    }
  });

  test.each(['transient', 'temporary'] as const)(
    'a %s worker that ends comes back all the same, with its messages',
    async (restart) => {
      const w = await pooled({ size: 1, room: 3, worker: { restart, showstopperAfter: 1 } });
      for (const job of [{ id: 0, exits: true }, { id: 1, fails: 9 }, { id: 2 }]) await w.pool.cast(job);
      await w.sim.settle();
      expect([w.done, letters(w)]).toEqual([['0:0', '0:2'], ['1 showstopper pool/0.mailbox']]);
      await stopCleanly(w);
    },
  );

  test('a worker that somebody drains is made anew', async () => {
    const w = await pooled({ size: 2, routing: { custom: () => 0 } });
    await w.pool.cast({ id: 0, ms: 10 });
    await w.sim.settle();
    void w.graph.whereIs('pool/0')?.drain();
    await w.pool.cast({ id: 1 });
    await w.sim.advance(10);
    expect([w.done, letters(w)]).toEqual([['0:0', '0:1'], []]);
    expect(w.pool.workers().map(({ name }) => name)).toEqual(['pool/0', 'pool/1']);
    await stopCleanly(w);
  });

  test('a worker that is made anew in the middle of a resize holds up nobody', async () => {
    const w = await pooled({ size: 1, room: 3, routing: { byKey: ({ key }) => key as string } });
    for (const [id, key] of ['a', 'b', 'c', 'd', 'e'].entries()) await w.pool.cast({ id, key, ms: 10 });
    await w.sim.settle();
    const resized = watch(w.pool.resize(4));
    await w.sim.settle();
    void w.graph.whereIs('pool/0')?.drain();
    await w.sim.advance(1_000);
    expect([resized.state, w.done.length, w.pool.workers().length, letters(w)]).toEqual(['resolved', 5, 4, []]);
    await stopCleanly(w);
  });

  test('without any worker that wants to run messages wait, and nothing spins', async () => {
    const w = world({ logLevel: 'silent' });
    const done: number[] = [];
    let starts = 0;
    const worker = defineActor({
      inputs: { mailbox: input<number>({ capacity: 1 }) },
      onStart: () => {
        starts += 1;
        return w.sim.clock.nowMs() < 5_500 ? 'ignore' : undefined;
      },
      on: { mailbox: (number) => void done.push(number) },
    });
    const pool = w.graph.pool('pool', worker, { size: 2 });
    w.graph.start();
    for (const number of [1, 2, 3]) await pool.cast(number);
    await w.sim.advance(5_000);
    expect([done, starts <= 14, pool.workers(), w.graph.deadLetters.list().length]).toEqual([[], true, [], 0]);
    await w.sim.advance(1_500);
    expect([...done].sort()).toEqual([1, 2, 3]);
    await stopCleanly(w);
  });

  test('more failures of workers than allowed fail the pool, and its supervisor decides', async () => {
    const w = world({ logLevel: 'silent' });
    const worker = defineActor({
      inputs: { mailbox: input<number>({ capacity: 4 }) },
      state: () => ({ seen: 0 }),
      on: {
        mailbox(number, { state }) {
          if (number < 0) throw new Error('negative');
          state.seen += 1;
        },
      },
    });
    const { pool } = w.graph.supervisor('s', { maxRestarts: 1 }, (builder) => ({
      pool: builder.pool('pool', worker, { size: 1, maxRestarts: 1 }, {}, { showstopperAfter: 1 }),
    }));
    w.graph.spawn('keeper', worker);
    w.graph.start();
    await pool.cast(1);
    for (const round of [1, 2]) {
      for (const number of [-1, -2]) await pool.cast(number);
      await w.sim.settle();
      const failures = w.events.filter(({ kind }) => kind === 'gaveUp');
      expect(failures.map((event) => (event as { readonly supervisor: string }).supervisor)).toEqual(
        round === 1 ? ['s/pool'] : ['s/pool', 's/pool', 's'],
      );
      if (round === 1) expect(actorOf(w.graph, 's/pool/0').state).toEqual({ seen: 1 });
    }
    await stopCleanly(w);
  });

  test('a worker whose schema refuses a message costs that message', async () => {
    const w = world({ logLevel: 'silent' });
    const done: number[] = [];
    const schema = {
      '~standard': {
        version: 1 as const,
        vendor: 'test',
        validate: (value: unknown) => {
          if (value === 13) throw new Error('a schema that throws');
          return typeof value === 'number' && value > 0 ? { value } : { issues: [{ message: 'no number above 0' }] };
        },
      },
    };
    const worker = defineActor({
      inputs: { mailbox: input<number, number>({ capacity: 1, schema }) },
      on: { mailbox: (number) => void done.push(number) },
    });
    const pool = w.graph.pool('pool', worker, { size: 2 });
    w.graph.start();
    for (const number of [1, 0, 13, 2]) await pool.cast(number);
    await w.sim.advance(1_000);
    expect([...done].sort()).toEqual([1, 2]);
    expect(w.graph.deadLetters.list().map(({ payload, reason }) => [payload, reason])).toEqual([
      [0, 'invalid'],
      [13, 'showstopper'],
    ]);
    await stopCleanly(w);
  });
});
