import { Deferred, Effect, Queue } from 'effect';
import { answerTo, IN_FLIGHT, MAILBOX_CAPACITY, TIMEOUT_MS } from '../round-trips.ts';
import { messageAt, type Pass, timed } from '../throughput.ts';

interface Request {
  readonly number: number;
  readonly reply: Deferred.Deferred<number>;
}

export const runOne = (messages: number): Promise<Pass> => run(messages, 1, false);

export const runOneTimed = (messages: number): Promise<Pass> => run(messages, 1, true);

export const runMany = (messages: number): Promise<Pass> => run(messages, IN_FLIGHT, false);

export const runManyTimed = (messages: number): Promise<Pass> => run(messages, IN_FLIGHT, true);

/** Fibers that offer a request with a deferred in it and await that; with or without a timeout. */
function run(messages: number, callers: number, isTimed: boolean): Promise<Pass> {
  const calls = Effect.gen(function* () {
    const requests = yield* Queue.bounded<Request>(MAILBOX_CAPACITY);
    let sent = 0;
    let count = 0;
    let sum = 0;

    const server = Effect.gen(function* () {
      for (let served = 0; served < messages; served += 1) {
        const { number, reply } = yield* Queue.take(requests);
        yield* Deferred.succeed(reply, answerTo(number));
      }
    });
    const caller = Effect.gen(function* () {
      while (sent < messages) {
        sent += 1;
        const number = messageAt(sent - 1);
        const reply = yield* Deferred.make<number>();
        yield* Queue.offer(requests, { number, reply });
        const answer = Deferred.await(reply);
        const waited = yield* isTimed ? Effect.timeout(answer, TIMEOUT_MS) : answer;
        sum += waited;
        count += 1;
      }
    });

    const all = [server, ...Array.from({ length: callers }, () => caller)];
    yield* Effect.all(all, { concurrency: 'unbounded', discard: true });
    return { count, sum };
  });
  return timed(() => Effect.runPromise(calls));
}
