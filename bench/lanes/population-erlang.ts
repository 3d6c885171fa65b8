import { erlangNumbers } from '../erlang.ts';
import type { Effort, Figures } from '../scenario.ts';
import { throughputOf } from '../throughput.ts';

/** Processes that one process sends to; Erlang warms up and holds the clock itself. */
export async function measure(effort: Effort, actors: number): Promise<Figures> {
  const messages = Math.ceil(2_000_000 * effort.scale);
  const processes = actors < 100_000 ? actors : Math.ceil(actors * effort.scale);
  const [count = 0, sum = 0, ms = 0] = await erlangNumbers('population', [processes, messages, effort.warmUpMs]);
  return throughputOf({ count, sum, ms }, messages, 0);
}
