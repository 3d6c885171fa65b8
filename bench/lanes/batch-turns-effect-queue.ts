import { Effect, Queue } from 'effect';
import { addUp, BATCH, BATCH_CAPACITY, batchAt, raised } from '../batch-turns.ts';
import { type Pass, timed } from '../throughput.ts';

/** Three fibers joined by two bounded queues, one `takeBetween` and one `offerAll` for each batch. */
export function run(messages: number): Promise<Pass> {
  const pipeline = Effect.gen(function* () {
    const first = yield* Queue.bounded<number>(BATCH_CAPACITY);
    const second = yield* Queue.bounded<number>(BATCH_CAPACITY);
    const totals = { count: 0, sum: 0 };

    const source = Effect.gen(function* () {
      for (let sent = 0; sent < messages; sent += BATCH) yield* Queue.offerAll(first, batchAt(sent, messages));
    });
    const middle = Effect.gen(function* () {
      for (let moved = 0; moved < messages;) {
        const batch = yield* Queue.takeBetween(first, 1, BATCH);
        yield* Queue.offerAll(second, raised(batch));
        moved += batch.length;
      }
    });
    const sink = Effect.gen(function* () {
      while (totals.count < messages) addUp(totals, yield* Queue.takeBetween(second, 1, BATCH));
    });

    yield* Effect.all([source, middle, sink], { concurrency: 'unbounded', discard: true });
    return totals;
  });
  return timed(() => Effect.runPromise(pipeline));
}
