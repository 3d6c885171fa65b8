import { defineActor, input, output } from '../../src/index.ts';
import { addUp, BATCH, BATCH_CAPACITY, batchAt, raised as raise } from '../batch-turns.ts';
import { productionPipeline, runToEnd } from '../production-graph.ts';
import { type Pass, timed } from '../throughput.ts';

/** Three loops that move up to 64 messages a turn. Start and stop of the graph are inside the time. */
export async function run(messages: number): Promise<Pass> {
  const totals = { count: 0, sum: 0 };

  const source = defineActor({
    outputs: { numbers: output<number>() },
    async run({ outputs: { numbers }, tryNext, next }) {
      const ready = numbers.vacant(BATCH);
      for (let sent = 0; sent < messages; sent += BATCH) {
        if (tryNext(ready) === undefined) await next(ready);
        numbers.sendMany(batchAt(sent, messages));
      }
    },
  });
  const middle = defineActor({
    inputs: { numbers: input<number>() },
    outputs: { raised: output<number>() },
    async run({ inputs: { numbers }, outputs: { raised }, running, tryNext, next, all }) {
      const ready = all(numbers.avail(), raised.vacant(BATCH));
      while (running()) {
        if (tryNext(ready) === undefined) await next(ready);
        raised.sendMany(raise(numbers.takeMany(BATCH)));
      }
    },
  });
  const sink = defineActor({
    inputs: { raised: input<number>() },
    async run({ inputs: { raised }, running, tryNext, next }) {
      const ready = raised.avail();
      while (running()) {
        if (tryNext(ready) === undefined) await next(ready);
        addUp(totals, raised.takeMany(BATCH));
      }
    },
  });

  const graph = productionPipeline(source, middle, sink, BATCH_CAPACITY);

  return timed(async () => {
    await runToEnd(graph);
    return totals;
  });
}
