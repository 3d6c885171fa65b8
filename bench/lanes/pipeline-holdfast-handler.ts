import { defineActor, input, output } from '../../src/index.ts';
import { productionPipeline, runToEnd } from '../production-graph.ts';
import { messageAt, type Pass, timed } from '../throughput.ts';

/**
 * A source and two handlers, one message a turn. Start and stop of the graph are inside the time, building it is not.
 *
 * The totals are local variables, as in the floors and the rivals; the scenario `state` shows what it costs to keep them.
 */
export async function run(messages: number): Promise<Pass> {
  let sent = 0;
  let count = 0;
  let sum = 0;

  const source = defineActor({
    outputs: { numbers: output<number>() },
    source({ outputs }) {
      outputs.numbers.send(messageAt(sent));
      sent += 1;
      return sent < messages ? 'more' : 'done';
    },
  });
  const middle = defineActor({
    inputs: { numbers: input<number>() },
    outputs: { raised: output<number>() },
    on: {
      numbers(message, { outputs }) {
        outputs.raised.send(message + 1);
      },
    },
  });
  const sink = defineActor({
    inputs: { raised: input<number>() },
    on: {
      raised(message) {
        sum += message;
        count += 1;
      },
    },
  });

  const graph = productionPipeline(source, middle, sink);

  return timed(async () => {
    await runToEnd(graph);
    return { count, sum };
  });
}
