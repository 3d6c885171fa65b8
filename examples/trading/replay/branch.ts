/**
 * The branch of one symbol:
 *
 * ```
 *   prices ─▶ strategy ──orders──▶ risk ──approved──▶ executor ──fills──▶ book
 *                │                  └──────refused──────────────────────▶  │
 *                └─────────────────────────marks────────────────────────▶  │
 * ```
 *
 * Each actor is a function of what it reads, in order, and no two of them write to one channel. So what the book says in the
 * end does not depend on who runs when, or how often somebody has to begin a turn again. The book has three inputs whose
 * messages come in no order; what it adds up of them is the same in any.
 */

import { args, defineActor, input, output } from 'holdfast';
import type { Order } from '../order.ts';
import { emptyBook, noteFill, noteQuotes, noteRefusal } from './book.ts';
import { emptyCrossing, observe } from './crossing.ts';
import { objection } from './limits.ts';
import type { Prices } from './tape.ts';

/** Quotes that the strategy has seen. */
export interface Mark {
  readonly count: number;
  readonly lastPrice: number;
}

export const strategy = defineActor({
  args: args<{ readonly symbol: string }>(),
  inputs: { prices: input<Prices>() },
  outputs: { orders: output<Order>(), marks: output<Mark>() },
  state: emptyCrossing,

  on: {
    prices(prices, { args: { symbol }, outputs: { orders, marks }, state }) {
      for (const price of prices) {
        const order = observe(state, symbol, price);
        if (order !== undefined) orders.send(order);
      }
      marks.send({ count: prices.length, lastPrice: prices.at(-1)! }); // there is at least one
    },
  },
});

export const riskManager = defineActor({
  inputs: { orders: input<Order>() },
  outputs: { approved: output<Order>(), refused: output<Order>() },
  state: () => ({ position: 0, checked: 0 }),

  on: {
    orders(order, { outputs: { approved, refused }, state }) {
      state.checked += 1;
      if (objection(order, state.position) !== undefined) return refused.send(order);
      state.position += order.side === 'BUY' ? order.quantity : -order.quantity;
      approved.send(order);
    },
  },
});

/** Sends orders to the exchange, which takes its time for each. An order whose turn was cut short is sent again. */
export const executor = defineActor({
  args: args<{ readonly exchangeMs: number }>(),
  inputs: { approved: input<Order>() },
  outputs: { fills: output<Order>() },
  state: () => ({ executed: 0 }),

  async run({ args: { exchangeMs }, inputs: { approved }, outputs: { fills }, state, running, next, pause, after }) {
    while (running()) {
      await next(approved.avail());
      const order = approved.take();
      if (order === undefined) continue;
      if (exchangeMs > 0) await pause(after(exchangeMs)); // with the order in hand: it is still this turn
      fills.send(order);
      state.executed += 1;
    }
  },
});

export const bookkeeper = defineActor({
  inputs: { marks: input<Mark>(), refused: input<Order>(), fills: input<Order>() },
  state: emptyBook,

  on: {
    marks: ({ count, lastPrice }, { state }) => noteQuotes(state, count, lastPrice),
    refused: (_, { state }) => noteRefusal(state),
    fills: (order, { state }) => noteFill(state, order),
  },
});
