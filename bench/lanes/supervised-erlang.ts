import { erlangNumbers } from '../erlang.ts';
import type { Effort, Figures } from '../scenario.ts';
import { CHILD_BYTES, CRASHED, STARTED, STOPPED } from '../supervised-children.ts';

/** A `gen_server` template under a `simple_one_for_one` supervisor; Erlang warms up and holds the clock itself. */
export async function measure(effort: Effort): Promise<Figures> {
  const children = Math.ceil(100_000 * effort.scale);
  const [startMs = 0, bytes = 0, crashMs = 0, stopMs = 0] = await erlangNumbers('supervised', [children]);
  return {
    [STARTED]: children / startMs,
    [CHILD_BYTES]: bytes / children,
    [CRASHED]: (crashMs * 1_000) / Math.ceil(children / 100),
    [STOPPED]: children / stopMs,
  };
}
