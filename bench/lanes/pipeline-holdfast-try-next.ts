import { defineActor, input, output } from '../../src/index.ts';
import { productionPipeline, runToEnd } from '../production-graph.ts';
import { messageAt, type Pass, timed } from '../throughput.ts';

/** The same loops as with `next`, which they await only when `tryNext` has nothing for them: as fast as loops go. */
export async function run(messages: number): Promise<Pass> {
  let count = 0;
  let sum = 0;

  const source = defineActor({
    outputs: { numbers: output<number>() },
    async run({ outputs: { numbers }, tryNext, next }) {
      const ready = numbers.vacant();
      for (let sent = 0; sent < messages; sent += 1) {
        if (tryNext(ready) === undefined) await next(ready);
        numbers.send(messageAt(sent));
      }
    },
  });
  const middle = defineActor({
    inputs: { numbers: input<number>() },
    outputs: { raised: output<number>() },
    async run({ inputs: { numbers }, outputs: { raised }, running, tryNext, next, all }) {
      const ready = all(numbers.avail(), raised.vacant());
      while (running()) {
        if (tryNext(ready) === undefined) await next(ready);
        const message = numbers.take();
        if (message !== undefined) raised.send(message + 1);
      }
    },
  });
  const sink = defineActor({
    inputs: { raised: input<number>() },
    async run({ inputs: { raised }, running, tryNext, next }) {
      const ready = raised.avail();
      while (running()) {
        if (tryNext(ready) === undefined) await next(ready);
        const message = raised.take();
        if (message === undefined) continue;
        sum += message;
        count += 1;
      }
    },
  });

  const graph = productionPipeline(source, middle, sink);

  return timed(async () => {
    await runToEnd(graph);
    return { count, sum };
  });
}
