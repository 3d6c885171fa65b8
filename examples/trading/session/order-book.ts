import { defineActor, input, output, type ReplyPort } from 'holdfast';
import type { Order } from '../order.ts';
import type { Parts } from './parts.ts';
import type { RiskMessage } from './risk-manager.ts';

export type OrderBookMessage =
  | { readonly kind: 'updatePrice'; readonly price: number }
  | { readonly kind: 'placeOrder'; readonly order: Order }
  | { readonly kind: 'getExecutedCount'; readonly reply: ReplyPort<number> };

/** Half of the distance from bid to ask. */
const halfSpread = 0.1;

/** Keeps the prices, and hands orders on to the risk check. */
export function orderBook({ symbol, say }: Parts) {
  return defineActor({
    inputs: { mailbox: input<OrderBookMessage>({ capacity: 64 }) },
    outputs: { risk: output<RiskMessage>() },
    state: () => ({ updates: 0, last: 0, bid: 0, ask: 0 }),

    onStart() {
      say(`[OrderBook] Initializing for ${symbol}`);
    },

    on: {
      mailbox(message, { state, outputs: { risk } }) {
        switch (message.kind) {
          case 'updatePrice':
            state.updates += 1;
            state.last = message.price;
            state.bid = message.price - halfSpread;
            state.ask = message.price + halfSpread;
            if (state.updates % 5 === 0) say(`[OrderBook] ${state.updates} updates: ${pricesOf(state)}`);
            break;
          case 'placeOrder':
            say(`[OrderBook] Forwarding order ${message.order.orderId} to risk check`);
            risk.send({ kind: 'checkOrder', order: message.order });
            break;
          case 'getExecutedCount':
            // By the road of the orders, so that the answer counts each one that was placed before.
            risk.send(message);
        }
      },
    },

    onStop({ state }, exit) {
      if (exit.kind !== 'crashed') say(`[OrderBook] Stopped for ${symbol} after ${state.updates} updates`);
    },
  });
}

function pricesOf({ last, bid, ask }: { readonly last: number; readonly bid: number; readonly ask: number }): string {
  return `last=${last.toFixed(2)}, bid=${bid.toFixed(2)}, ask=${ask.toFixed(2)}`;
}
