/** What timers take, as the type checker sees it: this file compiles, or does not. */
import { defineActor, input, inputBundle, type TimerFiring } from 'holdfast';
import { expectTypeOf, test } from 'vitest';

test('the message of a timer is of the type of the input that it goes to', () => {
  defineActor({
    inputs: {
      mailbox: input<'tick' | 'tock'>({ capacity: 8 }),
      numbers: input<number>(),
      lanes: inputBundle<boolean>(),
    },
    on: {
      mailbox(_, { timers, firing }) {
        timers.once('a', 1, 'tick');
        timers.every('a', 1, 'tock', { input: 'mailbox' });
        timers.every('b', 1, 7, { input: 'numbers' });
        // @ts-expect-error -- no message of the mailbox
        timers.once('a', 1, 'tack');
        // @ts-expect-error -- no message of that input
        timers.once('a', 1, 'tick', { input: 'numbers' });
        // @ts-expect-error -- a bundle
        timers.once('a', 1, true, { input: 'lanes' });
        // @ts-expect-error -- no input
        timers.once('a', 1, 'tick', { input: 'letters' });
        expectTypeOf(firing).toEqualTypeOf<TimerFiring | undefined>();
      },
      numbers(_, { timers }) {
        timers.once('a', 1, 'tick');
        expectTypeOf(timers.has('a')).toEqualTypeOf<boolean>();
      },
      lanes: () => undefined,
    },
  });
});

test('without a mailbox the input has to be named', () => {
  defineActor({
    inputs: { numbers: input<number>() },
    async run({ timers }) {
      timers.once('a', 1, 7, { input: 'numbers' });
      // @ts-expect-error -- there is no mailbox
      timers.once('a', 1, 7);
    },
  });
});
