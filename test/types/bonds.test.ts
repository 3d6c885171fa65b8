/** What monitors and links ask of the inputs that are told, as the type checker sees it: this file compiles, or does not. */
import { type ActorRef, defineActor, type Down, type ExitSignal, input, inputBundle } from 'holdfast';
import { test } from 'vitest';

test('a monitor tells an input that takes what it says, and no other', () => {
  defineActor({
    inputs: { mailbox: input<Down | string>({ capacity: 8 }), numbers: input<number>(), lanes: inputBundle<Down>() },
    on: {
      mailbox(_, { watch, unwatch, self }) {
        watch(self, { to: 'mailbox' });
        watch(self as ActorRef<never>, { to: 'mailbox', incarnations: true });
        unwatch(self);
        // @ts-expect-error -- that input takes numbers
        watch(self, { to: 'numbers' });
        // @ts-expect-error -- a bundle
        watch(self, { to: 'lanes' });
        // @ts-expect-error -- it has to be said which input is told
        watch(self, {});
      },
      numbers: () => undefined,
      lanes: () => undefined,
    },
  });
});

test('exits are trapped by an input that takes what is told of them', () => {
  const on = { exits: () => undefined, numbers: () => undefined };
  const inputs = { exits: input<ExitSignal>({ capacity: 8 }), numbers: input<number>() };
  defineActor({ inputs, trapExits: 'exits', on });
  // @ts-expect-error -- that input takes numbers
  defineActor({ inputs, trapExits: 'numbers', on });
});
