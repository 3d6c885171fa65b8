import { defineActor, input, output } from '../../src/index.ts';
import { PRODUCERS, SHARED_CAPACITY } from '../fan-in.ts';
import { productionGraph, runToEnd } from '../production-graph.ts';
import { messageAt, type Pass, timed } from '../throughput.ts';

/**
 * Sources of one definition and a handler, one message a turn. Start and stop of the graph are inside the time, building it
 * is not.
 *
 * The totals are local variables, as in the floor and the rivals; the scenario `state` shows what it costs to keep them.
 */
export async function run(messages: number): Promise<Pass> {
  let sent = 0;
  let count = 0;
  let sum = 0;

  const producer = defineActor({
    outputs: { numbers: output<number>() },
    source({ outputs }) {
      if (sent === messages) return 'done';
      outputs.numbers.send(messageAt(sent));
      sent += 1;
      return 'more';
    },
  });
  const consumer = defineActor({
    inputs: { numbers: input<number>() },
    on: {
      numbers(message) {
        sum += message;
        count += 1;
      },
    },
  });

  const graph = productionGraph();
  const numbers = graph.channel<number>('numbers', { capacity: SHARED_CAPACITY });
  for (let index = 0; index < PRODUCERS; index += 1) graph.actor(`producer ${index}`, producer, { numbers });
  graph.actor('consumer', consumer, { numbers });

  return timed(async () => {
    await runToEnd(graph);
    return { count, sum };
  });
}
