import type { Effort, Figures, Lane, LaneKind } from './scenario.ts';

/** The metric of every scenario that counts messages. */
export const THROUGHPUT = 'M messages/s';

/** The capacity of every channel, queue and buffer in the message scenarios. */
export const CAPACITY = 64;

/** What came out of the far end of one run, and how long it took. */
export interface Pass {
  readonly count: number;
  readonly sum: number;
  readonly ms: number;
}

/** Moves `messages` messages, `messageAt(0)` first, and says what arrived. */
export type MessageRun = (messages: number) => Promise<Pass>;

/** The message at `index`: small integers, which every engine keeps unboxed. */
export function messageAt(index: number): number {
  return index & 1023;
}

/** What the messages add up to at the far end, after `hops` stages that each added one. */
export function expectedSum(messages: number, hops: number): number {
  const rest = messages % 1024;
  return Math.floor(messages / 1024) * ((1023 * 1024) / 2) + (rest * (rest - 1)) / 2 + messages * hops;
}

/** Turns a pass into the figure, once it is certain that everything arrived. */
export function throughputOf(pass: Pass, messages: number, hops: number): Figures {
  const sum = expectedSum(messages, hops);
  if (pass.count !== messages || pass.sum !== sum) {
    throw new Error(`${pass.count} messages arrived with sum ${pass.sum}, sent were ${messages} with sum ${sum}`);
  }
  return { [THROUGHPUT]: pass.count / pass.ms / 1_000 };
}

/** Runs `work`, which says what arrived, and adds the time it took. */
export async function timed(work: () => Promise<Omit<Pass, 'ms'>>): Promise<Pass> {
  const startMs = performance.now();
  const arrived = await work();
  return { ...arrived, ms: performance.now() - startMs };
}

// A lane that starts slowly would spend all of its warm-up in the interpreter if time alone counted: effect runs its
// first passes at a tenth of its speed. The greatest number only ends a warm-up that no clock would end.
const WARM_UP_PASSES_MIN = 10;
const WARM_UP_PASSES_MAX = 100;

/** Warms `run` up with passes of growing length, then measures one pass of about `effort.measureMs`. */
export async function measureThroughput(run: MessageRun, effort: Effort, hops: number): Promise<Figures> {
  let messages = 4_096;
  let warmedMs = 0;
  let perMs = 0;
  for (let passes = 0; passes < WARM_UP_PASSES_MAX; passes += 1) {
    if (passes >= WARM_UP_PASSES_MIN && warmedMs >= effort.warmUpMs) break;
    const pass = await run(messages);
    throughputOf(pass, messages, hops);
    warmedMs += pass.ms;
    perMs = pass.count / pass.ms;
    if (pass.ms < effort.warmUpMs / 10) messages *= 2;
  }
  messages = Math.ceil(perMs * effort.measureMs);
  globalThis.gc?.(); // The garbage of the warm-up is not this pass's to pay for.
  return throughputOf(await run(messages), messages, hops);
}

/** A lane that moves messages inside this process. */
export function messageLane(lane: {
  readonly name: string;
  readonly kind: LaneKind;
  readonly hops: number;
  readonly load: () => Promise<MessageRun>;
}): Lane {
  return {
    name: lane.name,
    kind: lane.kind,
    measure: async (effort) => measureThroughput(await lane.load(), effort, lane.hops),
  };
}
