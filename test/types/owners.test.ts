import { type ActorRef, args, type ChildEvent, defineActor, input, output } from 'holdfast';
import { expectTypeOf, test } from 'vitest';

// What must not compile is marked with @ts-expect-error: the type check of the whole tree fails if one of them compiles.

const executor = defineActor({ inputs: { mailbox: input<number>({ capacity: 4 }) }, on: { mailbox() {} } });
const risk = defineActor({
  inputs: { mailbox: input<string>({ capacity: 4 }) },
  outputs: { executor: output<number>() },
  args: args<{ readonly limit: number }>(),
  on: { mailbox() {} },
});
const reader = defineActor({ inputs: { numbers: input<number>() }, on: { numbers() {} } });

test('spawn checks what a child is wired to and given, and answers its ref', () => {
  const system = defineActor({
    inputs: { mailbox: input<'stop'>({ capacity: 4 }) },
    state: () => ({ restarts: 0 }),
    supervises: { strategy: 'restForOne', maxRestarts: 3 },
    onStart(ctx) {
      const target = ctx.spawn('executor', executor);
      expectTypeOf(target).toEqualTypeOf<ActorRef<number>>();
      const ref = ctx.spawn('risk', risk, { executor: target }, { args: { limit: 1 }, restart: 'transient' });
      expectTypeOf(ref).toEqualTypeOf<ActorRef<string>>();
      const never = (): void => {
        // @ts-expect-error its output is not wired
        ctx.spawn('risk', risk, {}, { args: { limit: 1 } });
        // @ts-expect-error a ref of an actor that takes strings
        ctx.spawn('risk', risk, { executor: ref }, { args: { limit: 1 } });
        // @ts-expect-error its arguments are missing
        ctx.spawn('risk', risk, { executor: target });
        // @ts-expect-error there is no such option
        ctx.spawn('executor', executor, {}, { capacity: 1 });
        // @ts-expect-error an input without a capacity cannot be its own
        ctx.spawn('reader', reader);
        // @ts-expect-error a number is no child
        ctx.stopChild(7);
      };
      expectTypeOf(never).toBeFunction();
    },
    async onChildEvent(event, { state, children }) {
      expectTypeOf(event).toEqualTypeOf<ChildEvent>();
      expectTypeOf(state.restarts).toEqualTypeOf<number>();
      await Promise.resolve();
      return children().length > 1 ? { restart: { delayMs: 10 } } : 'default';
    },
    on: { mailbox() {} },
  });
  expectTypeOf(system.kind).toEqualTypeOf<'actor'>();
});

test('a wrong answer, a wrong option and a wrong style are errors', () => {
  const mailbox = { inputs: { mailbox: input<number>({ capacity: 1 }) }, on: { mailbox() {} } };
  const never = (): void => {
    // @ts-expect-error no such answer
    defineActor({ ...mailbox, supervises: {}, onChildEvent: () => 'restrat' });
    // @ts-expect-error the event comes to onChildEvent of the definition
    defineActor({ ...mailbox, supervises: { onChildEvent: () => 'stop' } });
    // @ts-expect-error loops own no children
    defineActor({ supervises: {}, run() {} });
  };
  expectTypeOf(never).toBeFunction();
});
