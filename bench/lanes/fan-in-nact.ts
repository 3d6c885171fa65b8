import { dispatch, type Ref, spawn, start, stop } from 'nact';
import { creditFor } from '../credits.ts';
import { PRODUCERS, SHARED_CAPACITY } from '../fan-in.ts';
import { messageAt, type Pass, timed } from '../throughput.ts';

const CREDIT = creditFor(SHARED_CAPACITY / PRODUCERS);

/** Every so many messages one says whom to grant more to. */
type Numbers = { readonly value: number; readonly grantTo: Ref<number> | undefined };

/** Actors that dispatch to one consumer, with credit. */
export function run(messages: number): Promise<Pass> {
  return timed(async () => {
    const system = start();
    let sent = 0;
    let count = 0;
    let sum = 0;

    await new Promise<void>((resolve) => {
      const consumer = spawn(system, (_state: undefined, { value, grantTo }: Numbers) => {
        sum += value;
        count += 1;
        if (grantTo !== undefined) dispatch(grantTo, CREDIT.grant);
        if (count === messages) resolve();
        return undefined;
      });
      for (let index = 0; index < PRODUCERS; index += 1) {
        const producer: Ref<number> = spawn(system, (made: number = 0, credit: number) => {
          let total = made;
          for (let left = credit; left > 0 && sent < messages; left -= 1) {
            total += 1;
            sent += 1;
            const grantTo = total % CREDIT.grant === 0 ? producer : undefined;
            dispatch(consumer, { value: messageAt(sent - 1), grantTo });
          }
          return total;
        });
        dispatch(producer, CREDIT.initial);
      }
    });

    stop(system);
    return { count, sum };
  });
}
