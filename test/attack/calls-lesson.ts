/**
 * A lesson of actors that know each other by refs: a teller has accounts move money, each account is an actor, and whoever is
 * to get the money is a ref in the message. Before each transfer the teller asks the book for a number, in a call; after it,
 * it asks another account for its balance, in a request. The book counts what has been moved, and says when it is time to go home.
 */
import { type ActorRef, args, defineActor, type Graph, input, output, type Reply, type ReplyPort } from 'holdfast';
import type { Setting, Style } from './lessons.ts';

interface Transfer {
  readonly id: number;
  readonly from: string;
  readonly to: string;
  readonly amount: number;
}

type ToAccount =
  | { readonly kind: 'withdraw'; readonly id: number; readonly amount: number; readonly payee: ActorRef<ToAccount> }
  | { readonly kind: 'deposit'; readonly id: number; readonly amount: number }
  | { readonly kind: 'balance'; readonly reply: ReplyPort<number> };

type ToBook =
  | { readonly kind: 'moved'; readonly id: number }
  | { readonly kind: 'audited'; readonly id: number }
  | { readonly kind: 'number'; readonly of: number; readonly reply: ReplyPort<number> };

const ACCOUNTS: Readonly<Record<string, number>> = { ann: 50, bob: 30, cem: 0 };
const NAMES = Object.keys(ACCOUNTS);

const TRANSFERS: readonly Transfer[] = Array.from({ length: 14 }, (_, id) => {
  const from = NAMES[(id * 2) % 3] as string;
  const to = NAMES[(id + 1 + (id % 2)) % 3] as string; // their own, now and then
  return { id, from, to, amount: 1 + (id % 5) };
});

type Accounts = Readonly<Record<string, ActorRef<ToAccount>>>;

interface Bank {
  readonly accounts: Accounts;
  readonly book: ActorRef<ToBook>;
}

function definitionsFor(style: Style, userCode: (actor: string) => void) {
  const teller = defineActor({
    inputs: { transfers: input<Transfer>(), balances: input<Reply<number, number>>({ capacity: 1 }) },
    outputs: { book: output<ToBook>() },
    args: args<Bank>(),
    state: () => ({ numbers: [] as number[], asked: 0 }),
    on: {
      async transfers({ id, from, to, amount }, ctx) {
        userCode('teller');
        const { accounts, book } = ctx.args;
        const { [from]: payer, [to]: payee } = accounts;
        const other = accounts[NAMES.find((name) => name !== from) ?? ''];
        if (payer === undefined || payee === undefined || other === undefined) throw new Error('no such account');
        const number = await ctx.call(book, (reply) => ({ kind: 'number', of: id, reply }), { timeoutMs: 1_000_000 });
        ctx.state.numbers.push(number);
        ctx.to(payer).cast({ kind: 'withdraw', id, amount, payee });
        const plan = { replyTo: 'balances', timeoutMs: 1_000_000, tag: id } as const;
        ctx.request(other, (reply) => ({ kind: 'balance', reply }), plan);
        userCode('teller');
      },
      balances(answer, { state, outputs }) {
        userCode('teller');
        if (!answer.ok) throw new Error('no answer', { cause: answer.error });
        state.asked += 1;
        outputs.book.send({ kind: 'audited', id: answer.tag });
      },
    },
  });

  interface AccountTurn {
    readonly name: string;
    readonly state: { balance: number };
    readonly outputs: { readonly moved: { send(message: ToBook): void } };
    to(ref: ActorRef<ToAccount>): { cast(message: ToAccount): void };
    reply(port: ReplyPort<number>, value: number): void;
  }
  const move = (message: ToAccount, ctx: AccountTurn): void => {
    userCode(ctx.name);
    if (message.kind === 'withdraw') {
      const { id, amount, payee } = message;
      ctx.state.balance -= amount;
      ctx.to(payee).cast({ kind: 'deposit', id, amount });
    } else if (message.kind === 'deposit') {
      ctx.state.balance += message.amount;
      ctx.outputs.moved.send({ kind: 'moved', id: message.id });
    } else ctx.reply(message.reply, ctx.state.balance);
    userCode(ctx.name);
  };
  return { teller, account: accountFor(style, move) };

  function accountFor(styleOf: Style, work: typeof move) {
    const ports = (capacity: number) => ({
      inputs: { mailbox: input<ToAccount>({ capacity }) },
      outputs: { moved: output<ToBook>() },
      args: args<number>(),
      state: (balance: number) => ({ balance }),
    });
    return (capacity: number) => {
      switch (styleOf) {
        case 'handler':
          return defineActor({ ...ports(capacity), on: { mailbox: (message, ctx) => work(message, ctx) } });
        case 'async':
          return defineActor({
            ...ports(capacity),
            on: {
              async mailbox(message, ctx) {
                await ctx.effect('looking it up', () => undefined);
                work(message, ctx);
              },
            },
          });
        case 'next':
        case 'tryNext':
          return defineActor({
            ...ports(capacity),
            async run(ctx) {
              const { mailbox } = ctx.inputs;
              const some = mailbox.avail();
              while (ctx.running()) {
                if (styleOf === 'tryNext') void (ctx.tryNext(some) ?? (await ctx.next(some)));
                else await ctx.next(some);
                const message = mailbox.take();
                if (message !== undefined) work(message, ctx);
              }
            },
          });
      }
    };
  }
}

const book = defineActor({
  inputs: { mailbox: input<ToBook>({ capacity: 2 }) },
  state: () => ({
    moved: [] as number[],
    audited: [] as number[],
    /** A reply that comes with the next message, now and then. */
    later: null as { readonly of: number; readonly reply: ReplyPort<number> } | null,
  }),
  on: {
    mailbox(message, { state, reply, requestShutdown }) {
      if (state.later !== null) reply(state.later.reply, numberOf(state.later.of));
      state.later = null;
      if (message.kind === 'number') {
        const { of, reply: port } = message;
        // With nothing else on its way, there may be no next message.
        if (state.moved.length < of && of % 3 === 2) state.later = { of, reply: port };
        else reply(port, numberOf(of));
      } else state[message.kind].push(message.id);
      if (state.moved.length + state.audited.length === 2 * TRANSFERS.length) requestShutdown('all is moved');
    },
  },
});

const numberOf = (id: number): number => 1_000 + id;

export function buildCalls(graph: Graph, { style, capacity }: Setting, userCode: (actor: string) => void): void {
  const transfers = graph.channel<Transfer>('transfers', { capacity });
  graph.feed('feed', TRANSFERS, transfers);
  const { teller, account } = definitionsFor(style, userCode);
  const moved = graph.spawn('book', book);
  const definition = account(capacity);
  const accounts = Object.entries(ACCOUNTS).map(
    ([name, balance]) => [name, graph.spawn(name, definition, { moved }, { args: balance })] as const,
  );
  const bank = { accounts: Object.fromEntries(accounts), book: moved };
  graph.actor('teller', teller, { transfers, book: moved }, { args: bank });
}

/** What is wrong with the accounts and the book in the end. */
export function callFaults(graph: Graph): string[] {
  const stateOf = (actor: string): unknown => graph.snapshot().actors.find(({ name }) => name === actor)?.state;
  const balances: Record<string, number> = { ...ACCOUNTS };
  for (const { from, to, amount } of TRANSFERS) {
    balances[from] = (balances[from] ?? 0) - amount;
    balances[to] = (balances[to] ?? 0) + amount;
  }
  const faults = NAMES.flatMap((name) => differs(name, { balance: balances[name] }, stateOf(name)));
  const ids = TRANSFERS.map(({ id }) => id);
  const { moved = [], audited = [] } = (stateOf('book') ?? {}) as Readonly<Record<string, readonly number[]>>;
  const { calls } = graph.snapshot();
  return [
    ...faults,
    ...differs(
      'moved',
      ids,
      moved.toSorted((a, b) => a - b),
    ),
    ...differs(
      'audited',
      ids,
      audited.toSorted((a, b) => a - b),
    ),
    ...differs('teller', { numbers: ids.map(numberOf), asked: ids.length }, stateOf('teller')),
    ...differs('open calls', 0, calls.open),
  ];
}

function differs(what: string, expected: unknown, found: unknown): string[] {
  const [wanted, got] = [JSON.stringify(expected), JSON.stringify(found)];
  return wanted === got ? [] : [`${what}: ${got} instead of ${wanted}`];
}
