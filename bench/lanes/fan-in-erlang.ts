import { erlangNumbers } from '../erlang.ts';
import type { Effort, Figures } from '../scenario.ts';
import { throughputOf } from '../throughput.ts';

/** Processes with credit-based flow control; Erlang warms up and holds the clock itself. */
export async function measure(effort: Effort): Promise<Figures> {
  const [messages = 0, count = 0, sum = 0, ms = 0] = await erlangNumbers('fan_in', [effort.warmUpMs, effort.measureMs]);
  return throughputOf({ count, sum, ms }, messages, 0);
}
