import { createActor, fromTransition } from 'xstate';
import { creditFor } from '../credits.ts';
import { CAPACITY, messageAt, type Pass, timed } from '../throughput.ts';

const CREDIT = creditFor(CAPACITY);

type Granted = { readonly type: 'credit'; readonly credit: number };
type Numbers = { readonly type: 'number'; readonly value: number };

/**
 * Three actors made of transition functions, the quickest kind there is. Their mailboxes have no bound: the sink grants the
 * source what it may send.
 */
export function run(messages: number): Promise<Pass> {
  return timed(async () => {
    let sent = 0;
    let count = 0;
    let sum = 0;

    await new Promise<void>((resolve) => {
      const sink = createActor(
        fromTransition((_state: undefined, { value }: Numbers) => {
          sum += value;
          count += 1;
          if (count % CREDIT.grant === 0) source.send({ type: 'credit', credit: CREDIT.grant });
          if (count === messages) resolve();
          return undefined;
        }, undefined),
      ).start();
      const middle = createActor(
        fromTransition((_state: undefined, { value }: Numbers) => {
          sink.send({ type: 'number', value: value + 1 });
          return undefined;
        }, undefined),
      ).start();
      const source: { send(event: Granted): void } = createActor(
        fromTransition((_state: undefined, { credit }: Granted) => {
          for (let left = credit; left > 0 && sent < messages; left -= 1) {
            sent += 1;
            middle.send({ type: 'number', value: messageAt(sent - 1) });
          }
          return undefined;
        }, undefined),
      ).start();
      source.send({ type: 'credit', credit: CREDIT.initial });
    });

    return { count, sum };
  });
}
