import { erlangNumbers } from '../erlang.ts';
import { BYTES_EACH, CREATED } from '../idle-population.ts';
import type { Effort, Figures } from '../scenario.ts';

const PROCESSES = 200_000;
const MESSAGE = 7;

/** Plain processes that wait in `receive`, or hibernate there: one garbage collection each, to the smallest heap. */
export async function measure(effort: Effort, waiting: 'spawn' | 'hibernate'): Promise<Figures> {
  const processes = Math.ceil(PROCESSES * effort.scale);
  const [bytes = 0, ms = 0, sum = 0] = await erlangNumbers('idle', [processes, waiting, MESSAGE]);
  const expected = (processes * (processes - 1)) / 2 + processes * MESSAGE;
  if (sum !== expected) throw new Error(`the processes answered with sum ${sum}, not ${expected}`);
  return { [BYTES_EACH]: bytes / processes, [CREATED]: processes / ms };
}
