import { type ActorRef, type Asking, defineActor, Graph, input, type Reply, type ReplyPort } from 'holdfast';
import { expectTypeOf, test } from 'vitest';

// What must not compile is marked with @ts-expect-error: the type check of the whole tree fails if one of them compiles.

type ToBank =
  | { readonly kind: 'deposit'; readonly amount: number }
  | { readonly kind: 'balance'; readonly reply: ReplyPort<number> }
  | { readonly kind: 'owner'; readonly of: string; readonly reply: ReplyPort<string | undefined> }
  | { readonly kind: 'close'; readonly done: ReplyPort<void> };

const bank = defineActor({
  inputs: { mailbox: input<ToBank>({ capacity: 4 }) },
  on: { mailbox() {} },
});

const ref = (): ActorRef<ToBank> => new Graph({ name: 'types', logLevel: 'silent' }).spawn('bank', bank);

test('a call gives what the reply port of its message takes', () => {
  const check = async (): Promise<void> => {
    expectTypeOf(await ref().call((reply) => ({ kind: 'balance', reply }), { timeoutMs: 1 })).toEqualTypeOf<number>();
    expectTypeOf(await ref().call((reply) => ({ kind: 'owner', of: 'a', reply }), { timeoutMs: 1 })).toEqualTypeOf<
      string | undefined
    >();
    expectTypeOf(await ref().call((done) => ({ kind: 'close', done }), { timeoutMs: 1 })).toEqualTypeOf<void>();
    const spawned = new Graph({ name: 'types', logLevel: 'silent' }).spawn('bank', bank);
    expectTypeOf(await spawned.call((reply) => ({ kind: 'balance', reply }), { timeoutMs: 1 })).toEqualTypeOf<number>();
  };
  expectTypeOf(check).toBeFunction();
});

test('a message that asks for nothing, one that there is not, and a call without a timeout do not compile', () => {
  const check = (): void => {
    // @ts-expect-error a deposit has no reply port
    void ref().call(() => ({ kind: 'deposit', amount: 1 }), { timeoutMs: 1 });
    // @ts-expect-error there is no such message
    void ref().call((reply) => ({ kind: 'interest', reply }), { timeoutMs: 1 });
    // @ts-expect-error the port is missing
    void ref().call(() => ({ kind: 'balance' }), { timeoutMs: 1 });
    // @ts-expect-error how long may it take?
    void ref().call((reply) => ({ kind: 'balance', reply }), {});
    const deaf = ref() as ActorRef<{ readonly kind: 'deposit'; readonly amount: number }>;
    // @ts-expect-error it takes nothing that asks
    void deaf.call((reply) => ({ kind: 'balance', reply }), { timeoutMs: 1 });
  };
  expectTypeOf(check).toBeFunction();
  expectTypeOf<Asking<ToBank>['kind']>().toEqualTypeOf<'balance' | 'owner' | 'close'>();
});

test('a reply is of the type of its port', () => {
  defineActor({
    inputs: { mailbox: input<ToBank>({ capacity: 4 }) },
    state: () => ({ waiting: [] as ReplyPort<number>[] }),
    on: {
      mailbox(message, { reply, state }) {
        switch (message.kind) {
          case 'balance':
            reply(message.reply, 7);
            state.waiting.push(message.reply);
            // @ts-expect-error a string is no balance
            reply(message.reply, 'seven');
            // @ts-expect-error the balance is missing
            reply(message.reply);
            break;
          case 'owner':
            reply(message.reply, undefined);
            // @ts-expect-error its port takes no numbers
            state.waiting.push(message.reply);
            break;
          case 'close':
            reply(message.done);
            break;
          case 'deposit':
            // @ts-expect-error a number is no reply port
            reply(message.amount, 7);
        }
      },
    },
  });
});

test('a request is answered in an input that takes such a reply', () => {
  type Answer = Reply<number, { readonly of: string }>;
  defineActor({
    inputs: {
      mailbox: input<ActorRef<ToBank>>({ capacity: 4 }),
      balances: input<Answer>({ capacity: 4 }),
      names: input<Reply<string | undefined>>({ capacity: 4 }),
    },
    on: {
      async mailbox(to, { request, call }) {
        request(to, (reply) => ({ kind: 'balance', reply }), { replyTo: 'balances', timeoutMs: 1, tag: { of: 'a' } });
        request(to, (reply) => ({ kind: 'owner', of: 'a', reply }), { replyTo: 'names', timeoutMs: 1 });
        // @ts-expect-error its answers are no numbers
        request(to, (reply) => ({ kind: 'balance', reply }), { replyTo: 'names', timeoutMs: 1, tag: { of: 'a' } });
        // @ts-expect-error that input wants to know whose balance it is
        request(to, (reply) => ({ kind: 'balance', reply }), { replyTo: 'balances', timeoutMs: 1 });
        // @ts-expect-error there is no such input
        request(to, (reply) => ({ kind: 'balance', reply }), { replyTo: 'nowhere', timeoutMs: 1 });
        // @ts-expect-error a deposit asks for nothing
        request(to, () => ({ kind: 'deposit', amount: 1 }), { replyTo: 'balances', timeoutMs: 1 });
        expectTypeOf(await call(to, (reply) => ({ kind: 'balance', reply }), { timeoutMs: 1 })).toEqualTypeOf<number>();
      },
      balances(answer) {
        if (answer.ok) expectTypeOf(answer.value).toEqualTypeOf<number>();
        else expectTypeOf(answer.error).toEqualTypeOf<unknown>();
        expectTypeOf(answer.tag.of).toEqualTypeOf<string>();
      },
      names() {},
    },
  });
});
