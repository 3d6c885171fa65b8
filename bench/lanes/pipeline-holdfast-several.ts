import { defineActor, input, output } from '../../src/index.ts';
import { productionPipeline, runToEnd } from '../production-graph.ts';
import { CAPACITY, messageAt, type Pass, timed } from '../throughput.ts';

// Half a channel: while one stage fills one half, the next one empties the other. An output does not say how much room
// it has, so a turn waits for room for this many and takes up to as many as are there.
const SEVERAL = CAPACITY / 2;

/** Three loops that move up to 32 messages a turn. Start and stop of the graph are inside the time. */
export async function run(messages: number): Promise<Pass> {
  let count = 0;
  let sum = 0;

  const source = defineActor({
    outputs: { numbers: output<number>() },
    async run({ outputs: { numbers }, tryNext, next }) {
      const ready = numbers.vacant(SEVERAL);
      for (let sent = 0; sent < messages;) {
        if (tryNext(ready) === undefined) await next(ready);
        const batch: number[] = [];
        while (batch.length < SEVERAL && sent < messages) {
          batch.push(messageAt(sent));
          sent += 1;
        }
        numbers.sendMany(batch);
      }
    },
  });
  const middle = defineActor({
    inputs: { numbers: input<number>() },
    outputs: { raised: output<number>() },
    async run({ inputs: { numbers }, outputs: { raised }, running, tryNext, next, all }) {
      const ready = all(numbers.avail(), raised.vacant(SEVERAL));
      while (running()) {
        if (tryNext(ready) === undefined) await next(ready);
        raised.sendMany(numbers.takeMany(SEVERAL).map((message) => message + 1));
      }
    },
  });
  const sink = defineActor({
    inputs: { raised: input<number>() },
    async run({ inputs: { raised }, running, tryNext, next }) {
      const ready = raised.avail();
      while (running()) {
        if (tryNext(ready) === undefined) await next(ready);
        for (const message of raised.takeMany(SEVERAL)) {
          sum += message;
          count += 1;
        }
      }
    },
  });

  const graph = productionPipeline(source, middle, sink);

  return timed(async () => {
    await runToEnd(graph);
    return { count, sum };
  });
}
