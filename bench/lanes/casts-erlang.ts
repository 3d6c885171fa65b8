import { erlangNumbers } from '../erlang.ts';
import type { Effort, Figures } from '../scenario.ts';
import { throughputOf } from '../throughput.ts';

/** `gen_server:cast` with credit-based flow control; Erlang warms up and holds the clock itself. */
export async function measure(effort: Effort, senders: number): Promise<Figures> {
  const args = [senders, effort.warmUpMs, effort.measureMs];
  const [casts = 0, count = 0, sum = 0, ms = 0] = await erlangNumbers('casts', args);
  return throughputOf({ count, sum, ms }, casts, 0);
}
