import { type Lane, type LaneKind } from './scenario.ts';
import { type MessageRun, messageLane } from './throughput.ts';

/** Producers in the scenario with many of them. */
export const PRODUCERS = 100;

/** What the one channel, queue or mailbox between them and the consumer may hold. */
export const SHARED_CAPACITY = 1_024;

/** Messages that a producer makes before it lets the others have a go, where the lane has to decide that itself. */
export const AT_A_TIME = 64;

/** A lane in which nothing is added on the way. */
export function fanInLane(name: string, kind: LaneKind, load: () => Promise<MessageRun>): Lane {
  return messageLane({ name, kind, hops: 0, load });
}
