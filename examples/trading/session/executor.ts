import { defineActor, input, type ReplyPort } from 'holdfast';
import type { Order } from '../order.ts';
import type { Parts } from './parts.ts';

export type ExecutorMessage =
  | { readonly kind: 'executeOrder'; readonly order: Order }
  | { readonly kind: 'getExecutedCount'; readonly reply: ReplyPort<number> };

/** How long the exchange takes for an order. */
const fillMs = 100;

/** Sends orders to the exchange, one at a time. */
export function orderExecutor({ say, waitMs }: Parts) {
  return defineActor({
    inputs: { mailbox: input<ExecutorMessage>({ capacity: 64 }) },
    state: () => ({ executed: 0 }),

    onStart() {
      say('[Executor] Starting order executor');
    },

    async run({ inputs: { mailbox }, state, running, next, pause, after, reply }) {
      while (running()) {
        await next(mailbox.avail());
        const message = mailbox.take();
        if (message?.kind === 'getExecutedCount') reply(message.reply, state.executed);
        if (message?.kind !== 'executeOrder') continue;

        const { orderId, side, quantity, price } = message.order;
        say(`[Executor] Executing order ${orderId}: ${side} ${quantity} @ ${price.toFixed(2)}`);
        await pause(after(waitMs(fillMs))); // with the order in hand: it is still this turn
        state.executed += 1;
        say(`[Executor] Order ${orderId} filled`);
      }
    },

    onStop({ state }) {
      say(`[Executor] Stopped after ${state.executed} orders`);
    },
  });
}
