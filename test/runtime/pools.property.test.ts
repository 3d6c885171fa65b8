/** Random jobs, crashes, kills and resizes of pools with tiny mailboxes: each job is done once, or a dead letter, in the order of its key. */
import { defineActor, input, output, type PoolRouting } from 'holdfast';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { collect, stopCleanly, world } from './world.ts';

interface Job {
  readonly id: number;
  readonly key: number;
  readonly ms: number;
  /** Attempts that fail: 9 is all of them. */
  readonly fails: number;
}

type Action =
  | { readonly kind: 'cast'; readonly key: number; readonly ms: number; readonly fails: number }
  | { readonly kind: 'advance'; readonly ms: number }
  | { readonly kind: 'resize'; readonly size: number }
  | { readonly kind: 'kill' | 'stop' }
  | { readonly kind: 'killWorker' | 'stopWorker' | 'drainWorker'; readonly number: number };

const SCHEDULES = ['fair', 'random', 'unfair', 'adversarial'] as const;

const number = fc.integer({ min: 0, max: 5 });
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('cast' as const),
      key: fc.integer({ min: 0, max: 7 }),
      ms: fc.integer({ min: 0, max: 20 }),
      fails: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, fc.constant(1), fc.constant(9)),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('advance' as const), ms: fc.integer({ min: 0, max: 30 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('resize' as const), size: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('kill' as const, 'stop' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('killWorker' as const, 'stopWorker' as const, 'drainWorker' as const),
      number,
    }),
  },
);

const ROUTINGS: Readonly<Record<string, PoolRouting<Job>>> = {
  roundRobin: 'roundRobin',
  leastLoaded: 'leastLoaded',
  byKey: { byKey: ({ key }) => key },
  custom: { custom: ({ id }, workers) => id % workers.length },
};

const plan = fc.record({
  actions: fc.array(action, { minLength: 1, maxLength: 60 }),
  size: fc.integer({ min: 1, max: 5 }),
  room: fc.integer({ min: 1, max: 3 }),
  capacity: fc.integer({ min: 1, max: 4 }),
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  schedule: fc.constantFrom(...SCHEDULES),
  restart: fc.constantFrom('permanent' as const, 'transient' as const, 'temporary' as const),
  ends: fc.constantFrom('stop' as const, 'drain' as const),
});

async function run(routing: PoolRouting<Job>, planned: typeof plan extends fc.Arbitrary<infer P> ? P : never) {
  const { actions, size, room, capacity, seed, schedule, restart, ends } = planned;
  const limits = { maxRestarts: Infinity, retryBackoff: { minMs: 5, maxMs: 10 } };
  const w = world({ logLevel: 'silent', actorDefaults: limits, shutdownTimeoutMs: 1_000_000 }, { seed, schedule });
  const results = w.graph.channel<Job>('results', { capacity: 2 });
  const arrived = collect(w.graph, results);
  const worker = defineActor({
    inputs: { mailbox: input<Job>({ capacity: room }) },
    outputs: { results: output<Job>() },
    on: {
      async mailbox(job, { attempt, effect, outputs }) {
        if (job.ms > 0) await effect('job', () => w.sim.clock.sleep(job.ms));
        if (attempt <= job.fails) throw new Error('failed');
        outputs.results.send(job);
      },
    },
  });
  const options = { size, capacity, routing, maxRestarts: 1_000_000 };
  const pool = w.graph.pool('pool', worker, options, { results }, { restart, showstopperAfter: 2 });
  w.graph.start();
  await w.sim.settle(); // whoever is killed in the first start has the graph fail
  const sent: Job[] = [];
  const casts: Promise<unknown>[] = [];
  let last = size;
  for (const each of actions) {
    const worker = 'number' in each ? w.graph.whereIs(`pool/${each.number}`) : undefined;
    switch (each.kind) {
      case 'cast': {
        const job = { id: sent.length, key: each.key, ms: each.ms, fails: each.fails };
        sent.push(job);
        casts.push(pool.cast(job));
        break;
      }
      case 'advance':
        await w.sim.advance(each.ms);
        break;
      case 'resize':
        casts.push(pool.resize(each.size));
        last = each.size;
        break;
      case 'kill':
        pool.kill();
        break;
      case 'stop':
        void pool.stop();
        break;
      case 'killWorker':
        worker?.kill();
        break;
      case 'stopWorker':
        void worker?.stop();
        break;
      case 'drainWorker':
        void worker?.drain();
    }
  }
  await w.sim.runUntil(Promise.all(casts));
  expect(pool.size).toBe(last);
  const senders = w.graph.snapshot().channels.find(({ name }) => name === 'results')?.producers;
  expect(senders).toEqual(expect.arrayContaining(['pool', ...pool.workers().map(({ name }) => name)]));
  if (ends === 'drain') await w.sim.runUntil(pool.drain());
  await stopCleanly(w);
  return { arrived, sent, letters: w.graph.deadLetters.list() };
}

describe.each(Object.entries(ROUTINGS))('%s', (name, routing) => {
  test('each job is done once, or a dead letter', async () => {
    await fc.assert(
      fc.asyncProperty(plan, async (planned) => {
        const { arrived, sent, letters } = await run(routing, planned);
        const dead = letters.map(({ payload }) => (payload as Job).id);
        const done = arrived.map(({ id }) => id);
        expect([...done, ...dead].sort((a, b) => a - b)).toEqual(sent.map(({ id }) => id));
        // Nobody is left behind by a resize or a crash: only what fails each time is given up.
        expect(new Set(letters.map(({ reason }) => reason)).size).toBeLessThanOrEqual(1);
        for (const id of dead) expect(sent[id]?.fails).toBe(9);
        if (name !== 'byKey') return;
        for (let key = 0; key <= 7; key += 1) {
          const own = arrived.filter((job) => job.key === key).map(({ id }) => id);
          expect(own).toEqual([...own].sort((a, b) => a - b));
        }
      }),
      { numRuns: 150 },
    );
  });
});
