import { defineActor, input, type ReplyPort } from 'holdfast';
import type { Order } from '../order.ts';
import type { Parts } from './parts.ts';

export type ExecutorMessage =
  | { readonly kind: 'executeOrder'; readonly order: Order }
  | { readonly kind: 'getExecutedCount'; readonly reply: ReplyPort<number> };

/** How long the exchange takes for an order. */
const fillMs = 100;

/** Sends orders to the exchange, one at a time. */
export function orderExecutor({ say, waitMs, failedExecutions }: Parts) {
  return defineActor({
    inputs: { mailbox: input<ExecutorMessage>({ capacity: 64 }) },
    state: () => ({ executed: 0 }),

    onStart() {
      say('[Executor] Starting order executor');
    },

    async run(ctx) {
      const { inputs, state, running, next, pause, after, reply } = ctx;
      const { mailbox } = inputs;
      while (running()) {
        await next(mailbox.avail());
        const message = mailbox.take();
        if (message?.kind === 'getExecutedCount') reply(message.reply, state.executed);
        if (message?.kind !== 'executeOrder') continue;

        const { orderId, side, quantity, price } = message.order;
        say(`[Executor] Executing order ${orderId}: ${side} ${quantity} @ ${price.toFixed(2)}`);
        await pause(after(waitMs(fillMs))); // with the order in hand: it is still this turn
        if (ctx.attempt <= failedExecutions(message.order)) throw new Error('The exchange does not answer');
        state.executed += 1;
        say(`[Executor] Order ${orderId} filled`);
      }
    },

    onStop({ state }, exit) {
      if (exit.kind !== 'crashed') say(`[Executor] Stopped after ${state.executed} orders`);
    },
  });
}
