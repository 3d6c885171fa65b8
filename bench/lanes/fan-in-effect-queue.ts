import { Effect, Queue } from 'effect';
import { PRODUCERS, SHARED_CAPACITY } from '../fan-in.ts';
import { messageAt, type Pass, timed } from '../throughput.ts';

type Numbers = Queue.Queue<number>;
type Receive = (queue: Numbers) => Effect.Effect<readonly number[]>;

/** Fibers that offer one message after the other; the consumer takes one at a time. */
export function runTake(messages: number): Promise<Pass> {
  return run(messages, (queue) => Effect.map(Queue.take(queue), (message) => [message]));
}

/** The same; the consumer takes whatever is there. */
export function runTakeAll(messages: number): Promise<Pass> {
  return run(messages, Queue.takeAll);
}

function run(messages: number, receive: Receive): Promise<Pass> {
  const fanIn = Effect.gen(function* () {
    const queue = yield* Queue.bounded<number>(SHARED_CAPACITY);
    let sent = 0;
    let count = 0;
    let sum = 0;

    const producer = Effect.gen(function* () {
      while (sent < messages) {
        sent += 1;
        yield* Queue.offer(queue, messageAt(sent - 1));
      }
    });
    const consumer = Effect.gen(function* () {
      while (count < messages) {
        for (const message of yield* receive(queue)) {
          sum += message;
          count += 1;
        }
      }
    });

    const producers = Array.from({ length: PRODUCERS }, () => producer);
    yield* Effect.all([...producers, consumer], { concurrency: 'unbounded', discard: true });
    return { count, sum };
  });
  return timed(() => Effect.runPromise(fanIn));
}
