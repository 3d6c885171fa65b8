import { Effect, Queue } from 'effect';
import { CAPACITY, messageAt, type Pass, timed } from '../throughput.ts';

/** Three fibers joined by two bounded queues, one `take` and one `offer` for each message. */
export function run(messages: number): Promise<Pass> {
  const pipeline = Effect.gen(function* () {
    const first = yield* Queue.bounded<number>(CAPACITY);
    const second = yield* Queue.bounded<number>(CAPACITY);
    let count = 0;
    let sum = 0;

    const source = Effect.gen(function* () {
      for (let sent = 0; sent < messages; sent += 1) yield* Queue.offer(first, messageAt(sent));
    });
    const middle = Effect.gen(function* () {
      for (let moved = 0; moved < messages; moved += 1) yield* Queue.offer(second, (yield* Queue.take(first)) + 1);
    });
    const sink = Effect.gen(function* () {
      while (count < messages) {
        sum += yield* Queue.take(second);
        count += 1;
      }
    });

    yield* Effect.all([source, middle, sink], { concurrency: 'unbounded', discard: true });
    return { count, sum };
  });
  return timed(() => Effect.runPromise(pipeline));
}
