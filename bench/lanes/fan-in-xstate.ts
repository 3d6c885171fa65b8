import { createActor, fromTransition } from 'xstate';
import { creditFor } from '../credits.ts';
import { PRODUCERS, SHARED_CAPACITY } from '../fan-in.ts';
import { messageAt, type Pass, timed } from '../throughput.ts';

const CREDIT = creditFor(SHARED_CAPACITY / PRODUCERS);

type Granted = { readonly type: 'credit'; readonly credit: number };
type Producer = { send(event: Granted): void };
/** Every so many messages one says whom to grant more to. */
type Numbers = { readonly type: 'number'; readonly value: number; readonly grantTo: Producer | undefined };

/** Actors made of transition functions that send to one consumer, with credit. */
export function run(messages: number): Promise<Pass> {
  return timed(async () => {
    let sent = 0;
    let count = 0;
    let sum = 0;

    await new Promise<void>((resolve) => {
      const consumer = createActor(
        fromTransition((_state: undefined, { value, grantTo }: Numbers) => {
          sum += value;
          count += 1;
          grantTo?.send({ type: 'credit', credit: CREDIT.grant });
          if (count === messages) resolve();
          return undefined;
        }, undefined),
      ).start();
      const producers: Producer[] = Array.from({ length: PRODUCERS }, () => {
        const producer: Producer = createActor(
          fromTransition((made: number, { credit }: Granted): number => {
            let total = made;
            for (let left = credit; left > 0 && sent < messages; left -= 1) {
              total += 1;
              sent += 1;
              const grantTo = total % CREDIT.grant === 0 ? producer : undefined;
              consumer.send({ type: 'number', value: messageAt(sent - 1), grantTo });
            }
            return total;
          }, 0),
        ).start();
        return producer;
      });
      for (const producer of producers) producer.send({ type: 'credit', credit: CREDIT.initial });
    });

    return { count, sum };
  });
}
