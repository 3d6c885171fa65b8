/**
 * A lesson of actors that know each other by refs: a teller has accounts move money, each account is an actor, and whoever is
 * to get the money is a ref in the message. A book counts what has been moved, and says when it is time to go home.
 */
import { type ActorRef, args, defineActor, type Graph, input, output } from 'holdfast';
import type { Setting, Style } from './lessons.ts';

interface Transfer {
  readonly id: number;
  readonly from: string;
  readonly to: string;
  readonly amount: number;
}

type ToAccount =
  | { readonly kind: 'withdraw'; readonly id: number; readonly amount: number; readonly payee: ActorRef<ToAccount> }
  | { readonly kind: 'deposit'; readonly id: number; readonly amount: number };

const ACCOUNTS: Readonly<Record<string, number>> = { ann: 50, bob: 30, cem: 0 };
const NAMES = Object.keys(ACCOUNTS);

const TRANSFERS: readonly Transfer[] = Array.from({ length: 14 }, (_, id) => {
  const from = NAMES[(id * 2) % 3] as string;
  const to = NAMES[(id + 1 + (id % 2)) % 3] as string; // their own, now and then
  return { id, from, to, amount: 1 + (id % 5) };
});

type Accounts = Readonly<Record<string, ActorRef<ToAccount>>>;

function definitionsFor(style: Style, userCode: (actor: string) => void) {
  const teller = defineActor({
    inputs: { transfers: input<Transfer>() },
    args: args<Accounts>(),
    on: {
      transfers({ id, from, to, amount }, ctx) {
        userCode('teller');
        const { [from]: payer, [to]: payee } = ctx.args;
        if (payer === undefined || payee === undefined) throw new Error('no such account');
        ctx.to(payer).cast({ kind: 'withdraw', id, amount, payee });
        userCode('teller');
      },
    },
  });

  interface AccountTurn {
    readonly name: string;
    readonly state: { balance: number };
    readonly outputs: { readonly moved: { send(id: number): void } };
    to(ref: ActorRef<ToAccount>): { cast(message: ToAccount): void };
  }
  const move = (message: ToAccount, ctx: AccountTurn): void => {
    userCode(ctx.name);
    const { id, amount } = message;
    if (message.kind === 'withdraw') {
      ctx.state.balance -= amount;
      ctx.to(message.payee).cast({ kind: 'deposit', id, amount });
    } else {
      ctx.state.balance += amount;
      ctx.outputs.moved.send(id);
    }
    userCode(ctx.name);
  };
  return { teller, account: accountFor(style, move) };

  function accountFor(styleOf: Style, work: typeof move) {
    const ports = (capacity: number) => ({
      inputs: { mailbox: input<ToAccount>({ capacity }) },
      outputs: { moved: output<number>() },
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
  inputs: { mailbox: input<number>({ capacity: 2 }) },
  state: () => ({ moved: [] as number[] }),
  on: {
    mailbox(id, { state, requestShutdown }) {
      state.moved.push(id);
      if (state.moved.length === TRANSFERS.length) requestShutdown('all is moved');
    },
  },
});

export function buildCalls(graph: Graph, { style, capacity }: Setting, userCode: (actor: string) => void): void {
  const transfers = graph.channel<Transfer>('transfers', { capacity });
  graph.feed('feed', TRANSFERS, transfers);
  const { teller, account } = definitionsFor(style, userCode);
  const moved = graph.spawn('book', book);
  const definition = account(capacity);
  const accounts = Object.entries(ACCOUNTS).map(
    ([name, balance]) => [name, graph.spawn(name, definition, { moved }, { args: balance })] as const,
  );
  graph.actor('teller', teller, { transfers }, { args: Object.fromEntries(accounts) });
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
  const { moved = [] } = (stateOf('book') ?? {}) as { readonly moved?: readonly number[] };
  const sorted = moved.toSorted((a, b) => a - b);
  return [
    ...faults,
    ...differs(
      'moved',
      TRANSFERS.map(({ id }) => id),
      sorted,
    ),
  ];
}

function differs(what: string, expected: unknown, found: unknown): string[] {
  const [wanted, got] = [JSON.stringify(expected), JSON.stringify(found)];
  return wanted === got ? [] : [`${what}: ${got} instead of ${wanted}`];
}
