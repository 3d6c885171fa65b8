import type { Effort, Figures } from './scenario.ts';

/** The metrics of the scenario of supervised children. */
export const STARTED = 'k started/s';
export const CHILD_BYTES = 'bytes each';
export const CRASHED = 'us per crash';
export const STOPPED = 'k stopped/s';

const CHILDREN = 100_000;
/** One in so many crashes. */
export const CRASH_EVERY = 100;
const WARM_UP_CHILDREN = 5_000;

/** Children of one supervisor, made of one template. */
export interface Family {
  /** Starts so many children, one after the other, and resolves when all of them run. */
  readonly start: (count: number) => Promise<void>;
  /** Has every {@link CRASH_EVERY}th child crash, and resolves when each of them has handled a message in its next incarnation. */
  readonly crash: () => Promise<void>;
  /** Stops all of them, and resolves when none runs any more. */
  readonly stop: () => Promise<void>;
  /** How many run. */
  readonly running: () => number;
}

/** Starts 100,000 children, weighs them, crashes one in a hundred, and stops them all. */
export async function measureChildren(make: () => Family | Promise<Family>, effort: Effort): Promise<Figures> {
  const startMs = performance.now();
  do await pass(await make(), WARM_UP_CHILDREN, () => 0);
  while (performance.now() - startMs < effort.warmUpMs);
  return pass(await make(), Math.ceil(CHILDREN * effort.scale), bytesInUse);
}

async function pass(family: Family, count: number, bytes: () => number): Promise<Figures> {
  const before = bytes();
  const startMs = await timed(() => family.start(count));
  const weight = bytes() - before;
  if (family.running() !== count) throw new Error(`${family.running()} children run, not ${count}`);
  const crashMs = await timed(() => family.crash());
  if (family.running() !== count) throw new Error(`${family.running()} children run after the crashes, not ${count}`);
  const stopMs = await timed(() => family.stop());
  return {
    [STARTED]: count / startMs,
    [CHILD_BYTES]: weight / count,
    [CRASHED]: (crashMs * 1_000) / Math.ceil(count / CRASH_EVERY),
    [STOPPED]: count / stopMs,
  };
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}

function bytesInUse(): number {
  if (globalThis.gc === undefined) throw new Error('the heap can only be weighed with --expose-gc');
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
