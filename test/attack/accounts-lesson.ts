/**
 * A lesson with tables: a teller moves money between accounts, each kept in a table, one transfer a message. Its receipts
 * say what it saw, and a plain Map says what it must have seen.
 */
import { defineActor, type Graph, input, type Output, output, table, type Table } from 'holdfast';
import type { Style } from './lessons.ts';

export interface Transfer {
  readonly id: number;
  readonly from: string;
  readonly to: string;
  readonly amount: number;
}

/** In the bank's own account at first, and in all accounts together at every moment. */
export const MONEY = 100;

/** Accounts are opened, emptied (and closed by that), and opened again, so that their order changes. */
export const TRANSFERS: readonly Transfer[] = [
  ['bank', 'ann', 30],
  ['bank', 'bob', 20],
  ['ann', 'bob', 30],
  ['bob', 'cem', 5],
  ['bank', 'ann', 10],
  ['bob', 'bank', 45],
  ['bank', 'bob', 1],
  ['cem', 'ann', 5],
  ['ann', 'cem', 15],
  ['bob', 'cem', 1],
  ['cem', 'bank', 16],
  ['bank', 'dot', 100],
  ['dot', 'bank', 40],
].map(([from, to, amount], id) => ({ id, from, to, amount }) as Transfer);

/** Transfers that are kept at the most, before those kept are forgotten. */
const RECENT_MAX = 3;

interface Books {
  readonly balances: Pick<Table<string, number>, 'get' | 'has' | 'set' | 'delete' | 'entries'>;
  readonly recent: Pick<Table<number, number>, 'set' | 'clear' | 'size' | 'keys'>;
}

function withdraw({ balances }: Books, { from, amount }: Transfer): void {
  const rest = (balances.get(from) ?? 0) - amount;
  if (rest === 0) balances.delete(from);
  else balances.set(from, rest);
}

function deposit({ balances }: Books, { to, amount }: Transfer): void {
  balances.set(to, (balances.has(to) ? (balances.get(to) as number) : 0) + amount);
}

/** Notes the transfer. @returns what the books say after it, in their order. */
function receipt({ balances, recent }: Books, { id, amount }: Transfer): string {
  if (recent.size === RECENT_MAX) recent.clear();
  recent.set(id, amount);
  const accounts = Array.from(balances.entries(), ([name, balance]) => `${name} ${balance}`);
  return `${id}: ${accounts.join(', ')}; recently ${[...recent.keys()].join(' ')}`;
}

export function expectedReceipts(): string[] {
  const books = { balances: new Map([['bank', MONEY]]), recent: new Map<number, number>() };
  return TRANSFERS.map((transfer) => {
    withdraw(books, transfer);
    deposit(books, transfer);
    return receipt(books, transfer);
  });
}

/** What is wrong with the money in the committed accounts, at any moment. */
export function moneyFault(graph: Graph): string | undefined {
  const { tables } = graph.snapshot().actors.find(({ name }) => name === 'teller') ?? {};
  if (tables === undefined) return undefined; // not made yet
  const sum = (tables['balances'] ?? []).reduce((total, [, balance]) => total + (balance as number), 0);
  return sum === MONEY ? undefined : `there are ${sum} of ${MONEY} in the accounts`;
}

const ports = {
  inputs: { transfers: input<Transfer>() },
  outputs: { receipts: output<string>() },
  tables: {
    balances: table<string, number>({ initial: () => [['bank', MONEY]] }),
    recent: table<number, number>({ entriesMax: RECENT_MAX }),
  },
};

export function teller(style: Style, capacity: number, userCode: () => void) {
  const move = (books: Books, transfer: Transfer, receipts: Output<string>): void => {
    withdraw(books, transfer);
    userCode();
    deposit(books, transfer);
    receipts.send(receipt(books, transfer));
    userCode();
  };
  switch (style) {
    case 'handler':
      return defineActor({
        ...ports,
        on: { transfers: (transfer, { tables, outputs }) => move(tables, transfer, outputs.receipts) },
      });
    case 'async':
      return defineActor({
        ...ports,
        on: {
          transfers: async (transfer, { tables, outputs, effect }) => {
            withdraw(tables, transfer);
            await effect('transfer', () => Promise.resolve());
            userCode();
            deposit(tables, transfer);
            await Promise.resolve();
            outputs.receipts.send(receipt(tables, transfer));
          },
        },
      });
    case 'next':
    case 'tryNext':
      return defineActor({
        ...ports,
        run: async ({ inputs, outputs, tables, running, next, tryNext }) => {
          const some = inputs.transfers.avail();
          while (running()) {
            if (style === 'tryNext') void (tryNext(some) ?? (await next(some)));
            else await next(some);
            for (const transfer of inputs.transfers.takeMany(Math.min(2, capacity))) {
              move(tables, transfer, outputs.receipts);
            }
          }
        },
      });
  }
}
