import { defineActor, input, output } from '../../src/index.ts';
import { addUp, BATCH, BATCH_CAPACITY, batchAt, raised } from '../batch-turns.ts';
import { productionPipeline, runToEnd } from '../production-graph.ts';
import { type Pass, timed } from '../throughput.ts';

/** A source and two handlers, up to 64 messages a turn. Start and stop of the graph are inside the time. */
export async function run(messages: number): Promise<Pass> {
  let sent = 0;
  const totals = { count: 0, sum: 0 };

  const source = defineActor({
    outputs: { numbers: output<number>() },
    source({ outputs }) {
      outputs.numbers.sendMany(batchAt(sent, messages));
      sent += BATCH;
      return sent < messages ? 'more' : 'done';
    },
  });
  const middle = defineActor({
    inputs: { numbers: input<number>({ batch: { size: BATCH } }) },
    outputs: { raised: output<number>() },
    on: {
      numbers(batch, { outputs }) {
        outputs.raised.sendMany(raised(batch));
      },
    },
  });
  const sink = defineActor({
    inputs: { raised: input<number>({ batch: { size: BATCH } }) },
    on: {
      raised(batch) {
        addUp(totals, batch);
      },
    },
  });

  const graph = productionPipeline(source, middle, sink, BATCH_CAPACITY);

  return timed(async () => {
    await runToEnd(graph);
    return totals;
  });
}
