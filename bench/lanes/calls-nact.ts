import { dispatch, query, type Ref, spawnStateless, start, stop } from 'nact';
import { answerTo, IN_FLIGHT, TIMEOUT_MS } from '../round-trips.ts';
import { messageAt, type Pass, timed } from '../throughput.ts';

interface Request {
  readonly number: number;
  readonly reply: Ref<number>;
}

export const runOne = (messages: number): Promise<Pass> => run(messages, 1);

export const runMany = (messages: number): Promise<Pass> => run(messages, IN_FLIGHT);

/**
 * `query` with its timeout, from outside.
 *
 * nact draws the ids of those who wait out of 2^32 at random: of some millions of queries, a thousand at a time, one shares its id
 * with another, and gets no answer. It asks again, and its pass takes 5 s longer.
 */
function run(messages: number, callers: number): Promise<Pass> {
  return timed(async () => {
    const system = start();
    const server = spawnStateless(system, ({ number, reply }: Request) => dispatch(reply, answerTo(number)));
    let sent = 0;
    let count = 0;
    let sum = 0;

    async function caller(): Promise<void> {
      while (sent < messages) {
        const number = messageAt(sent);
        sent += 1;
        const answer = await asked(number);
        sum += answer;
        count += 1;
      }
    }

    async function asked(number: number): Promise<number> {
      try {
        return await query(server, (reply: Ref<number>) => ({ number, reply }), TIMEOUT_MS);
      } catch {
        return asked(number);
      }
    }

    await Promise.all(Array.from({ length: callers }, caller));
    stop(system);
    return { count, sum };
  });
}
