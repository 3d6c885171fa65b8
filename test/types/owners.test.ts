import { type ActorRef, args, type ChildEvent, defineActor, fallbackTo, input, output, shrinkingLimit } from 'holdfast';
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

test('a child may have the policies of any actor, of the types of its own ports', () => {
  const limit = shrinkingLimit({ full: 10, min: 1 });
  const other = defineActor({ inputs: { mailbox: input<string>({ capacity: 4 }) }, on: { mailbox() {} } });
  defineActor({
    inputs: { mailbox: input<number>({ capacity: 4 }) },
    supervises: {},
    onStart(ctx) {
      const standIn = ctx.spawn('standIn', executor);
      const breaker = { maxFailures: 1, resetTimeoutMs: 10, divertTo: standIn };
      const alert = { moreThan: 1, withinMs: 10 };
      ctx.spawn(
        'executor',
        executor,
        {},
        { breaker, alert, lowers: limit, fallback: fallbackTo(executor, { after: 1 }) },
      );
      const never = (): void => {
        // @ts-expect-error it takes strings, and the stand-in numbers
        ctx.spawn('other', other, {}, { breaker });
        // @ts-expect-error a fallback with other ports
        ctx.spawn('executor', executor, {}, { fallback: fallbackTo(other, { after: 1 }) });
        // @ts-expect-error no limit that shrinks
        ctx.spawn('executor', executor, {}, { lowers: { valueAt: () => 1 } });
        // @ts-expect-error there is no such option of an alert
        ctx.spawn('executor', executor, {}, { alert: { moreThan: 1, withinMs: 10, often: true } });
      };
      expectTypeOf(never).toBeFunction();
    },
    on: { mailbox() {} },
  });
});

test('every context knows of what type its own ref is', () => {
  type Own = ActorRef<'a' | 'b'>;
  defineActor({
    inputs: { mailbox: input<'a' | 'b'>({ capacity: 4 }) },
    supervises: {},
    onStart: ({ self }) => void expectTypeOf(self).toEqualTypeOf<Own>(),
    onRestart: ({ self }) => void expectTypeOf(self).toEqualTypeOf<Own>(),
    onStop: ({ self }) => void expectTypeOf(self).toEqualTypeOf<Own>(),
    onDrained: ({ self }) => void expectTypeOf(self).toEqualTypeOf<Own>(),
    onChildEvent(_, { self, timers }) {
      expectTypeOf(self).toEqualTypeOf<Own>();
      timers.once('later', 1, 'a');
    },
    on: { mailbox: (_, { self }) => void expectTypeOf(self).toEqualTypeOf<Own>() },
  });
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
