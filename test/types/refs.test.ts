import { type ActorRef, args, defineActor, Graph, input, output } from 'holdfast';
import { expectTypeOf, test } from 'vitest';

// What must not compile is marked with @ts-expect-error: the type check of the whole tree fails if one of them compiles.

type ToDesk = { readonly kind: 'order'; readonly id: number } | { readonly kind: 'cancel'; readonly id: number };

const desk = defineActor({
  inputs: { mailbox: input<ToDesk>({ capacity: 4 }), ticks: input<number>() },
  on: { mailbox() {}, ticks() {} },
});

const simple = defineActor({ inputs: { mailbox: input<ToDesk>({ capacity: 4 }) }, on: { mailbox() {} } });

const graph = (): Graph => new Graph({ name: 'types', logLevel: 'silent' });

test('spawn answers a ref that takes what the mailbox takes', () => {
  const g = graph();
  const ticks = g.channel<number>('ticks', { capacity: 1 });
  const ref = g.spawn('desk', desk, { ticks });
  expectTypeOf(ref).toExtend<ActorRef<ToDesk>>();
  const check = (): void => {
    void ref.cast({ kind: 'order', id: 1 });
    // @ts-expect-error there is no such message
    void ref.cast({ kind: 'buy', id: 1 });
    // @ts-expect-error a number is no message
    ref.tryCast(7);
    // @ts-expect-error it has no such input
    ref.input('orders');
    const result = ref.tryCast({ kind: 'cancel', id: 2 });
    if (!result.ok) expectTypeOf(result.message.kind).toEqualTypeOf<'cancel'>();
  };
  expectTypeOf(check).toBeFunction();
});

test('wiring may be left out only where nothing has to be wired, and a placement where nothing has to be given', () => {
  const g = graph();
  g.spawn('simple', simple);
  const never = (): void => {
    // @ts-expect-error its ticks have no capacity: they must be wired
    g.spawn('desk', desk);
    const paced = defineActor({
      args: args<number>(),
      inputs: { mailbox: input<number>({ capacity: 1 }) },
      on: { mailbox() {} },
    });
    g.spawn('paced', paced, {}, { args: 3 });
    // @ts-expect-error it takes arguments
    g.spawn('paced', paced, {});
  };
  expectTypeOf(never).toBeFunction();
});

test('a ref of an actor without a mailbox takes nothing', () => {
  const ref = graph().spawn('source', defineActor({ source: () => 'done' }));
  expectTypeOf(ref).toExtend<ActorRef<never>>();
  // @ts-expect-error it takes nothing
  const never = (): unknown => ref.cast('hello');
  expectTypeOf(never).toBeFunction();
});

test('who takes more can stand in for who takes less, and not the other way round', () => {
  const all = graph().spawn('simple', simple);
  const some: ActorRef<{ readonly kind: 'order'; readonly id: number }> = all;
  expectTypeOf(some).toExtend<ActorRef<never>>();
  // @ts-expect-error it does not take cancellations
  const back: ActorRef<ToDesk> = some;
  expectTypeOf(back).toBeObject();
});

test('an output is wired to a ref that takes its messages', () => {
  const g = graph();
  const ref = g.spawn('simple', simple);
  const orders = defineActor({
    outputs: { desk: output<{ readonly kind: 'order'; readonly id: number }>() },
    source: () => 'done',
  });
  const numbers = defineActor({ outputs: { desk: output<number>() }, source: () => 'done' });
  g.actor('orders', orders, { desk: ref });
  const never = (): void => {
    // @ts-expect-error the desk does not take numbers
    g.actor('numbers', numbers, { desk: ref });
    const reader = defineActor({ inputs: { orders: input<ToDesk>() }, on: { orders() {} } });
    // @ts-expect-error an input reads a channel, not an actor
    g.actor('reader', reader, { orders: ref });
  };
  expectTypeOf(never).toBeFunction();
});

test('inside a turn a ref takes its own messages, and self is what the actor takes', () => {
  interface Hello {
    readonly from: ActorRef<string>;
  }
  defineActor({
    inputs: { mailbox: input<Hello>({ capacity: 1 }) },
    outputs: {},
    state: () => ({ known: [] as ActorRef<string>[] }),
    on: {
      mailbox({ from }, { to, self, state }) {
        expectTypeOf(self).toEqualTypeOf<ActorRef<Hello>>();
        to(from).cast('hello');
        // @ts-expect-error it takes strings
        to(from).cast(7);
        // @ts-expect-error nobody can be greeted by an actor that takes greetings only
        to(self).cast({ from: self });
        state.known.push(from);
      },
    },
  });
  defineActor({
    inputs: { mailbox: input<number>({ capacity: 1 }) },
    async run({ self, next, inputs }) {
      expectTypeOf(self).toEqualTypeOf<ActorRef<number>>();
      await next(inputs.mailbox.avail());
    },
  });
  defineActor({
    source({ self }) {
      expectTypeOf(self).toEqualTypeOf<ActorRef<never>>();
      return 'done';
    },
  });
});
