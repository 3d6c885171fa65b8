import { erlangNumbers } from '../erlang.ts';
import { roundTripsOf } from '../round-trips.ts';
import type { Effort, Figures } from '../scenario.ts';

/** `gen_server:call` with a timeout, by one process or by a thousand; Erlang warms up and holds the clock itself. */
export async function measure(effort: Effort, mode: 'one' | 'many'): Promise<Figures> {
  const args = [mode, effort.warmUpMs, effort.measureMs];
  const [calls = 0, count = 0, sum = 0, ms = 0] = await erlangNumbers('calls', args);
  return roundTripsOf({ count, sum, ms }, calls);
}
