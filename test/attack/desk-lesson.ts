/**
 * A lesson of a trading desk: a supervisor with a branch for each of two symbols, in each a feed that connects on its second try
 * and ticks, a book, a risk manager that fails on one order and refuses another, and an executor. Two traders place orders. What
 * must have been executed is said by a list.
 */
import { defineActor, type Graph, input, output } from 'holdfast';
import type { Setting, Style } from './lessons.ts';

interface Order {
  readonly id: number;
  readonly quantity: number;
}
type ToFeed = 'start' | 'tick';
type ToBook = { readonly kind: 'price'; readonly price: number } | { readonly kind: 'order'; readonly order: Order };

const SYMBOLS = ['AAPL', 'MSFT'] as const;
const FAILING_ORDER = 2;
const REFUSED_ORDER = 4;
const QUANTITY_MAX = 100;
const TICKS = 3;
const TICK_MS = 3;
/** Crashes come here that the desk is not to blame for. */
const UNLIMITED = { maxRestarts: Number.MAX_SAFE_INTEGER, periodMs: 1 };

const ORDERS: readonly Order[] = Array.from({ length: 6 }, (_, id) => ({
  id,
  quantity: id === REFUSED_ORDER ? QUANTITY_MAX + 1 : 1 + id,
}));

const feed = (userCode: () => void) =>
  defineActor({
    inputs: { mailbox: input<ToFeed>({ capacity: 2 }) },
    outputs: { book: output<ToBook>() },
    state: () => ({ ticks: 0 }),
    on: {
      mailbox(message, { state, outputs, timers, regeneration }) {
        userCode();
        if (message === 'start' && regeneration === 0) throw new Error('no connection');
        outputs.book.send({ kind: 'price', price: 100 + state.ticks });
        state.ticks += 1;
        if (state.ticks < TICKS) timers.once('tick', TICK_MS, 'tick');
        userCode();
      },
    },
  });

const book = (capacity: number, userCode: () => void) =>
  defineActor({
    inputs: { mailbox: input<ToBook>({ capacity }) },
    outputs: { risk: output<Order>() },
    state: () => ({ prices: [] as number[] }),
    on: {
      mailbox(message, { state, outputs }) {
        userCode();
        if (message.kind === 'price') state.prices.push(message.price);
        else outputs.risk.send(message.order);
        userCode();
      },
    },
  });

const risk = (capacity: number, userCode: () => void) =>
  defineActor({
    inputs: { mailbox: input<Order>({ capacity }) },
    outputs: { executor: output<Order>() },
    state: () => ({ approved: 0 }),
    on: {
      mailbox(order, { state, outputs, reject }) {
        userCode();
        if (order.quantity > QUANTITY_MAX) return reject('too many');
        state.approved += order.quantity;
        outputs.executor.send(order);
        if (order.id === FAILING_ORDER) throw new Error('invalid market state');
        userCode();
      },
    },
  });

function executor(style: Style, capacity: number, userCode: () => void) {
  const ports = {
    inputs: { mailbox: input<Order>({ capacity }) },
    state: () => ({ executed: [] as number[] }),
  };
  const execute = (order: Order, state: { readonly executed: number[] }): void => {
    userCode();
    state.executed.push(order.id);
    userCode();
  };
  switch (style) {
    case 'handler':
      return defineActor({ ...ports, on: { mailbox: (order, { state }) => execute(order, state) } });
    case 'async':
      return defineActor({
        ...ports,
        on: {
          async mailbox(order, { state, effect }) {
            await effect('exchange', () => Promise.resolve());
            execute(order, state);
          },
        },
      });
    case 'next':
    case 'tryNext':
      return defineActor({
        ...ports,
        async run({ inputs: { mailbox }, state, running, next, tryNext, pause, after }) {
          const some = mailbox.avail();
          while (running()) {
            if (style === 'tryNext') void (tryNext(some) ?? (await next(some)));
            else await next(some);
            const order = mailbox.take();
            if (order === undefined) continue;
            if (style === 'next') await pause(after(1)); // at the exchange, with the order in hand
            execute(order, state);
          }
        },
      });
  }
}

const trader = (userCode: () => void) =>
  defineActor({
    outputs: { market: output<ToFeed>(), orders: output<ToBook>() },
    state: () => ({ placed: 0 }),
    async run({ state, outputs, running, next, after, requestShutdown }) {
      while (running() && state.placed < ORDERS.length) {
        userCode();
        if (state.placed === 0) outputs.market.send('start');
        outputs.orders.send({ kind: 'order', order: ORDERS[state.placed]! }); // in range
        state.placed += 1;
        await next(after(2));
      }
      // The feed has ticks left, unless a crash took its time.
      await next(after(600_000));
      requestShutdown('all is placed');
    },
  });

export function buildDesk(graph: Graph, { style, capacity }: Setting, userCode: (actor: string) => void): void {
  const codeOf = (name: string) => (): void => userCode(name);
  graph.supervisor('desk', UNLIMITED, (desk) => {
    for (const symbol of SYMBOLS) {
      const name = (part: string): string => `desk/${symbol}/${part}`;
      const { market, orders } = desk.supervisor(symbol, UNLIMITED, (branch) => {
        const exec = branch.spawn('executor', executor(style, capacity, codeOf(name('executor'))));
        const check = branch.spawn('risk', risk(capacity, codeOf(name('risk'))), { executor: exec });
        const bookRef = branch.spawn('book', book(capacity, codeOf(name('book'))), { risk: check });
        return {
          orders: bookRef,
          market: branch.spawn('market', feed(codeOf(name('market'))), { book: bookRef }),
        };
      });
      desk.actor(`trader ${symbol}`, trader(codeOf(`desk/trader ${symbol}`)), { market, orders });
    }
  });
}

/** What is wrong with the desk in the end. */
export function deskFaults(graph: Graph, dead: readonly unknown[]): string[] {
  const { actors } = graph.snapshot();
  const stateOf = (name: string): unknown => actors.find((actor) => actor.name === name)?.state;
  const executed = ORDERS.filter(({ id }) => id !== FAILING_ORDER && id !== REFUSED_ORDER);
  const approved = executed.reduce((sum, { quantity }) => sum + quantity, 0);
  const prices = Array.from({ length: TICKS }, (_, tick) => 100 + tick);
  const deadIds = dead.map((payload) => (payload as Order).id).toSorted((a, b) => a - b);
  return [
    ...SYMBOLS.flatMap((symbol) => [
      ...differs(`${symbol} executed`, { executed: executed.map(({ id }) => id) }, stateOf(`desk/${symbol}/executor`)),
      ...differs(`${symbol} approved`, { approved }, stateOf(`desk/${symbol}/risk`)),
      ...differs(`${symbol} prices`, { prices }, stateOf(`desk/${symbol}/book`)),
    ]),
    ...differs('dead letters', [FAILING_ORDER, FAILING_ORDER, REFUSED_ORDER, REFUSED_ORDER], deadIds),
  ];
}

function differs(what: string, expected: unknown, found: unknown): string[] {
  const [wanted, got] = [JSON.stringify(expected), JSON.stringify(found)];
  return wanted === got ? [] : [`${what}: ${got} instead of ${wanted}`];
}
