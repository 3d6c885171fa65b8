import { dispatch, type Ref, spawn, spawnStateless, start, stop } from 'nact';
import { creditFor } from '../credits.ts';
import { PRODUCERS, SHARED_CAPACITY } from '../fan-in.ts';
import { messageAt, type Pass, timed } from '../throughput.ts';

/** Every so many messages one says whom to grant more to. */
type Numbers = { readonly value: number; readonly grantTo: Ref<number> | undefined };

export const runOne = (messages: number): Promise<Pass> => run(messages, 1);

export const runMany = (messages: number): Promise<Pass> => run(messages, PRODUCERS);

/** Actors that dispatch to one other, with credit. */
function run(messages: number, senders: number): Promise<Pass> {
  const credit = creditFor(SHARED_CAPACITY / senders);
  return timed(async () => {
    const system = start();
    let sent = 0;
    let count = 0;
    let sum = 0;

    await new Promise<void>((resolve) => {
      const receiver = spawnStateless(system, ({ value, grantTo }: Numbers) => {
        sum += value;
        count += 1;
        if (grantTo !== undefined) dispatch(grantTo, credit.grant);
        if (count === messages) resolve();
      });
      for (let index = 0; index < senders; index += 1) {
        const sender: Ref<number> = spawn(system, (made: number = 0, granted: number) => {
          let total = made;
          for (let left = granted; left > 0 && sent < messages; left -= 1) {
            total += 1;
            sent += 1;
            const grantTo = total % credit.grant === 0 ? sender : undefined;
            dispatch(receiver, { value: messageAt(sent - 1), grantTo });
          }
          return total;
        });
        dispatch(sender, credit.initial);
      }
    });

    stop(system);
    return { count, sum };
  });
}
