import { defineActor, input, output, type ReplyPort } from 'holdfast';
import type { Order } from '../order.ts';
import type { ExecutorMessage } from './executor.ts';
import type { Parts } from './parts.ts';

export type RiskMessage =
  | { readonly kind: 'checkOrder'; readonly order: Order }
  | { readonly kind: 'getExecutedCount'; readonly reply: ReplyPort<number> };

/** Most shares in one order while all goes well. */
export const fullLimit = 10_000;

/** Lets an order through to the executor if it keeps the limits. */
export function riskManager({ say, quantityMax, failsOn }: Parts) {
  return defineActor({
    inputs: { mailbox: input<RiskMessage>({ capacity: 64 }) },
    outputs: { executor: output<ExecutorMessage>() },
    state: () => ({ exposure: 0, checked: 0, rejected: 0 }),

    onStart() {
      say(`[RiskManager] Starting with max position ${fullLimit}`);
    },

    on: {
      mailbox(message, { state, outputs: { executor }, nowMs, reject }) {
        if (message.kind === 'getExecutedCount') return executor.send(message); // behind the orders before it
        const { orderId, quantity, price } = message.order;
        state.checked += 1;
        const limit = quantityMax(nowMs());
        if (quantity > limit) {
          const reason = `quantity ${quantity} exceeds limit ${limit}`;
          state.rejected += 1;
          say(`[RiskManager] REJECTED order ${orderId}: ${reason}`);
          return reject(reason); // expected bad data is no crash
        }
        if (failsOn(message.order)) throw new Error('Risk calculation error: invalid market state');

        state.exposure += quantity * price;
        say(`[RiskManager] APPROVED order ${orderId}: exposure now ${state.exposure.toFixed(2)}`);
        executor.send({ kind: 'executeOrder', order: message.order });
      },
    },

    onStop: ({ state }, exit) => {
      if (exit.kind !== 'crashed') say(`[RiskManager] Stopped with exposure ${state.exposure.toFixed(2)}`);
    },
  });
}
