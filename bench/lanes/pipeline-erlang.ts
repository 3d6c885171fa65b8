import { erlangNumbers } from '../erlang.ts';
import type { Effort, Figures } from '../scenario.ts';
import { throughputOf } from '../throughput.ts';

/** Three processes with credit-based flow control; Erlang warms up and holds the clock itself. */
export async function measure(effort: Effort, hops: number): Promise<Figures> {
  const [messages = 0, count = 0, sum = 0, ms = 0] = await erlangNumbers('credits', [
    effort.warmUpMs,
    effort.measureMs,
  ]);
  return throughputOf({ count, sum, ms }, messages, hops);
}
