import { dispatch, type Ref, spawnStateless, start, stop } from 'nact';
import { creditFor } from '../credits.ts';
import { CAPACITY, messageAt, type Pass, timed } from '../throughput.ts';

const CREDIT = creditFor(CAPACITY);

/** Three actors. Their mailboxes have no bound: the sink grants the source what it may send. */
export function run(messages: number): Promise<Pass> {
  return timed(async () => {
    const system = start();
    let sent = 0;
    let count = 0;
    let sum = 0;

    await new Promise<void>((resolve) => {
      const sink = spawnStateless(system, (message: number) => {
        sum += message;
        count += 1;
        if (count % CREDIT.grant === 0) dispatch(source, CREDIT.grant);
        if (count === messages) resolve();
      });
      const middle = spawnStateless(system, (message: number) => {
        dispatch(sink, message + 1);
      });
      const source: Ref<number> = spawnStateless(system, (credit: number) => {
        for (let left = credit; left > 0 && sent < messages; left -= 1) {
          sent += 1;
          dispatch(middle, messageAt(sent - 1));
        }
      });
      dispatch(source, CREDIT.initial);
    });

    stop(system);
    return { count, sum };
  });
}
