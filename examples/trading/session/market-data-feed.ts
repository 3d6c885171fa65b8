import { defineActor, input, output } from 'holdfast';
import type { OrderBookMessage } from './order-book.ts';
import type { Parts } from './parts.ts';

export type MarketDataMessage = { readonly kind: 'start' } | { readonly kind: 'tick' };

const tickMs = 500;

/** Connects to the exchange, and tells the order book a price every half second. */
export function marketDataFeed({ symbol, say, waitMs, ticks, failedConnections }: Parts) {
  return defineActor({
    inputs: { mailbox: input<MarketDataMessage>({ capacity: 4 }) },
    outputs: { book: output<OrderBookMessage>() },
    state: () => ({ ticks: 0 }),

    onStart() {
      say(`[MarketData] Starting feed for ${symbol}`);
    },

    on: {
      mailbox({ kind }, { state, outputs: { book }, timers, regeneration }) {
        if (kind === 'start') {
          if (regeneration < failedConnections) throw new Error('Failed to connect to exchange');
          say(`[MarketData] Connected to exchange for ${symbol}`);
        }
        book.send({ kind: 'updatePrice', price: 100 + 0.5 * state.ticks });
        state.ticks += 1;
        if (state.ticks < ticks) timers.once('tick', waitMs(tickMs), { kind: 'tick' });
      },
    },

    onStop: ({ state }, exit) => {
      if (exit.kind !== 'crashed') say(`[MarketData] Stopped feed for ${symbol} after ${state.ticks} ticks`);
    },
  });
}
