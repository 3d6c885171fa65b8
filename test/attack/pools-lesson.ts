/**
 * A lesson of worker pools: jobs go through a pool, which becomes smaller and larger meanwhile, to a ledger. Wherever a crash comes,
 * of the pool, of a worker or of anybody else, each job is done and written down once; by key, those of one key in order.
 */
import { defineActor, type Graph, input, output, type PoolRouting } from 'holdfast';
import type { Style } from './lessons.ts';

const JOBS = 12;
const KEYS = 4;
/** After so many jobs the pool gets so many workers. */
const SIZES: Readonly<Record<number, number>> = { 2: 1, 5: 4, 8: 2 };

export interface Written {
  done: number[];
}

/** What is wrong with what the ledger has at the end. */
export function poolFaults(style: Style, { done }: Written): string[] {
  const faults: string[] = [];
  const all = Array.from({ length: JOBS }, (_, job) => job);
  const found = done.toSorted((a, b) => a - b).join();
  if (found !== all.join()) faults.push(`expected ${all.join()}, found ${found}`);
  if (!isByKey(style)) return faults;
  for (let key = 0; key < KEYS; key += 1) {
    const own = done.filter((job) => job % KEYS === key);
    if (own.some((job, place) => place > 0 && job < (own[place - 1] ?? 0))) {
      faults.push(`key ${key}: out of order: ${own.join()}`);
    }
  }
  return faults;
}

function isByKey(style: Style): boolean {
  return style === 'next' || style === 'async';
}

function routingOf(style: Style): PoolRouting<number> {
  if (isByKey(style)) return { byKey: (job) => job % KEYS };
  return style === 'handler' ? 'roundRobin' : 'leastLoaded';
}

/** The styles tell how the pool chooses, and whose turns are asynchronous. */
export function buildPool(graph: Graph, style: Style, capacity: number, userCode: (actor: string) => void): void {
  const worker = defineActor({
    inputs: { mailbox: input<number>({ capacity }) },
    outputs: { results: output<number>() },
    on: {
      async mailbox(job, { name, outputs, effect }) {
        userCode(name);
        if (style === 'async' || style === 'tryNext') await effect('work', () => undefined);
        outputs.results.send(job);
        userCode(name);
      },
    },
  });
  const front = defineActor({
    inputs: { jobs: input<number>() },
    outputs: { pool: output<number>() },
    on: {
      jobs(job, { outputs }) {
        userCode('front');
        outputs.pool.send(job);
        userCode('front');
      },
    },
  });
  const ledger = defineActor({
    inputs: { mailbox: input<number>({ capacity: 2 }) },
    outputs: { progress: output<number>() },
    state: (): Written => ({ done: [] }),
    on: {
      mailbox(job, { state, outputs, requestShutdown }) {
        userCode('ledger');
        state.done.push(job);
        outputs.progress.send(state.done.length);
        if (state.done.length === JOBS) requestShutdown();
        userCode('ledger');
      },
    },
  });
  const jobs = graph.channel<number>('jobs', { capacity });
  const progress = graph.channel<number>('progress', { capacity });
  graph.feed('source', [...Array(JOBS).keys()], jobs);
  const results = graph.spawn('ledger', ledger, { progress });
  const options = { size: 3, capacity: 2, routing: routingOf(style), maxRestarts: 1_000 };
  const pool = graph.pool('pool', worker, options, { results });
  graph.actor('front', front, { jobs, pool });
  graph.sink('progress', progress, (count) => {
    const size = SIZES[count];
    // Refused where the graph stops before it is done.
    if (size !== undefined) pool.resize(size).catch(() => undefined);
  });
}
