import { erlangNumbers } from '../erlang.ts';
import { roundTripsOf } from '../round-trips.ts';
import type { Effort, Figures } from '../scenario.ts';

/** Two plain processes, or two `gen_server`s by `cast`; Erlang warms up and holds the clock itself. */
export async function measure(effort: Effort, mode: 'processes' | 'servers'): Promise<Figures> {
  const args = [mode, effort.warmUpMs, effort.measureMs];
  const [trips = 0, count = 0, sum = 0, ms = 0] = await erlangNumbers('ping_pong', args);
  return roundTripsOf({ count, sum, ms }, trips);
}
