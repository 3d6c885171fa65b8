import { Effect, Stream } from 'effect';
import { CAPACITY, messageAt, type Pass, timed } from '../throughput.ts';

/**
 * The pipeline as a user of streams writes it: a buffer between the stages makes each stage a fiber.
 *
 * A stream moves chunks. A buffer of 64 hands on whatever it holds, so a stage handles up to 64 messages in one step.
 */
export function run(messages: number): Promise<Pass> {
  const arrived = { count: 0, sum: 0 };
  const pipeline = Stream.range(0, messages - 1).pipe(
    Stream.map(messageAt),
    Stream.buffer({ capacity: CAPACITY }),
    Stream.map((message) => message + 1),
    Stream.buffer({ capacity: CAPACITY }),
    Stream.runFold(
      () => arrived,
      (total, message) => {
        total.count += 1;
        total.sum += message;
        return total;
      },
    ),
  );
  return timed(() => Effect.runPromise(pipeline));
}
