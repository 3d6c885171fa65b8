import type { Lane, LaneKind } from './scenario.ts';
import { type MessageRun, messageAt, messageLane } from './throughput.ts';

/** The most messages in a turn, and how many the source makes at once. */
export const BATCH = 64;

/** What each of the two channels, queues or buffers may hold: sixteen batches. */
export const BATCH_CAPACITY: number = 16 * BATCH;

/** The messages from the one at `sent` on, as many as make a batch or are left. */
export function batchAt(sent: number, messages: number): number[] {
  const length = Math.min(BATCH, messages - sent);
  const batch = new Array<number>(length);
  for (let place = 0; place < length; place += 1) batch[place] = messageAt(sent + place);
  return batch;
}

/** What the middle stage makes of a batch. */
export function raised(batch: readonly number[]): number[] {
  return batch.map((message) => message + 1);
}

/** What the sink does with a batch. */
export function addUp(totals: { count: number; sum: number }, batch: readonly number[]): void {
  let sum = 0;
  for (const message of batch) sum += message;
  totals.sum += sum;
  totals.count += batch.length;
}

/** A lane in which the middle stage adds one. */
export function batchLane(name: string, kind: LaneKind, load: () => Promise<MessageRun>): Lane {
  return messageLane({ name, kind, hops: 1, load });
}
